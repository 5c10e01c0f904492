"""The adapter for people."""

from dataclasses import replace

import orjson

from adapters.desk import DeskAdapter
from adapters.desk.conformance import conformance
from gateway.sdk import Expression, Operation, Reply


def test_a_task() -> None:
    samples = conformance()
    message = DeskAdapter(samples.agency).render(samples.requests[0])
    task = orjson.loads(message.body)
    assert task["what"] == "extract"
    assert task["title"]["en"] == "Hand over"
    assert task["data"] == {"recipient": "Namunayeva Zulfiya"}
    assert [d["name"] for d in task["documents"]] == ["scan.jpg"]


def test_flaws() -> None:
    desk = conformance().agency
    wrong = Operation("x", False, options={"fields": 1, "answer": {"type": "many"}}, callback={"A": Expression("1", "a")})
    flaws = DeskAdapter(replace(desk, operations={"x": wrong})).check()
    assert {f.key for f in flaws} == {
        "operations.x",
        "operations.x.idempotent",
        "operations.x.options.answer",
        "operations.x.options.fields",
    }


def test_a_clerks_answer_is_checked() -> None:
    desk = DeskAdapter(conformance().agency)
    wrong = desk.parse(Reply("handOver", 200, {}, b'{"outcome":"completed","data":{"collected_by":7}}'))
    assert wrong.outcome.path == "/data/collected_by"  # type: ignore[union-attr]
