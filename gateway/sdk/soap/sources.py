"""The files of a contract, and which of them an import means. Nothing is ever fetched."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from lxml import etree

from gateway.sdk.soap.errors import ContractBroken, XmlRefused
from gateway.sdk.soap.safe_xml import parse_xml


class Sources:
    """A contract's folder: relative path (``/`` separated) to bytes."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def parse(self, name: str) -> etree._Element:
        """Return the root of a file, parsed afresh. Raises ``ContractBroken`` when it is missing, malformed or hostile."""
        content = self._files.get(name)
        if content is None:
            raise ContractBroken(name, "the file is not in the contract's folder", fix="put it there or correct the name")
        try:
            return parse_xml(content)
        except XmlRefused as error:
            raise ContractBroken(name, error.reason, fix="ask the agency for a well-formed file without a DTD") from error

    def find(self, importer: str, location: str) -> str | None:
        """Return the file that ``location`` within the file ``importer`` means, or ``None``.

        A relative path is taken from the importing file; else, also for a URL, a file of that name anywhere in the folder
        counts if there is just one: agencies publish contracts whose imports lead to their own test servers.
        """
        path = unquote(urlsplit(location).path)
        if not urlsplit(location).scheme:
            near = posixpath.normpath(posixpath.join(posixpath.dirname(importer), path))
            if near in self._files:
                return near
        base = posixpath.basename(path)
        same = [name for name in sorted(self._files) if base and posixpath.basename(name) == base]
        return same[0] if len(same) == 1 else None

    def find_namespace(self, namespace: str) -> str | None:
        """Return the only schema file whose target namespace that is, or ``None``."""
        marker = f'targetNamespace="{namespace}"'.encode()
        other = f"targetNamespace='{namespace}'".encode()
        found = [
            name
            for name, content in sorted(self._files.items())
            if name.endswith(".xsd") and (marker in content or other in content)
        ]
        return found[0] if len(found) == 1 else None
