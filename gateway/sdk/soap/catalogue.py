"""The standard schemas that Darcha ships, found by namespace, by address or by file name.

Contracts import them from addresses that are private, dead or not to be asked at all; so they come from the package, never from
a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from gateway.sdk.soap.standard import SHIPPED, Shipped

_SCHEMES: Final = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Standard:
    """A schema as it is shipped. ``name``: its file's name, unique; ``source``: the standard that it states."""

    name: str
    namespace: str
    content: bytes
    source: str


def find(location: str, namespace: str) -> Standard | None:
    """Return the standard schema that an import means, or ``None``.

    A namespace decides alone, as each has one schema here; it is compared as XML does, so ``https`` for ``http`` is another.
    Without one, ``location`` is taken as a known address (scheme, letter case, query and a slash or ``#`` at its end do not
    count), else by the name of its file.
    """
    if namespace:
        shipped = _by_namespace().get(namespace)
    else:
        shipped = _by_address().get(_address(location)) or _by_file().get(_file(location))
    return _read(shipped) if shipped is not None else None


def namespaces() -> tuple[str, ...]:
    """Return the namespaces that ``find`` knows."""
    return tuple(_by_namespace())


def _address(location: str) -> str:
    plain = location.strip().lower().partition("?")[0].partition("#")[0].rstrip("/")
    for scheme in _SCHEMES:
        plain = plain.removeprefix(scheme)
    return plain.removeprefix("www.")


def _file(location: str) -> str:
    """Return the file's name without ``.xsd``; of ``…?xsd=folder/name.xsd``, as servers list their schemas, the one asked for."""
    path, _, query = location.strip().lower().replace("\\", "/").partition("#")[0].partition("?")
    asked = query.rpartition("=")[2] if "=" in query else path
    return asked.rstrip("/").rpartition("/")[2].removesuffix(".xsd")


@cache
def _by_namespace() -> dict[str, Shipped]:
    return {shipped.namespace: shipped for shipped in SHIPPED}


@cache
def _by_address() -> dict[str, Shipped]:
    # Many standards serve their schema at the namespace itself.
    return {_address(url): shipped for shipped in SHIPPED for url in (shipped.namespace, *shipped.urls)}


@cache
def _by_file() -> dict[str, Shipped]:
    return {_file(name): shipped for shipped in SHIPPED for name in (shipped.file, *shipped.files)}


@cache
def _read(shipped: Shipped) -> Standard:
    content = resources.files("gateway.sdk.soap.standard").joinpath(shipped.file).read_bytes()
    return Standard(shipped.file, shipped.namespace, content, shipped.source)
