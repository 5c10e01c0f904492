"""zeep as an oracle: what other software makes of the same contract, where it reads it at all."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from zeep.settings import Settings
from zeep.wsdl import Document

from gateway.sdk.soap.errors import ContractBroken
from gateway.sdk.soap.sources import Sources

_BASE: Final = "file:///contract/"


class FolderTransport:
    """A transport for zeep that serves a contract's own files and nothing else: it opens neither disk nor network."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._sources = Sources(files)
        self._files = files

    def load(self, url: str) -> bytes:
        """Return the file that ``url`` means, by the same rules as ``Sources``. Raises ``ContractBroken``."""
        name = unquote(url.removeprefix(_BASE))
        found = name if name in self._files else self._sources.find("", url.removeprefix(_BASE))
        if found is None:
            raise ContractBroken(name, "is imported and not in the contract's folder", fix="put that file into the folder")
        return self._files[found]


def zeep_document(files: Mapping[str, bytes], name: str) -> Any:
    """Return zeep's own view of the WSDL (``zeep.wsdl.Document``), read strictly. Raises what zeep raises."""
    settings = Settings(strict=True, forbid_dtd=True, forbid_entities=True, forbid_external=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of operations that it drops; ours are told by name
        transport: Any = FolderTransport(files)
        return Document(f"{_BASE}{name}", transport, settings=settings)
