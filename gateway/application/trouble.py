"""What a rule or a contract breaks off is told to a person and set aside: it neither spins nor holds up what is behind it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from gateway.domain.case_file import CaseFile
from gateway.domain.incident import Incident, IncidentKind

#: How long it rests before it is tried again.
SET_ASIDE: Final = timedelta(minutes=1)


def tell_trouble(file: CaseFile, work: str, error: Exception) -> None:
    """Open the incident of one kind of ``work`` on a case (``due``, ``release``, ``callback``), or count it on the open one."""
    kind = IncidentKind.RULE_FAILED
    detail = {"number": file.case.number, "work": work, "reason": f"{type(error).__name__}: {error}"}
    file.open_incident(Incident(kind, _fingerprint(file, work), detail, file.case.id))


def trouble_is_over(file: CaseFile, work: str) -> None:
    """Close that incident, if there is one: the work has gone through."""
    file.recover(_fingerprint(file, work), "it has gone through since")


def _fingerprint(file: CaseFile, work: str) -> str:
    return f"{IncidentKind.RULE_FAILED}:{file.case.id}:{work}"
