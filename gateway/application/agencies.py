"""What operators do to an agency: let its lanes rest, and let them work again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from gateway.application import lane_health
from gateway.application.bus import Bus
from gateway.application.deployment import Deployment
from gateway.application.store import LaneRow, Store
from gateway.domain.agency import Agency
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.incident import Incident


def agency_of(deployment: Deployment, id_: str) -> Agency:
    """Return the agency of the catalogue. Raises ``NotFound``."""
    found = deployment.catalogue.agencies.get(id_)
    if found is None:
        raise NotFound("not_found", f"there is no agency {id_[:60]!r}")
    return found


class AgencyActs:
    """The use case. An agency's lanes are paused and resumed together."""

    def __init__(self, deployment: Deployment, store: Store, bus: Bus) -> None:
        self._deployment = deployment
        self._store = store
        self._bus = bus

    async def pause(self, id_: str, reason: str, by: str, *, seen: Collection[str] | None = None) -> None:
        """Release nothing more to this agency until it is resumed. What was released finishes.

        ``seen`` are the lanes that were paused when the caller looked; ``None``: that does not matter. Raises ``NotFound``,
        and ``Conflict`` (``lane_moved``) when a lane is not as it was seen; lanes before it in order stay changed.
        """

        def pause(row: LaneRow, now: datetime) -> list[Incident]:
            _unmoved(row, seen)
            row.paused, row.paused_reason, row.paused_by, row.paused_at = True, reason, by, now
            return []

        for lane in agency_of(self._deployment, id_).lanes:
            await self._store.change_lane(lane, pause)

    async def resume(self, id_: str, reason: str, by: str, *, seen: Collection[str] | None = None) -> None:
        """Let the lanes work again, with a clean breaker, and close the incidents of their pause. Raises as ``pause``."""
        agency = agency_of(self._deployment, id_)

        def resume(row: LaneRow, _now: datetime) -> list[Incident]:
            _unmoved(row, seen)
            return list(lane_health.resume(row))

        for lane in agency.lanes:
            await self._store.change_lane(lane, resume)
        await self._store.close_incidents([lane_health.fingerprint(lane) for lane in agency.lanes], reason, by)
        await self._bus.wake("dispatcher")


def _unmoved(row: LaneRow, seen: Collection[str] | None) -> None:
    if seen is not None and row.paused is not (row.name in seen):
        state = f"paused by {row.paused_by}: {row.paused_reason}" if row.paused else "working"
        raise Conflict("lane_moved", f"the lane {row.name} is {state} by now; look again and decide anew")
