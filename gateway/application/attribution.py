"""Whose time it was, of a stored case: the whole of it, and the stretch of each of its clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from gateway.application.deployment import Deployment, PinNotLoaded
from gateway.application.reads import Reads
from gateway.application.store import Store
from gateway.domain.attribution import Attribution, attribute, holds
from gateway.domain.case_file import CaseFile
from gateway.domain.events import Event
from gateway.domain.service import Service

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Attributions:
    """The case's own, from receipt to its closing or until now; by clock id from its start to its end or until now."""

    case: Attribution
    clocks: Mapping[UUID, Attribution]


async def attributions(deployment: Deployment, store: Store, reads: Reads, file: CaseFile, now: datetime) -> Attributions:
    """Read the events of a case and split its time. ``now`` is UTC. Raises ``CatalogueError`` when its pin is lost."""
    case = file.case
    service = await service_of(deployment, store, case.pin)
    agencies = deployment.catalogue.agencies.values()
    found = holds(await events_of_case(reads, case.id), service, [a.id for a in agencies if a.branches_are_offices])
    until = case.closed_at or now
    clocks = {
        clock.id: attribute(found, clock.started_at, min(clock.ended_at or until, until), clock.step)
        for clock in file.clocks.values()
        if clock.started_at is not None
    }
    return Attributions(attribute(found, case.received_at, until), clocks)


async def service_of(deployment: Deployment, store: Store, pin: str) -> Service:
    """Return the service as a case pins it. Raises ``CatalogueError`` when the pin is lost."""
    try:
        return deployment.rules(pin).service
    except PinNotLoaded:
        await deployment.load(store, pin)
        return deployment.rules(pin).service


async def events_of_case(reads: Reads, case_id: UUID) -> list[Event]:
    """Return all events of a case, in order."""
    found: list[Event] = []
    while page := await reads.events_of(case_id, found[-1].seq if found else 0, _PAGE):
        found += page
        if len(page) < _PAGE:
            break
    return found
