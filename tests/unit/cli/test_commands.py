"""The commands: what they print for people, one JSON document with ``--json``, and what their exit codes mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import case as commands
from gateway.cli.output import BAD_CALL, DONE, UNREACHABLE, WRONG, refusal_code
from gateway.client import GatewayRefused, GatewayUnreachable
from tests.unit.cli.conftest import Calls, Darcha

CASE = {
    "id": "c1",
    "number": "NAM-7Q2F-K4",
    "service": "permit",
    "office": "centre",
    "status": "closed",
    "outcome": "granted",
    "received_at": "2026-12-07T05:00:00+00:00",
    "due_at": "2026-12-14T19:00:00+00:00",
    "needs_attention": False,
    "waiting_on": [{"holder": "agency:registry", "what": "birth"}],
    "steps": [{"step": "birth", "agency": "registry", "status": "completed", "reason": ""}],
}


def _entry(kind: str, what: str, at: str, **more: Any) -> dict[str, Any]:
    empty = {"text": what, "until": None, "seconds": None, "open": False, "holder": "", "step": "", "data": {}}
    return empty | {"kind": kind, "what": what, "at": f"2026-12-07T05:00:{at}+00:00", **more}


TIMELINE = {
    "number": "NAM-7Q2F-K4",
    "entries": [
        _entry("event", "case.received", "00"),
        _entry("event", "request.ready", "01", step="birth", data={"actor": "gateway", "hash": "x"}),
        _entry(
            *("attempt", "accepted", "01"),
            text="Try 1: accepted",
            until="2026-12-07T05:00:04+00:00",
            seconds=3.0,
            step="birth",
            holder="agency:registry",
            data={"work": "send", "number": 1, "status": 202},
        ),
        _entry("clock", "statutory", "02", open=True),
    ],
    "bars": [
        {"row": "birth", "entry": 2, "kind": "attempt", "from_secs": 1.0, "to_secs": 4.0},
        {"row": "birth", "entry": 2, "kind": "hop", "from_secs": 0.0, "to_secs": 0.0},
        {"row": "statutory", "entry": 3, "kind": "clock", "from_secs": 2.0, "to_secs": 9.0},
    ],
    "attribution": {
        "secs": 4.0,
        "parts": [
            {"holder": "agency:registry", "held_secs": 3.0, "share_secs": 3.0},
            {"holder": "gateway", "held_secs": 1.0, "share_secs": 1.0},
        ],
    },
    "exchanged": [
        {
            "request": "r1",
            "what": "sent",
            "form": "json",
            "media_type": "application/json",
            "size": 30,
            "lines": [{"path": "/pin", "kind": "text", "length": 14}],
        }
    ],
}
CALL = {"name": "POST /agencies/{agency}/soap"}
SPANS = {
    "trace_id": "0af7",
    "spans": [
        {"name": "POST /v1/applications", "depth": 0, "from_secs": 0.0, "seconds": 0.01, "status": "", "linked": []},
        {"name": "POST registry.Find", "depth": 1, "from_secs": 0.1, "seconds": 3.0, "status": "error", "linked": [CALL]},
    ],
}
INCIDENT = {
    "id": "i1",
    "kind": "exhausted",
    "case_number": "NAM-7Q2F-K4",
    "lane": "registry",
    "count": 3,
    "opened_at": "2026-12-07T05:00:00+00:00",
    "detail": {"reason": "no answer"},
}
TASK = {
    "request": "r9",
    "case_number": "NAM-7Q2F-K4",
    "agency": "office",
    "branch": "centre",
    "operation": "handOver",
    "due_at": None,
}
PRINTING: list[tuple[tuple[str, ...], dict[str, Any], Any]] = [
    (("case", "list"), {"/v1/cases": [CASE]}, [CASE]),
    (("case", "show", "NAM-7Q2F-K4"), {"/v1/cases/NAM-7Q2F-K4": CASE}, CASE),
    (
        ("trace", "NAM-7Q2F-K4"),
        {"/v1/cases/NAM-7Q2F-K4/timeline": TIMELINE, "/v1/cases/NAM-7Q2F-K4/trace": SPANS},
        {"timeline": TIMELINE, "trace": SPANS},
    ),
    (("incident", "list"), {"/v1/incidents": [INCIDENT]}, [INCIDENT]),
    (("incident", "resolve", "i1", "--reason", "done"), {"/v1/incidents/i1/resolve": INCIDENT}, INCIDENT),
    (("desk", "list"), {"/v1/desk": [TASK]}, [TASK]),
    (("desk", "answer", "r9"), {"/v1/desk/r9/answer": {"status": "completed"}}, {"status": "completed"}),
]


@pytest.mark.parametrize(("words", "answers", "printed"), PRINTING, ids=lambda v: " ".join(v[:2]) if isinstance(v, tuple) else "")
def test_every_command_prints_one_json_document_when_asked(
    darcha: Darcha, words: tuple[str, ...], answers: dict[str, Any], printed: Any
) -> None:
    result = darcha(*words, "--json", answers=answers)
    assert result.exit_code == DONE, result.output
    assert json.loads(result.stdout) == printed


@pytest.mark.parametrize(("words", "answers", "printed"), PRINTING, ids=lambda v: " ".join(v[:2]) if isinstance(v, tuple) else "")
def test_every_command_speaks_to_people_otherwise(
    darcha: Darcha, words: tuple[str, ...], answers: dict[str, Any], printed: Any
) -> None:
    result = darcha(*words, answers=answers)
    assert result.exit_code == DONE, result.output
    assert result.stdout.strip()
    with pytest.raises(ValueError, match=r"Expecting value|Extra data"):
        json.loads(result.stdout)


@pytest.mark.parametrize(("words", "answers", "printed"), PRINTING, ids=lambda v: " ".join(v[:2]) if isinstance(v, tuple) else "")
@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GatewayUnreachable("http://127.0.0.1:8080 cannot be reached"), UNREACHABLE),
        (GatewayRefused(404, {"title": "there is no such case"}), WRONG),
        (GatewayRefused(401, {"title": "this key is not known"}), BAD_CALL),
    ],
)
def test_what_went_wrong_is_said_on_the_error_stream_and_by_the_exit_code(
    darcha: Darcha, words: tuple[str, ...], answers: dict[str, Any], printed: Any, error: Exception, code: int
) -> None:
    result = darcha(*words, answers=dict.fromkeys(answers, error))
    assert result.exit_code == code
    assert str(error) in result.stderr.replace("\n", " ") and not result.stdout


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, BAD_CALL),
        (401, BAD_CALL),
        (403, BAD_CALL),
        (404, WRONG),
        (409, WRONG),
        (422, BAD_CALL),
        (500, WRONG),
        (503, UNREACHABLE),
    ],
)
def test_what_a_refusal_means_for_the_exit_code(status: int, code: int) -> None:
    assert refusal_code(status) == code


@pytest.mark.parametrize(
    "words", [("case", "show"), ("nonsense",), ("incident", "resolve", "i1"), ("submit",), ("case", "list", "--x")]
)
def test_a_call_that_is_wrong_exits_with_2(darcha: Darcha, words: tuple[str, ...]) -> None:
    assert darcha(*words).exit_code == BAD_CALL


def test_filters_are_handed_on_and_empty_ones_are_not(darcha: Darcha, calls: Calls) -> None:
    darcha("case", "list", "--status", "closed", "--attention", answers={"/v1/cases": []})
    assert calls == [("GET", "/v1/cases", {"status": "closed", "needs_attention": "true"})]


def test_the_timeline_says_what_happened_when_and_who_held_it(darcha: Darcha) -> None:
    result = darcha("trace", "NAM-7Q2F-K4", "--messages", answers=PRINTING[2][1])
    assert "request.ready" in result.stdout and "+1.0 s" in result.stdout and "hash" not in result.stdout
    assert "Try 1: accepted" in result.stdout and "3.0 s" in result.stdout and "status=202" in result.stdout
    assert "held by: agency:registry 3.00 s (75 %), gateway 1.00 s (25 %)" in result.stdout
    assert "attempt accepted" in result.stdout and "#" * 30 in result.stdout, "a bar of three seconds of four"
    assert "  POST registry.Find (failed)" in result.stdout and "-> POST /agencies" in result.stdout
    assert "sent of request r1: json application/json, 30 bytes" in result.stdout and "/pin" in result.stdout


def test_without_spans_it_says_so(darcha: Darcha) -> None:
    answers = PRINTING[2][1] | {"/v1/cases/NAM-7Q2F-K4/trace": SPANS | {"spans": []}}
    assert "no spans of the trace 0af7 are kept here" in darcha("trace", "NAM-7Q2F-K4", answers=answers).stdout


def test_a_desk_answer_carries_outcome_data_and_note(darcha: Darcha, calls: Calls) -> None:
    answers = {"/v1/desk/r9/answer": {}}
    words = ("desk", "answer", "r9", "--outcome", "refused", "--data", '{"code": "R1", "reason": "no"}', "--note", "seen")
    assert darcha(*words, answers=answers).exit_code == DONE
    ((_, _, body),) = calls
    assert body == {"outcome": {"outcome": "refused", "code": "R1", "reason": "no"}, "note": "seen"}


@pytest.mark.parametrize("data", ["not json", "[1]", '"text"'])
def test_desk_data_that_is_no_json_object_is_a_wrong_call(darcha: Darcha, calls: Calls, data: str) -> None:
    assert darcha("desk", "answer", "r9", "--data", data).exit_code == BAD_CALL
    assert not calls


def test_the_key_and_address_come_from_the_environment(darcha: Darcha, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []

    class Seen(commands.GatewayClient):  # type: ignore[misc, valid-type]
        def __init__(self, address: str, key: str) -> None:
            seen.append((address, key))
            super().__init__(address, key)

    monkeypatch.setattr(commands, "GatewayClient", Seen)
    monkeypatch.setenv("DARCHA_URL", "http://gateway.test")
    monkeypatch.setenv("DARCHA_KEY", "darcha_k")
    darcha("case", "list", answers={"/v1/cases": []})
    assert seen == [("http://gateway.test", "darcha_k")]


def test_a_catalogue_with_mistakes_exits_with_1_and_tells_each(darcha: Darcha, tmp_path: Path) -> None:
    result = darcha("catalogue", "check", str(tmp_path), "--json")
    assert result.exit_code == WRONG
    assert json.loads(result.stdout)


@pytest.mark.parametrize(
    ("words", "said"), [(("run", "--role", "queen"), "there is no role"), (("run", "--role", "worker"), "needs all roles in one")]
)
def test_run_refuses_roles_that_cannot_be(
    darcha: Darcha, words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DARCHA_BROKER_URL", raising=False)
    result = darcha(*words)
    assert result.exit_code == BAD_CALL and said in result.stderr.replace("\n", " ")


def test_a_fault_that_is_none_is_a_wrong_call(darcha: Darcha, tmp_path: Path) -> None:
    result = darcha("agency", "simulate", "tax", "--fault", "bogus=1", "--ledger", str(tmp_path))
    assert result.exit_code == BAD_CALL and "there is no such fault" in result.stderr.replace("\n", " ")
