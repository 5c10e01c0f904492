"""The pure half of the dispatcher: condition, mapping, rendering, disclosure, lease."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from gateway.application.deployment import Deployment, PinNotLoaded
from gateway.application.pins import pin_service
from gateway.application.prepare import documents_of
from gateway.domain.case import Fact, FactKind
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import CatalogueError
from gateway.domain.incident import IncidentKind
from gateway.domain.request import Request, RequestStatus, Work
from gateway.domain.service import Expression, Service
from gateway.sdk.errors import MessageInvalid
from tests.unit.application.small import NOW, Small, catalogue, service


def stepped(**change: Any) -> Service:
    """The small service with its first step changed."""
    made = service()
    return replace(made, steps=(replace(made.steps[0], **change), made.steps[1]))


def prepared(small: Small, step: str = "birth") -> tuple[CaseFile, Request, bool]:
    file = small.case()
    request = file.live(step)
    assert request is not None
    working = CaseFile(file.case, small.store.time, small.store.mint, file.requests, facts=file.facts)
    return working, request, small.preparer.release(working, request)


def test_a_release_stores_the_bytes_once_says_what_was_disclosed_and_leases() -> None:
    small = Small()
    file, request, released = prepared(small)
    assert released and request.status is RequestStatus.RELEASED and request.attempts == 1
    (message,) = file.messages
    assert json.loads(message.content) == {"id": str(request.message_id), "input": {"id": "30101850010011"}}
    (disclosure,) = file.disclosures
    assert (disclosure.agency, disclosure.fields, disclosure.at) == ("registry", ("applicant.identifier",), NOW)
    assert request.lease_id is not None and request.lease_work is Work.SEND and request.next_at is None
    # send within 30 s, the operation's 10 s, and 10 s for the reply to travel
    assert request.lease_until == NOW + timedelta(seconds=50)
    assert small.preparer.send_by(NOW) == NOW + timedelta(seconds=30)


def test_a_second_release_sends_the_same_bytes() -> None:
    small = Small()
    file, request, _ = prepared(small)
    request.status, request.lease_id, request.next_at = RequestStatus.READY, None, NOW
    again = CaseFile(file.case, NOW, small.store.mint, file.requests)
    assert small.preparer.release(again, request)
    assert not again.messages and not again.disclosures and request.attempts == 2


def test_a_condition_that_says_no_skips_the_step_and_those_that_need_it_go_on() -> None:
    small = Small(catalogue([stepped(when=Expression("1 = 2", "service.yaml:when"))]))
    file, request, released = prepared(small)
    assert not released
    assert (request.status, request.reason) == (RequestStatus.SKIPPED, "condition")
    permit = file.live("permit")
    assert permit is not None and permit.status is RequestStatus.READY
    assert not file.messages and not file.disclosures


@pytest.mark.parametrize("source", ["$number(applicant.identifier & 'x')", "$nothing(1)"])
def test_a_mapping_that_fails_parks_with_an_incident(source: str) -> None:
    small = Small(catalogue([stepped(input=Expression(source, "input.jsonata"))]))
    file, request, released = prepared(small)
    assert not released and request.status is RequestStatus.PARKED and request.next_at is None
    (incident,) = file.incidents
    assert incident.kind is IncidentKind.RENDER_FAILED and incident.request_id == request.id
    assert not file.messages and not file.disclosures  # nothing was given to anybody


def test_a_message_that_breaks_the_agencys_schema_parks_as_invalid_and_names_the_mapping() -> None:
    small = Small()
    small.adapters["registry"].render_error = MessageInvalid("/id", "not 14 digits")
    file, request, _ = prepared(small)
    assert request.status is RequestStatus.PARKED
    assert [i.kind for i in file.incidents] == [IncidentKind.INVALID]
    assert request.reason.startswith("input.jsonata: ")


@pytest.mark.parametrize("error", [ZeroDivisionError("bug"), CatalogueError("no such operation")])
def test_an_adapter_that_fails_parks_this_request_and_nobody_else(error: Exception) -> None:
    small = Small()
    small.adapters["registry"].render_error = error
    file, request, released = prepared(small)
    assert not released and request.status is RequestStatus.PARKED
    assert [i.kind for i in file.incidents] == [IncidentKind.RENDER_FAILED]
    assert str(error) in request.reason


def test_a_service_that_is_not_loaded_yet_is_asked_for_and_nothing_happens() -> None:
    small = Small()
    file = small.case()
    file.case.pin = "older"
    request = file.live("birth")
    assert request is not None
    with pytest.raises(PinNotLoaded) as caught:
        small.preparer.release(file, request)
    assert caught.value.digest == "older" and request.status is RequestStatus.READY


async def test_a_pin_is_loaded_from_the_store_and_the_change_done_again() -> None:
    small = Small()
    file = small.case()
    older = replace(service(), version="0", digest="older")
    small.store.file(file.case.id).case.pin = "older"
    small.store.pins["older"] = pin_service(older)
    seen: list[str] = []

    def decide(one: CaseFile) -> None:
        seen.append(small.deployment.rules(one.case.pin).service.version)

    results = await small.deployment.change(small.store, [file.case.id], decide)  # type: ignore[arg-type]
    assert results == {file.case.id: None} and seen == ["0"]


async def test_a_pin_that_the_store_has_lost_is_told_of_the_case_that_needs_it() -> None:
    small = Small()
    file, other = small.case(), small.case()
    small.store.file(file.case.id).case.pin = "gone"
    results = await small.deployment.change(
        small.store,  # type: ignore[arg-type]
        [file.case.id, other.case.id],
        lambda one: _rules(small.deployment, one),
    )
    assert isinstance(results[file.case.id], CatalogueError) and "gone" in str(results[file.case.id])
    assert results[other.case.id] is None


def _rules(deployment: Deployment, file: CaseFile) -> None:
    deployment.rules(file.case.pin)


def test_documents_are_the_applications_and_those_of_the_steps_own_supplement() -> None:
    small = Small()
    paper = {"digest": "a" * 64, "name": "passport.pdf", "media_type": "application/pdf", "kind": "identity"}
    file = small.case(documents=[paper, {"name": "without content"}])
    request = file.live("birth")
    assert request is not None

    def supplement(step: str, digest: str) -> Fact:
        return Fact(FactKind.SUPPLEMENT, NOW, NOW, "front", {"step": step, "documents": [paper | {"digest": digest}]})

    file.facts += [supplement("birth", "b" * 64), supplement("permit", "c" * 64)]
    found = documents_of(file, request)
    assert [d.digest for d in found] == ["a" * 64, "b" * 64]
    assert (found[0].name, found[0].media_type, found[0].kind) == ("passport.pdf", "application/pdf", "identity")


def test_a_lookup_asks_with_a_message_of_its_own_and_spends_no_attempt() -> None:
    small = Small()
    file = small.case()
    request = file.live("permit")
    assert request is not None
    request.status, request.lane, request.released_at, request.attempts = RequestStatus.IN_DOUBT, "ministry", NOW, 1
    request.next_at = NOW
    assert small.preparer.release(file, request)
    (message,) = [m for m in file.messages if m.request_id == request.id]
    assert message.purpose is Work.LOOKUP and json.loads(message.content)["input"] == {"id": str(request.message_id)}
    assert (request.attempts, request.lookups, request.status) == (1, 1, RequestStatus.IN_DOUBT)
    assert request.lease_work is Work.LOOKUP


def test_what_is_in_doubt_stays_so_when_its_lookup_fails() -> None:
    """Parked it would look like something that can simply be sent again."""
    small = Small()
    small.adapters["ministry"].render_error = ZeroDivisionError("bug")
    file = small.case()
    request = file.live("permit")
    assert request is not None
    request.status, request.released_at, request.next_at = RequestStatus.IN_DOUBT, NOW, NOW
    assert not small.preparer.release(file, request)
    assert request.status is RequestStatus.IN_DOUBT
    assert request.next_at is not None and request.next_at > file.now
    assert [i.kind for i in file.incidents] == [IncidentKind.RENDER_FAILED]
