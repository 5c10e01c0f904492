"""What travels in a lane and back comes out as it went in; what is something else is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.application.release import Release, WorkerReply, message_from, message_meta
from gateway.domain.outcomes import (
    Accepted,
    Completed,
    DocumentRef,
    Invalid,
    LookupOutcome,
    Misconfigured,
    NeedsApplicant,
    NotThere,
    Progress,
    Redirected,
    Refused,
    RetryLater,
    Unknown,
)
from gateway.domain.request import Work
from gateway.sdk.adapter import Message

text = st.text(max_size=20)
names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
data = st.dictionaries(text, json_values, max_size=3)
times = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is given beside
documents = st.builds(DocumentRef, st.binary(max_size=4).map(bytes.hex), text, names, text, st.integers(0, 2**40))
messages = st.builds(
    Message,
    message_id=names,
    operation=names,
    body=st.binary(max_size=200),
    content_type=names,
    method=st.sampled_from(["POST", "PUT", "GET"]),
    path=text,
    headers=st.dictionaries(names, text, max_size=3),
    documents=st.lists(documents, max_size=3).map(tuple),
    options=data,
)
releases = st.builds(
    Release,
    request_id=st.uuids(),
    case_id=st.uuids(),
    lease_id=st.uuids(),
    work=st.sampled_from(Work),
    send_by=times,
    lane=names,
    agency=names,
    operation=names,
    contract=names,
    endpoint=text,
    timeout_secs=st.floats(0.1, 600),
    message=messages,
    references=st.dictionaries(names, text, max_size=3),
    traceparent=text,
)
outcomes: st.SearchStrategy[LookupOutcome] = st.one_of(
    st.builds(Completed, data, st.lists(documents, max_size=2).map(tuple), st.none() | times),
    st.builds(Refused, text, text, text, st.none() | times),
    st.builds(Accepted, text, st.none() | st.floats(0, 1e6)),
    st.builds(Progress, text, text, data, st.lists(documents, max_size=2).map(tuple)),
    st.builds(NeedsApplicant, text, st.none() | times, text),
    st.builds(Redirected, text, text),
    st.builds(RetryLater, text, st.none() | st.floats(0, 1e6)),
    st.builds(Unknown, text),
    st.builds(Invalid, text, text),
    st.builds(Misconfigured, text, st.booleans()),
    st.builds(NotThere, text),
)
replies = st.builds(WorkerReply, st.uuids(), st.uuids(), st.uuids(), st.sampled_from(Work), names, outcomes, times, text, data)


@given(releases)
def test_a_release_comes_out_as_it_went_in(release: Release) -> None:
    assert Release.from_bytes(release.to_bytes()) == release


@given(replies)
def test_a_reply_comes_out_as_it_went_in(reply: WorkerReply) -> None:
    assert WorkerReply.from_bytes(reply.to_bytes()) == reply


@given(messages)
def test_a_message_is_its_bytes_and_what_is_stored_beside_them(message: Message) -> None:
    meta = orjson.loads(orjson.dumps(message_meta(message)))
    assert message_from(message.body, meta) == message


def test_a_body_that_is_no_text_travels_byte_for_byte() -> None:
    body = bytes(range(256))
    message = Message("m", "Find", body, "application/octet-stream")
    assert message_from(body, message_meta(message)).body == body


FIT = {
    "request_id": "0190f3a1-7c2e-7b11-9d42-5f0c8e6a1b23",
    "case_id": "0190f3a1-7c2e-7b11-9d42-5f0c8e6a1b23",
    "lease_id": "0190f3a1-7c2e-7b11-9d42-5f0c8e6a1b23",
    "work": "send",
    "lane": "registry",
    "outcome": {"outcome": "unknown", "reason": "x"},
    "finished_at": "2026-12-07T05:00:00+00:00",
    "worker": "w",
    "detail": {},
}


@pytest.mark.parametrize(
    "broken",
    [
        {"request_id": "not a uuid"},
        {"work": "sing"},
        {"outcome": {"outcome": "perhaps"}},
        {"outcome": {"outcome": "completed", "surprise": 1}},
        {"outcome": None},
        {"finished_at": 5},
        {"finished_at": "yesterday"},
    ],
)
def test_what_is_no_reply_is_told_by_the_error_promised(broken: dict[str, Any]) -> None:
    assert WorkerReply.from_bytes(orjson.dumps(FIT)).outcome == Unknown("x")
    with pytest.raises(ValueError):
        WorkerReply.from_bytes(orjson.dumps(FIT | broken))


@pytest.mark.parametrize("key", sorted(FIT))
def test_every_field_of_a_reply_has_to_be_there(key: str) -> None:
    with pytest.raises(ValueError):
        WorkerReply.from_bytes(orjson.dumps({k: v for k, v in FIT.items() if k != key}))
