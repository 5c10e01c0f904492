"""Versions of services and contracts that the database keeps because cases pin them, and how many open cases each still has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import orjson

#: So many of the open cases are looked at, the oldest: it is they that hold on to old versions.
MOST_OPEN: Final = 10_000
#: So many versions are read; a deployment that has had more shows the others no longer.
MOST_PINS: Final = 2_000


class PinReads(Protocol):
    """The reading side of the store."""

    async def pin_digests(self, most: int) -> Sequence[str]:
        """Return the digests of all versions that are kept, ``most`` at most."""
        ...

    async def get_pin(self, digest: str) -> bytes | None: ...
    async def open_by_pin(self, most: int) -> Mapping[tuple[str, str], int]:
        """Return (service, digest) → how many of the oldest ``most`` open cases pin it."""
        ...


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """A version as it is kept. ``kind`` is ``service`` or ``agency``; ``version`` is empty for a contract, which has none."""

    digest: str
    kind: str
    id: str
    version: str


@dataclass(frozen=True, slots=True)
class OpenCases:
    """How many open cases pin each version. ``cut``: there are more open cases than were looked at."""

    counts: Mapping[tuple[str, str], int]
    cut: bool

    def of(self, service: str, digest: str) -> int:
        """Return the count of one version."""
        return self.counts.get((service, digest), 0)


class KeptVersions:
    """What is kept never changes, so each version is read once a process."""

    def __init__(self, pins: PinReads) -> None:
        self._pins = pins
        self._known: dict[str, KeptVersion] = {}

    async def of(self, kind: str, id_: str) -> list[KeptVersion]:
        """Return the kept versions of a service or an agency, in the order of their version."""
        for digest in await self._pins.pin_digests(MOST_PINS):
            if digest not in self._known:
                value = await self.content(digest)
                held = value.get(str(value.get("kind")), {})
                self._known[digest] = KeptVersion(
                    digest, str(value.get("kind", "")), str(held.get("id", "")), str(held.get("version", ""))
                )
        found = [version for version in self._known.values() if (version.kind, version.id) == (kind, id_)]
        return sorted(found, key=lambda version: (len(version.version), version.version, version.digest))

    async def content(self, digest: str) -> Mapping[str, Any]:
        """Return a version as JSON; empty when it is not kept or cannot be read."""
        raw = await self._pins.get_pin(digest)
        try:
            found = orjson.loads(raw or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    async def open_cases(self) -> OpenCases:
        """Return how many open cases there are of each version."""
        counts = await self._pins.open_by_pin(MOST_OPEN)
        return OpenCases(counts, sum(counts.values()) >= MOST_OPEN)
