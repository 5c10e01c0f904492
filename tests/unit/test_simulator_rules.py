"""Rules, faults and ledger of simulated agencies, without a socket."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.sdk.simulation.ledger import entry
from gateway.sdk.simulator import Faults, Ledger, Rules, RulesInvalid, read_ledger, reference_of
from gateway.sdk.template import fill


def _context(message_id: str = "m-1", **body: Any) -> dict[str, Any]:
    return {**body, "_": {"message_id": message_id, "number": 3, "reference": "R-1", "earlier": None}}


def _rules(*rules: dict[str, Any]) -> Rules:
    return Rules.read({"operations": {"Do": list(rules)}})


def _status(rules: Rules, context: dict[str, Any]) -> int | None:
    rule, _ = rules.match("Do", context)
    return None if rule is None else rule.status


def test_first_matching_rule_wins() -> None:
    rules = _rules({"when": "pin = '1'", "status": 201}, {"when": "$exists(pin)", "status": 202}, {"status": 203})
    assert _status(rules, _context(pin="1")) == 201
    assert _status(rules, _context(pin="2")) == 202
    assert _status(rules, _context()) == 203
    assert rules.match("Other", _context()) == (None, "")


def test_times_count_per_message() -> None:
    rules = _rules({"times": 2, "status": 503}, {"status": 200})
    assert [_status(rules, _context("a")) for _ in range(3)] == [503, 503, 200]
    assert [_status(rules, _context("b")) for _ in range(3)] == [503, 503, 200]


def test_times_count_per_key() -> None:
    rules = _rules({"times": 1, "key": "pin", "status": 503}, {"status": 200})
    assert [_status(rules, _context("a", pin="1")), _status(rules, _context("b", pin="1"))] == [503, 200]
    assert rules.match("Do", _context("c", pin="2"))[1] == "2"


def test_reply_is_a_template() -> None:
    rule, _ = _rules({"reply": {"a": "=_.reference", "b": ["=pin & '!'", "plain"], "c": "==x", "d": "=nothing.here"}}).match(
        "Do", _context(pin="7")
    )
    assert rule is not None
    assert rule.reply is not None
    assert fill(rule.reply, _context(pin="7")) == {"a": "R-1", "b": ["7!", "plain"], "c": "=x"}


@pytest.mark.parametrize(
    ("rules", "key"),
    [
        ({"operations": {"Do": [{"wen": "x"}]}}, "operations.Do[0].wen"),
        ({"operations": {"Do": {}}}, "operations.Do"),
        ({"operations": {"Do": [{"when": "a ="}]}}, "operations.Do[0].when"),
        ({"operations": {"Do": [{"reply": {"a": "=$now()"}}]}}, "operations.Do[0].reply"),
        ({"operations": {"Do": [{"fault": "explode"}]}}, "operations.Do[0].fault"),
        ({"operations": {"Do": [{"times": 0}]}}, "operations.Do[0].times"),
        ({"operations": {"Do": [{"status": "200"}]}}, "operations.Do[0].status"),
        ({"operations": {"Do": [{"callbacks": [{"after_secs": 1}]}]}}, "operations.Do[0].callbacks[0].name"),
        ({"operations": {"Other": []}}, "operations.Other"),
        ([], "simulator.yaml"),
    ],
)
def test_mistakes_name_their_key(rules: Any, key: str) -> None:
    with pytest.raises(RulesInvalid) as refused:
        Rules.read(rules, {"Do"})
    assert refused.value.key == key


def test_faults_are_parsed() -> None:
    faults = Faults.parse("slow=2s, error=0.1,reset-after=0.05,late=500ms,duplicate")
    assert faults == Faults(slow=2.0, error=0.1, reset_after=0.05, late=0.5, duplicate=1.0)
    assert Faults.parse("") == Faults()


@pytest.mark.parametrize("text", ["explode=1", "error=2", "error=x", "slow=fast", "slow=-1s", "late=nan"])
def test_wrong_faults_are_refused(text: str) -> None:
    with pytest.raises(RulesInvalid, match="fault"):
        Faults.parse(text)


def test_the_same_seed_gives_the_same_faults() -> None:
    def run(text: str) -> list[bool]:
        dice = random.Random(7)  # noqa: S311  - repeatable, no secret
        return [Faults.parse(text).draw(dice).error for _ in range(200)]

    assert run("error=0.3") == run("error=0.3")
    assert 30 < sum(run("error=0.3")) < 90


def test_ledger_keeps_every_processing(tmp_path: Any) -> None:
    path = tmp_path / "deep" / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.open()
    at = datetime(2026, 3, 2, tzinfo=UTC)
    for _ in range(2):
        ledger.append(entry(at, "Do", "m-1", b"body", key="", effect=True))
    assert len(path.read_bytes().splitlines()) == 2, "on disk before the answer, not at closing"
    ledger.close()
    again = Ledger(path)
    again.open()
    again.append(entry(at, "Do", "m-2", b"", key="k", effect=False))
    again.close()
    assert [(e.message_id, e.effect) for e in read_ledger(path.read_bytes())] == [("m-1", True), ("m-1", True), ("m-2", False)]
    assert next(again.entries()).body_sha256 == "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"


def test_references_are_stable_and_the_agencys_own() -> None:
    assert reference_of("tax", "m-1") == reference_of("tax", "m-1")
    assert len({reference_of("tax", "m-1"), reference_of("tax", "m-2"), reference_of("statistics", "m-1")}) == 3
