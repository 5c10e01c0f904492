"""Open incidents of one cause as one: groups across cases, and closing a whole group. See ``domain/incident_groups.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

from gateway.application.deployment import Deployment
from gateway.application.reads import IncidentRow, Page
from gateway.application.store import Store
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import Conflict, NotFound

#: So many incidents are closed by one call; the answer says how many are left.
MOST: Final = 2000
_BATCH: Final = 100
_EVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class IncidentGroup:
    """Open incidents of one cause. ``count`` incidents on ``cases`` cases; ``example`` is the newest one of them."""

    group: str
    kind: str
    agency: str
    lane: str
    count: int
    cases: int
    first_at: datetime
    last_at: datetime
    example: IncidentRow


@dataclass(frozen=True, slots=True)
class Closed:
    """How many incidents of a group were closed, and how many of those that were seen are left."""

    closed: int
    left: int


class GroupStore(Protocol):
    """What groups ask of the database."""

    async def incident_groups(self, *, kind: str, agency: str, after: int, limit: int, group: str = "") -> Page:
        """Return the groups of open incidents, the largest first. The cursor is a place in that order."""
        ...

    async def open_of_group(self, group: str, until: datetime, most: int) -> list[tuple[UUID, UUID | None, str]]:
        """Return (id, case id, fingerprint) of open incidents of a group that were opened at ``until`` or before."""
        ...

    async def count_of_group(self, group: str, until: datetime) -> int: ...
    async def fill_groups(self, most: int) -> int:
        """Give open incidents their group that a process of the release before has written without one."""
        ...


class IncidentGroups:
    """What people do about groups."""

    def __init__(self, deployment: Deployment, store: Store, groups: GroupStore) -> None:
        self._deployment = deployment
        self._store = store
        self._groups = groups

    async def listed(self, *, kind: str = "", agency: str = "", after: int = 0, limit: int = 50) -> Page:
        """Return a page of groups."""
        return await self._groups.incident_groups(kind=kind, agency=agency, after=after, limit=limit)

    async def get(self, group: str) -> IncidentGroup | None:
        """Return one group as it stands; ``None`` when nothing of it is open."""
        page = await self._groups.incident_groups(kind="", agency="", after=0, limit=1, group=group)
        return next(iter(page.items), None)

    async def close(self, group: str, seen_at: datetime, reason: str, by: str, *, most: int = MOST) -> Closed:
        """Close the incidents of a group that stood when it was seen; what was opened later stays open.

        Raises ``NotFound`` when no incident of the group is open, ``Conflict`` with ``group_empty`` when none of those was then.
        """
        found = await self._groups.open_of_group(group, seen_at, most)
        if not found:
            if not await self._groups.count_of_group(group, _EVER):
                raise NotFound("not_found", f"no incident of the group {group[:60]!r} is open")
            raise Conflict("group_empty", f"no incident of the group {group} stands open since then; look again")
        alone = [print_ for _, case_id, print_ in found if case_id is None]
        closed = await self._store.close_incidents(alone, reason, by) if alone else 0
        of_cases: dict[UUID, list[str]] = {}
        for _, case_id, print_ in found:
            if case_id is not None:
                of_cases.setdefault(case_id, []).append(print_)
        ids = list(of_cases)
        for start in range(0, len(ids), _BATCH):
            closed += await self._close_of(ids[start : start + _BATCH], of_cases, reason, by)
        return Closed(closed, await self._groups.count_of_group(group, seen_at))

    async def _close_of(self, ids: Sequence[UUID], prints: dict[UUID, list[str]], reason: str, by: str) -> int:
        counts: dict[UUID, int] = {}

        def recover(file: CaseFile) -> None:
            standing = [print_ for print_ in prints[file.case.id] if print_ in file.open_incidents]
            for print_ in standing:
                file.recover(print_, reason, by)
            counts[file.case.id] = len(standing)

        results = await self._deployment.change(self._store, ids, recover)
        return sum(count for case_id, count in counts.items() if results.get(case_id) is None)
