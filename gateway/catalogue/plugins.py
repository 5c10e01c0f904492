"""Finds adapters: every distribution may bring some through the entry point group ``darcha.adapters``.

CatalogueError
└── AdapterBroken   an installed plug-in cannot be used; the message names its distribution and how to mend it
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from gateway.domain.errors import CatalogueError
from gateway.sdk.adapter import Manifest

GROUP: Final = "darcha.adapters"


class AdapterBroken(CatalogueError):
    """A plug-in that is installed and cannot be used."""


def find_adapters(points: Iterable[EntryPoint] | None = None) -> dict[str, Manifest]:
    """Return every adapter's manifest by its name. ``points`` are the installed entry points unless given.

    Raises ``AdapterBroken`` when a plug-in cannot be imported, is no manifest, or takes another one's name.
    """
    found: dict[str, Manifest] = {}
    places: dict[str, str] = {}
    installed = entry_points(group=GROUP) if points is None else points
    for point in sorted(installed, key=lambda p: (p.name, p.value)):
        place = f"{point.name} = {point.value}" + (f" of {point.dist.name} {point.dist.version}" if point.dist else "")
        manifest = _load(point, place)
        if manifest.name in found and found[manifest.name] is not manifest:
            raise AdapterBroken(
                f"two plug-ins are called {manifest.name!r}: {places[manifest.name]}, and {place}; uninstall one of them"
            )
        found[manifest.name], places[manifest.name] = manifest, place
    return found


def _load(point: EntryPoint, place: str) -> Manifest:
    try:
        manifest = point.load()
    except Exception as error:
        message = f"the adapter {place} cannot be imported: {type(error).__name__}: {error}; reinstall or uninstall it"
        raise AdapterBroken(message) from error
    if not isinstance(manifest, Manifest):
        raise AdapterBroken(
            f"the adapter {place} is a {type(manifest).__name__}; its entry point has to name a gateway.sdk.Manifest"
        )
    if manifest.name != point.name:
        raise AdapterBroken(f"the adapter {place} calls itself {manifest.name!r}; entry point and manifest need the same name")
    return manifest
