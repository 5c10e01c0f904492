"""What came of onboarding an agency, as one JSON object: the file of ``--report`` and the table that is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.catalogue.onboarding.composing import Composed
from gateway.catalogue.onboarding.trial import Tried
from gateway.domain.agency import Agency
from gateway.sdk.onboarding import Draft

STAGES: Final = ("found", "built", "valid", "round_trip")


def of_draft(
    name: str, adapter: str, composed: Composed, tried: Mapping[str, Tried] | None, left_out: Sequence[str]
) -> dict[str, Any]:
    """Return the report of a new agency. ``tried`` is ``None`` where nothing was played: then no more is said than found."""
    rows = [
        _row(
            o.name, o.found_as, (tried or {}).get(o.name) if not o.problem else None, o.problem, o.notes, asked=tried is not None
        )
        for o in composed.draft.operations
    ]
    unresolved = [*composed.draft.unresolved, *left_out]
    if composed.dropped_auth:
        unresolved.append(
            f"auth: this gateway does not know the credentials that the contract asks for: {dict(composed.draft.auth)}"
        )
    return _report(name, adapter, composed.draft.contract, sorted(composed.draft.files), unresolved, rows)


def of_unusable(name: str, adapter: str, draft: Draft, left_out: Sequence[str], error: str) -> dict[str, Any]:
    """Return the report of a contract of which no operation can be used."""
    rows = [_row(o.name, o.found_as, None, o.problem or error, o.notes, asked=True) for o in draft.operations]
    report = _report(name, adapter, draft.contract, sorted(draft.files), [*draft.unresolved, *left_out], rows)
    return report | {"error": error}


def of_agency(agency: Agency, tried: Mapping[str, Tried]) -> dict[str, Any]:
    """Return the report of a folder that was there already."""
    rows = [_row(name, name, tried.get(name), "", (), asked=True) for name in agency.operations]
    return _report(agency.id, agency.adapter, agency.contract, sorted(agency.files), [], rows)


def of_failure(name: str, adapter: str, contract: str, error: str) -> dict[str, Any]:
    """Return the report of a contract that could not be read at all."""
    return _report(name, adapter, contract, [], [], []) | {"error": error}


def went_round(report: Mapping[str, Any]) -> bool:
    """Return whether every operation did."""
    totals = report["totals"]
    return bool(totals["found"]) and totals["found"] == totals["round_trip"]


def _row(name: str, found_as: str, tried: Tried | None, problem: str, notes: Sequence[str], *, asked: bool) -> dict[str, Any]:
    untold = "" if not asked else "it was not tried"
    return {
        "name": name,
        "found_as": found_as,
        "found": True,
        "built": tried is not None and tried.built,
        "valid": tried is not None and tried.valid,
        "round_trip": tried is not None and tried.round_trip,
        "reason": problem or (tried.reason if tried is not None else untold),
        "notes": list(notes),
    }


def _report(
    name: str, adapter: str, contract: str, files: Sequence[str], unresolved: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "agency": name,
        "adapter": adapter,
        "contract": contract,
        "files": list(files),
        "unresolved": list(unresolved),
        "operations": list(rows),
        "totals": {stage: sum(bool(row[stage]) for row in rows) for stage in STAGES},
    }
