"""The hot path: keys, races, dry runs, batches, traces."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from gateway.api.shapes import CaseOut, SubmittedOut
from tests.unit.api.asgi import Answer, Caller
from tests.unit.api.conftest import Shelf, application
from tests.unit.api.test_bad_input import problem

SUBMIT = "/v1/applications"
BATCH = "/v1/applications/batch"
NDJSON = "application/x-ndjson"


async def test_accepted_with_location_and_access_code(office: Caller, shelf: Shelf) -> None:
    answer = await office.post(SUBMIT, application(), idempotency_key="k")
    assert answer.status == 202
    body = SubmittedOut.model_validate_json(answer.body)
    assert answer.headers["location"] == f"/v1/cases/{body.id}"
    assert len(body.access_code) == 9
    assert answer.headers["cache-control"] == "no-store"
    (intake,) = shelf.taken.values()
    assert (intake.client, intake.key) == ("namangan", "k")


async def test_a_dry_run_checks_everything_and_keeps_nothing(office: Caller, shelf: Shelf) -> None:
    answer = await office.post(SUBMIT + "?dry_run=true", application())
    assert answer.status == 200
    shown = CaseOut.model_validate_json(answer.body)
    assert shown.dry_run
    assert [s.step for s in shown.steps] == ["ask"]
    problem(await office.post(SUBMIT + "?dry_run=true", application(form={})), 422, "bad_input")
    problem(await office.post(SUBMIT + "?dry_run=perhaps", application()), 422, "bad_input")
    problem(await office.post(SUBMIT + "?dryrun=true", application(), idempotency_key="k"), 422, "bad_input")
    assert not shelf.taken


async def test_the_trace_of_the_caller_goes_into_the_case(office: Caller, shelf: Shelf) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    await office.post(SUBMIT, application(), idempotency_key="k", traceparent=f"00-{trace}-b7ad6b7169203331-01")
    await office.post(SUBMIT, application(), idempotency_key="l", traceparent="nonsense")
    given, made = (intake.file.case.traceparent for intake in shelf.taken.values())
    assert given.split("-")[1] == trace
    assert len(made.split("-")[1]) == 32
    assert made.split("-")[1] != trace


async def test_two_calls_with_one_key_at_once(office: Caller, shelf: Shelf) -> None:
    go, entered = asyncio.Event(), asyncio.Event()

    async def gate() -> None:
        entered.set()
        await go.wait()

    shelf.gate = gate
    first = asyncio.create_task(office.post(SUBMIT, application(), idempotency_key="k"))
    await entered.wait()
    # It waits briefly, and then says so; another key is not held up.
    late = await office.post(SUBMIT, application(), idempotency_key="k")
    problem(late, 409, "still_running")
    assert late.headers["retry-after"] == "5"
    waiting = asyncio.create_task(office.post(SUBMIT, application(), idempotency_key="k"))
    go.set()
    answers = await asyncio.gather(first, waiting)
    assert [a.status for a in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()
    assert len(shelf.taken) == 1


def lines(answer: Answer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in answer.body.splitlines()]


def line(key: Any, **changes: Any) -> bytes:
    return json.dumps({"key": key, "application": application(**changes)}).encode()


async def test_a_batch_answers_each_line_in_order(office: Caller, shelf: Shelf) -> None:
    body = b"\n".join(
        [
            line("a"),
            b"not json",
            b"",
            line("b", form={}),
            line("a", channel="portal"),
            line("c"),
            b'{"key": 7, "app": {}}',
            b'["no object"]',
            b'{"key": "x", "key": "y", "application": {}}',
            line("d", reference="x" * 5000),
            line(""),
            b'{"key": "\xff"}',
            line("e"),
        ]
    )
    answer = await office.post(BATCH, body, content_type=NDJSON)
    assert (answer.status, answer.headers["content-type"]) == (200, NDJSON)
    told = lines(answer)
    assert [t["line"] for t in told] == [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
    assert [t["status"] for t in told] == [202, 400, 422, 422, 202, 422, 422, 400, 413, 400, 400, 202]
    assert {(e["pointer"], e["code"]) for e in told[5]["problem"]["errors"]} == {
        ("/app", "unknown_field"),
        ("/application", "required"),
        ("/key", "type"),
    }
    assert told[2]["problem"]["errors"][0]["pointer"] == "/form/wish"
    assert told[3]["problem"]["code"] == "key_reused"
    assert {key for _, key in shelf.taken} == {"a", "c", "e"}
    again = lines(await office.post(BATCH, body, content_type=NDJSON))
    assert [t.get("repeated") for t in again if t["status"] == 202] == [True, True, True]
    assert [t.get("answer") for t in again] == [t.get("answer") for t in told]
    assert len(shelf.taken) == 3


async def test_a_batch_in_small_pieces_and_with_a_line_that_never_ends(office: Caller, shelf: Shelf) -> None:
    whole = line("a") + b"\r\n" + b"x" * 10000 + b"\n" + line("b")
    pieces = [whole[i : i + 7] for i in range(0, len(whole), 7)]
    told = lines(await office.call("POST", BATCH, pieces, content_type=NDJSON))
    assert [(t["line"], t["status"]) for t in told] == [(1, 202), (2, 413), (3, 202)]
    assert len(shelf.taken) == 2


async def test_a_batch_keeps_a_window_on_its_way(limited: Callable[..., Caller], shelf: Shelf) -> None:
    running, most = 0, 0

    async def gate() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    shelf.gate = gate
    told = lines(await limited().post(BATCH, b"\n".join(line(f"k{i}") for i in range(300)), content_type=NDJSON))
    assert [t["key"] for t in told] == [f"k{i}" for i in range(300)]
    assert 1 < most <= 64


async def test_an_answer_comes_before_the_next_line_is_sent(office: Caller) -> None:
    """A caller may go line by line, and wait for each answer."""
    answered = asyncio.Event()
    said: list[bytes] = []

    async def bodies() -> AsyncIterator[dict[str, Any]]:
        yield {"type": "http.request", "body": line("a") + b"\n", "more_body": True}
        await answered.wait()
        yield {"type": "http.request", "body": line("b"), "more_body": False}
        await asyncio.Event().wait()

    messages = bodies()

    async def send(message: Any) -> None:
        said.append(message.get("body", b""))
        if said[-1]:
            answered.set()

    async with asyncio.timeout(5):
        await office.app(office.scope("POST", BATCH, {"content_type": NDJSON}), lambda: anext(messages), send)
    assert [json.loads(x)["key"] for x in said if x] == ["a", "b"]


async def test_who_hangs_up_has_begun_what_was_sent(office: Caller, shelf: Shelf) -> None:
    async def bodies() -> AsyncIterator[dict[str, Any]]:
        yield {"type": "http.request", "body": line("a") + b"\n" + line("b") + b"\n" + line("c")[:50], "more_body": True}
        yield {"type": "http.disconnect"}

    messages = bodies()

    async def send(_message: Any) -> None:
        """Nobody reads it."""

    await office.app(office.scope("POST", BATCH, {"content_type": NDJSON}), lambda: anext(messages), send)
    assert {key for _, key in shelf.taken} == {"a", "b"}


async def test_a_batch_of_another_type(office: Caller) -> None:
    problem(await office.post(BATCH, b"{}", content_type="application/json"), 415, "unsupported_media_type")


async def test_no_database_fails_the_line_and_not_the_batch(office: Caller, shelf: Shelf) -> None:
    await office.get("/v1/services")
    shelf.away = True
    told = lines(await office.post(BATCH, line("a") + b"\n" + line("b"), content_type=NDJSON))
    assert [t["status"] for t in told] == [503, 503]
