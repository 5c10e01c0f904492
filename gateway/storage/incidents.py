"""Incidents: opened once a cause, counted while open, closed with a reason. An opened one sends an alert."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, select, update

from gateway.domain.case_file import Mint
from gateway.domain.incident import Incident
from gateway.domain.incident_groups import group_of
from gateway.storage import bulk, rows
from gateway.storage import tables as t
from gateway.storage.columns import dump_json, word
from gateway.storage.engine import Tx
from gateway.storage.rows import Row


@dataclass(frozen=True, slots=True)
class Opening:
    """An incident to open, with what the alert says of its case."""

    incident: Incident
    at: datetime
    case_id: UUID | None = None
    case_number: str = ""


_UPSERT: Final = bulk.insert(
    t.incidents,
    t.incidents.c.keys(),
    on_conflict="(fingerprint) WHERE state = 'open' DO UPDATE SET count = incidents.count + excluded.count,"
    " last_at = excluded.last_at, detail = excluded.detail, group_key = excluded.group_key",
)
_fingerprint: BindParameter[str] = bindparam("b_fingerprint")
_KNOWN = select(t.incidents.c.id).where(t.incidents.c.id.in_(bindparam("ids", expanding=True)))
_CLOSE = (
    update(t.incidents)
    .where(t.incidents.c.fingerprint == _fingerprint, t.incidents.c.state == word("open"))
    .values(state="closed", closed_at=bindparam("b_at"), closed_by=bindparam("b_by"), close_reason=bindparam("b_reason"))
)
_CLOSE_WITHOUT_CASE = _CLOSE.where(t.incidents.c.case_id.is_(None))


async def open_incidents(tx: Tx, openings: Sequence[Opening], mint: Mint) -> list[Row]:
    """Open or count them; return the alert deliveries of those that are new, for ``INSERT_DELIVERY``."""
    if not openings:
        return []
    counts = Counter(opening.incident.fingerprint for opening in openings)
    # In one order everywhere, so that no two transactions wait for each other; the first of a cause speaks for it.
    firsts = {opening.incident.fingerprint: opening for opening in reversed(openings)}
    made = {mint.uuid(): firsts[fingerprint] for fingerprint in sorted(firsts)}
    await tx.bulk(_UPSERT, [_row(id_, opening, counts[opening.incident.fingerprint]) for id_, opening in made.items()])
    opened = [row.id for row in await tx.rows(_KNOWN, {"ids": list(made)})]
    return [rows.delivery_row(mint.uuid(), "alert", made[id_].at, payload=_alert(id_, made[id_])) for id_ in opened]


def _row(id_: UUID, opening: Opening, count: int) -> Row:
    incident, at = opening.incident, opening.at
    detail = dump_json(dict(incident.detail))
    case_id = opening.case_id or incident.case_id
    causes = (detail, case_id, incident.request_id, incident.agency, incident.lane)
    return (id_, incident.kind, incident.fingerprint, "open", at, at, count, *causes, None, "", "", group_of(incident))


def _alert(id_: UUID, opening: Opening) -> str:
    incident = opening.incident
    return dump_json(
        {
            "incident": id_,
            "kind": incident.kind,
            "fingerprint": incident.fingerprint,
            "detail": dict(incident.detail),
            "case_id": opening.case_id or incident.case_id,
            "case_number": opening.case_number,
            "request_id": incident.request_id,
            "agency": incident.agency,
            "lane": incident.lane,
            "opened_at": opening.at,
        }
    )


async def close_incident(tx: Tx, fingerprint: str, at: datetime, by: str, reason: str, *, of_case: bool = True) -> int:
    """Close the open incident of that cause; return 1, or 0 when none is open."""
    values = {"b_fingerprint": fingerprint, "b_at": at, "b_by": by, "b_reason": reason}
    return await tx.run(_CLOSE if of_case else _CLOSE_WITHOUT_CASE, values)
