"""When a tacit decision may be certified, and that it is certified once in each language."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from gateway.application.context import mapping_input
from gateway.domain import acts, certificate
from gateway.domain import outcomes as o
from gateway.domain.case import CONFIRMABLE, CaseOutcome, Decision, FactKind
from gateway.domain.certificate import Certificate, Tacit
from gateway.domain.clock import ClockState
from gateway.domain.errors import BadInput, Conflict
from gateway.domain.events import verify
from gateway.domain.incident import IncidentKind
from gateway.domain.progress import decide
from gateway.domain.service import Silence
from tests.unit.domain.test_silence import DUE, expire, kinds, walk
from tests.unit.domain.world import Walk

BY = "client:front"


def silent(silence: Silence = Silence.GRANTED) -> Walk:
    """A case that silence has decided."""
    made = walk(silence)
    made.send("birth", o.Completed())
    made.send("permit", o.Accepted("A-1"))
    expire(made)
    return made


def issue(made: Walk, language: str = "uz", by: str = BY, paper: bytes = b"a paper") -> Certificate:
    """One unit of work; what is refused is discarded."""
    found: list[Certificate] = []
    made.do(lambda file: found.append(certificate.issue(file, language, by, lambda _tacit: paper)))
    return found[0]


def refusal(made: Walk) -> str:
    before = made.file.case.version
    with pytest.raises(Conflict) as refused:
        issue(made)
    assert made.file.case.version == before
    assert not (made.file.events or made.file.blobs or made.file.new_facts)
    return refused.value.code


@pytest.mark.parametrize(
    ("silence", "state"), [(Silence.GRANTED, ClockState.TACITLY_GRANTED), (Silence.REFUSED, ClockState.TACITLY_REFUSED)]
)
def test_it_is_made_of_the_decision_and_of_the_clock_that_ended_in_it(silence: Silence, state: ClockState) -> None:
    made = silent(silence)
    seen: list[Tacit] = []

    def render(tacit: Tacit) -> bytes:
        seen.append(tacit)
        return b"a paper"

    certificate.issue(made.file, "uz", BY, render)
    (tacit,) = seen
    assert tacit.decision is made.file.decisions[0]
    assert (tacit.clock.state, tacit.clock.ended_at) == (state, DUE)


def test_it_is_a_document_of_the_case_and_an_event_that_names_it() -> None:
    made = silent()
    head = made.file.case.chain, made.file.case.seq
    found = issue(made)
    digest = hashlib.sha256(b"a paper").hexdigest()
    assert made.last.blobs == {digest: b"a paper"}
    assert (found.digest, found.issued_by, found.issued_at) == (digest, BY, made.last.now)
    assert (found.check_value, found.sequence) == head
    (event,) = made.last.events
    assert (event.type, event.actor, event.prev) == ("certificate.issued", BY, found.check_value)
    assert event.payload == {"language": "uz", "digest": digest, "outcome": "tacitly_granted", "by": BY}
    (document,) = made.file.facts[-1].data["documents"]
    assert (document["digest"], document["kind"], document["media_type"]) == (digest, "certificate", "text/html")
    assert verify(made.all_events) is None


def test_the_same_act_again_returns_the_first_one_and_changes_nothing() -> None:
    made = silent()
    first = issue(made)
    assert issue(made, by="operator:other", paper=b"another paper") == first
    assert not (made.last.events or made.last.blobs or made.last.new_facts)
    other = issue(made, "ru", paper=b"a paper in Russian")
    assert other.digest != first.digest
    assert [certificate.issued(made.file, language) for language in ("uz", "ru", "ky")] == [first, other, None]
    assert made.history.count("certificate.issued") == 2


def test_nothing_is_certified_before_silence_has_decided() -> None:
    made = walk(Silence.GRANTED)
    assert refusal(made) == "not_tacit"
    made.send("birth", o.Refused("R", "no"))
    assert made.file.case.outcome is CaseOutcome.REFUSED
    assert refusal(made) == "not_tacit"


def test_a_breach_that_the_law_reads_nothing_into_is_not_certified() -> None:
    made = walk(Silence.NOTHING)
    made.send("birth", o.Completed())
    expire(made)
    assert IncidentKind.CLOCK_BREACHED in kinds(made)
    assert refusal(made) == "not_tacit"


def test_a_decision_without_a_clock_that_ended_in_it_is_not_certified() -> None:
    made = silent()
    for clock in list(made.file.clocks.values()):
        made.file.clocks[clock.id] = replace(clock, state=ClockState.TACITLY_REFUSED)
    assert refusal(made) == "not_tacit"


def test_while_it_is_disputed_it_is_not_certified_and_not_vouched_for_again() -> None:
    made = silent()
    first = issue(made)
    made.said("permit", o.Completed())
    decided_in_time(made)
    assert IncidentKind.CLOCK_DISPUTED in kinds(made)
    assert refusal(made) == "tacit_disputed"
    assert certificate.issued(made.file, "uz") == first
    for cause in sorted(made.file.open_incidents):
        made.do(lambda file, cause=cause: file.recover(cause, "the letter came after the term", "operator:chief"))
    assert issue(made, "en", paper=b"in English").language == "en"


def decided_in_time(made: Walk) -> None:
    """An agency's decision comes now and says that it was made before the term was over."""
    late = {"outcome": "refused", "authority": "ministry", "date_given": "2026-12-14"}
    made.rules = replace(made.rules, evaluate=lambda _e, _data: late)
    made.file.event("request.completed", {"step": "permit"})
    made.do(lambda _file: None)


def test_a_word_that_came_too_late_and_is_dated_so_leaves_it_as_it_is() -> None:
    made = silent()
    made.said("permit", o.Refused("R", "no"))
    assert made.history.count("decision.too_late") == 1
    assert issue(made).language == "uz"


def test_a_later_decision_of_a_person_is_what_counts() -> None:
    made = silent()
    issue(made)
    later = Decision(CaseOutcome.REFUSED, "ministry", made.file.now, made.file.now, "granted in error")
    made.do(lambda file: decide(file, later, "operator:chief"))
    assert refusal(made) == "tacit_replaced"


def test_a_certificate_is_no_fact_that_can_be_confirmed_or_that_mappings_read() -> None:
    made = silent()
    issue(made)
    data: dict[str, Any] = mapping_input(made.file.case, made.file.requests.values(), made.file.facts)
    assert data["facts"] == {}
    assert set(FactKind) - set(CONFIRMABLE) == {FactKind.SUPPLEMENT, FactKind.CERTIFICATE}
    with pytest.raises(BadInput, match=r"its own call: POST /v1/cases/\{id\}/certificate"):
        acts.confirm(made.file, FactKind.CERTIFICATE, made.file.now, BY, {})
