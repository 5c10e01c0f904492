"""Secrets by reference: ``secret://agency/name`` from the environment, else from a folder (as Kubernetes mounts them)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_REFERENCE: Final = re.compile(r"secret://(?P<agency>[a-z0-9][a-z0-9-]*)/(?P<name>[a-z0-9][a-z0-9-]*)")


class EnvSecrets:
    """Resolves references each time anew, so that a rotated secret needs no restart. Its values are in no ``repr``.

    ``secret://civil-registry/key`` is the variable ``DARCHA_SECRET_CIVIL_REGISTRY_KEY``, else the file
    ``civil-registry/key`` in ``folder`` (one line end at its end is not part of it).
    """

    __slots__ = ("_environ", "_folder")

    def __init__(self, environ: Mapping[str, str], folder: Path | None = None) -> None:
        self._environ = environ
        self._folder = folder

    def __repr__(self) -> str:
        return f"EnvSecrets(folder={self._folder!s})"

    def get(self, reference: str) -> str:
        """Return the secret. Raises ``KeyError`` with the reference when there is none, or it is no reference."""
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise KeyError(f"{reference!r} is not written as secret://agency/name (lower case, digits, hyphens)")
        variable = variable_of(reference)
        found = self._environ.get(variable)
        if found:
            return found
        if self._folder is not None:
            path = self._folder / match["agency"] / match["name"]
            try:
                # Under Kubernetes these are links of links; the reference's form keeps the path within the folder.
                return path.read_text("utf-8").removesuffix("\n").removesuffix("\r")
            except FileNotFoundError:
                pass
            except (OSError, UnicodeDecodeError) as error:
                raise KeyError(f"{reference}: {path} cannot be read ({type(error).__name__})") from None
        where = f" and no file {match['agency']}/{match['name']} in {self._folder}" if self._folder else " and no DARCHA_SECRETS"
        raise KeyError(f"{reference}: there is no variable {variable}{where}")


def variable_of(reference: str) -> str:
    """Return the name of the environment variable that holds the secret of a reference."""
    return "DARCHA_SECRET_" + reference.removeprefix("secret://").replace("/", "_").replace("-", "_").upper()


def is_reference(value: str) -> bool:
    """Return whether ``value`` is written as a reference."""
    return _REFERENCE.fullmatch(value) is not None
