"""Closing one incident: the word of a person that it was dealt with. It changes nothing else."""

from __future__ import annotations

from uuid import UUID

from gateway.application.acts import Acts
from gateway.application.reads import IncidentRow, Reads
from gateway.application.store import Store
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.rules import Rules


async def incident_of(reads: Reads, id_: UUID) -> IncidentRow:
    """Return the incident. Raises ``NotFound``."""
    found = await reads.incident(id_)
    if found is None:
        raise NotFound("not_found", f"there is no incident {id_}")
    return found


async def close_incident(reads: Reads, store: Store, acts: Acts, id_: UUID, reason: str, by: str) -> IncidentRow:
    """Close it with the reason and return it. Raises ``NotFound``, or ``Conflict`` (``incident_closed``)."""
    found = await incident_of(reads, id_)

    def recover(file: CaseFile, _rules: Rules) -> None:
        if found.fingerprint not in file.open_incidents:
            raise _closed(id_)
        file.recover(found.fingerprint, reason, by)

    if found.state != "open":
        raise _closed(id_)
    if found.case_id is not None:
        await acts.run(found.case_id, recover)
    elif not await store.close_incidents([found.fingerprint], reason, by):
        raise _closed(id_)
    return await incident_of(reads, id_)


def _closed(id_: UUID) -> Conflict:
    return Conflict("incident_closed", f"the incident {id_} is closed already")
