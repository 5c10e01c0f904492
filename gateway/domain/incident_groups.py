"""Incidents of one cause across cases: the key by which they are grouped. Pure.

Two incidents are of one group when their kind, agency and lane are the same, and so is what they say of the rule or mapping,
the step's clock and the reason, once everything is taken out of it that belongs to one case: ids, numbers, dates, addresses
and what stands in quotes and is not a plain word.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any, Final

from gateway.domain.incident import Incident, IncidentKind

#: What of an incident's detail names its cause, beside the reason.
_NAMES: Final = ("rule", "clock", "level", "queue", "status", "outcome")
#: Kinds that one case has for itself at one step: what is waited for there is the cause.
_BY_STEP: Final = frozenset(
    {
        *(IncidentKind.NO_REPLY, IncidentKind.APPLICANT_DEADLINE, IncidentKind.EFFECT_TO_UNDO, IncidentKind.CONTRADICTION),
        *(IncidentKind.CLOCK_WARNING, IncidentKind.CLOCK_LEVEL, IncidentKind.CLOCK_BREACHED, IncidentKind.CLOCK_DISPUTED),
        *(IncidentKind.TIME_RUNS_OUT, IncidentKind.NO_BRANCH),
    }
)
_UUID: Final = re.compile(r"\b[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\b", re.IGNORECASE)
_URL: Final = re.compile(r"\bhttps?://\S+")
_HEX: Final = re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{16,}\b", re.IGNORECASE)
_QUOTED: Final = re.compile(r"'([^']*)'|\"([^\"]*)\"|«([^»]*)»")
_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z_./:-]{0,60}")
_NUMBER: Final = re.compile(r"\d+(?:[.,:T+-]\d+)*Z?")
_MOST: Final = 300


def normalised(reason: str) -> str:
    """Return the reason without what belongs to one case."""
    text = _URL.sub("<url>", reason)
    text = _UUID.sub("<id>", text)
    text = _QUOTED.sub(_quoted, text)
    text = _HEX.sub("<id>", text)
    text = _NUMBER.sub("#", text)
    return " ".join(text.split())[:_MOST]


def _quoted(found: re.Match[str]) -> str:
    """A name of a field or a rule stays, a value goes."""
    inner = next(part for part in found.groups() if part is not None)
    return f"'{inner}'" if _PLAIN.fullmatch(inner) else "'…'"


def group_of(incident: Incident) -> str:
    """Return the key of the incident's group: 16 hex digits."""
    detail: Any = incident.detail
    names = [f"{name}={detail[name]}" for name in _NAMES if isinstance(detail.get(name), str)]
    if incident.kind in _BY_STEP:
        names.append(f"step={detail.get('step', '')}")
    parts = (str(incident.kind), incident.agency, incident.lane, *names, normalised(str(detail.get("reason") or "")))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
