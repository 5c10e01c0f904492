"""The certificate of a tacit decision: when one may be issued, and that it is issued once in each language. Pure.

    not_tacit        nothing was decided by silence (yet)
    tacit_replaced   a later decision stands in its place
    tacit_disputed   an authority's decision is dated in time; a person has not yet found out which of the two holds

A certificate that was issued stays a document of its case whatever happens later; what is refused is to vouch for it anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.domain.case import CaseOutcome, Decision, Fact, FactKind
from gateway.domain.case_file import CaseFile
from gateway.domain.clock import Clock, ClockState
from gateway.domain.clocks import fingerprint
from gateway.domain.errors import Conflict
from gateway.domain.incident import IncidentKind

MEDIA_TYPE: Final = "text/html"
_STATES: Final = {
    CaseOutcome.TACITLY_GRANTED: ClockState.TACITLY_GRANTED,
    CaseOutcome.TACITLY_REFUSED: ClockState.TACITLY_REFUSED,
}


@dataclass(frozen=True, slots=True)
class Tacit:
    """A decision by silence that stands, and the clock whose end was that decision."""

    decision: Decision
    clock: Clock


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that was issued. ``check_value`` is the hash of the event with number ``sequence``, the last one before
    the issue; it stands on the paper. ``digest`` is the SHA-256 of the paper itself."""

    language: str
    digest: str
    issued_at: datetime
    issued_by: str
    check_value: str
    sequence: int


def standing(file: CaseFile) -> Tacit:
    """Return the tacit decision that the case stands by. Raises ``Conflict`` when there is none to vouch for."""
    if not any(decision.outcome in _STATES for decision in file.decisions):
        raise Conflict("not_tacit", "the case was not decided by silence; there is nothing to certify")
    decision = file.decisions[-1]
    if decision.outcome not in _STATES:
        raise Conflict("tacit_replaced", f"a later decision ({decision.outcome}) stands in the place of the tacit one")
    state = _STATES[decision.outcome]
    clock = next((k for k in file.clocks.values() if k.kind == "statutory" and k.state is state), None)
    if clock is None:
        raise Conflict("not_tacit", "no statutory clock of the case ended in this silence; there is nothing to certify")
    if fingerprint(file, clock, IncidentKind.CLOCK_DISPUTED) in file.open_incidents:
        raise Conflict("tacit_disputed", "the tacit decision is disputed; close its incident before it is certified")
    return Tacit(decision, clock)


def issued(file: CaseFile, language: str) -> Certificate | None:
    """Return the certificate that was issued in a language; ``None`` when none was."""
    for fact in file.facts:
        if fact.kind is FactKind.CERTIFICATE and fact.data["language"] == language:
            (document,) = fact.data["documents"]
            return Certificate(language, document["digest"], fact.at, fact.by, fact.data["check_value"], fact.data["sequence"])
    return None


def issue(file: CaseFile, language: str, by: str, render: Callable[[Tacit], bytes]) -> Certificate:
    """Issue the certificate in a language; the one that was issued before in it is returned, and nothing changes.

    ``render`` makes the paper of the file as it is now. Raises ``Conflict`` (see ``standing``).
    """
    tacit = standing(file)
    known = issued(file, language)
    if known is not None:
        return known
    check_value, sequence = file.case.chain, file.case.seq
    content = render(tacit)
    digest = hashlib.sha256(content).hexdigest()
    name = f"{file.case.number}-{language}.html"
    document = {"kind": "certificate", "digest": digest, "name": name, "media_type": MEDIA_TYPE, "origin": "electronic"}
    data = {"language": language, "check_value": check_value, "sequence": sequence, "documents": [document]}
    file.keep(digest, content)
    file.add_fact(Fact(FactKind.CERTIFICATE, file.now, file.now, by, data))
    facts = {"language": language, "digest": digest, "outcome": tacit.decision.outcome, "by": by}
    file.event("certificate.issued", facts, by)
    return Certificate(language, digest, file.now, by, check_value, sequence)
