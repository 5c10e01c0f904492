"""All services, offices and agencies of a deployment, versioned and checked as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.domain.agency import Agency
from gateway.domain.office import Office
from gateway.domain.service import Service


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A checked catalogue. ``digest`` is the SHA-256 over all files it was read from."""

    services: Mapping[str, Service]
    offices: Mapping[str, Office]
    agencies: Mapping[str, Agency]
    digest: str

    @property
    def lanes(self) -> dict[str, Agency]:
        """Every lane by name, with the agency it belongs to."""
        return {lane: agency for agency in self.agencies.values() for lane in agency.lanes}
