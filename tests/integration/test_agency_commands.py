"""``darcha agency new --try``, ``try``, ``simulate`` and ``probe`` over real sockets, with a plug-in that has every bad habit."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.catalogue.alone import read_agency
from gateway.catalogue.onboarding.composing import compose
from gateway.catalogue.onboarding.trial import Tried
from gateway.catalogue.onboarding.watching import try_agency
from gateway.catalogue.onboarding.writing import write_folder
from gateway.cli import agency_new, agency_probe
from gateway.cli.main import app
from gateway.cli.output import BAD_CALL, DONE, WRONG
from gateway.sdk import Link, Message, OutgoingRequest, Parsed
from gateway.sdk.onboarding import Draft, DraftOperation
from tests.unit.catalogue.onboarding import tiny
from tests.unit.catalogue.onboarding.tiny import BROKEN, CONTRACT, DRAFT, GIVE, LIST, TinyAdapter, manifest


class BadHabits(TinyAdapter):
    """Computes or waits for ever where the input says so, and never calls the address that it is given."""

    def render(self, request: OutgoingRequest) -> Message:
        if isinstance(request.input, dict) and "spin" in request.input:
            while True:
                time.sleep(0.01)
        return super().render(request)

    async def send(self, message: Message, link: Link) -> Parsed:
        if b"wait" in message.body:
            await asyncio.Event().wait()
        if b"parse" in message.body:
            while True:
                time.sleep(0.01)  # noqa: ASYNC251  - the bad habit that is tried
        return await super().send(message, link)


def tried(root: Path, *operations: DraftOperation, each_secs: float = 2.0, **more: Any) -> dict[str, Tried]:
    plug_in = manifest(**({"make": BadHabits} | more))
    auth = {"kind": "bearer", "secret": "secret://agency/token"}
    composed = compose("rivers", "tiny", Draft("openapi.yaml", {"openapi.yaml": CONTRACT}, operations, auth=auth))
    write_folder(root, "rivers", composed.files)
    one_way = [operation.name for operation in operations if operation.one_way]
    agency = read_agency(root, "rivers", {})
    return try_agency(agency, plug_in, one_way=one_way, each_secs=each_secs, still_secs=1.0)


def named(name: str, **request: Any) -> DraftOperation:
    return replace(GIVE, name=name, request=request or GIVE.request)


def test_each_operation_comes_as_far_as_it_can_and_takes_no_other_down(tmp_path: Path) -> None:
    began = time.monotonic()
    found = tried(
        tmp_path,
        GIVE,
        LIST,
        named("invalid", bad=1),
        named("crashes", crash=1),
        named("waits", wait=1),
        named("spins", spin=1),
        named("spinsLater", parse=1),
        DraftOperation("notify", "Notify", one_way=True, request={"x": 1}),
        DraftOperation("empty", "Empty", request={}),
    )
    assert {name: (t.built, t.valid, t.round_trip) for name, t in found.items()} == {
        "givePermit": (True, True, True),
        "listRivers": (True, True, True),
        "invalid": (True, False, False),
        "crashes": (True, False, False),
        "waits": (True, True, False),
        "spins": (True, False, False),
        "spinsLater": (True, True, False),
        "notify": (True, True, True),
        "empty": (True, True, True),
    }
    assert "/bad: there is no such field" in found["invalid"].reason
    assert "RuntimeError: a bug of the plug-in" in found["crashes"].reason
    assert "no answer within 2 s" in found["waits"].reason
    assert "without end" in found["spins"].reason and "without end" in found["spinsLater"].reason
    assert time.monotonic() - began < 30


def test_an_answer_that_is_read_otherwise_than_the_example_is_told(tmp_path: Path) -> None:
    class Forgetful(TinyAdapter):
        async def send(self, message: Message, link: Link) -> Parsed:
            parsed = await super().send(message, link)
            data = {k: v for k, v in parsed.outcome.data.items() if k != "fees"}  # type: ignore[union-attr]
            return replace(parsed, outcome=replace(parsed.outcome, data=data))  # type: ignore[arg-type]

    found = tried(tmp_path, GIVE, make=Forgetful)["givePermit"]
    assert not found.round_trip and "/fees: nothing where [1] is expected" in found.reason


def test_no_credentials_are_asked_for(tmp_path: Path) -> None:
    class Asking(TinyAdapter):
        async def send(self, message: Message, link: Link) -> Parsed:
            if self.agency.auth:
                link.secrets.get(self.agency.auth["secret"])
            return await super().send(message, link)

    assert tried(tmp_path, GIVE, make=Asking)["givePermit"].round_trip


def test_a_one_way_operation_that_is_answered_is_told(tmp_path: Path) -> None:
    class Talkative(TinyAdapter):
        async def send(self, message: Message, link: Link) -> Parsed:
            parsed = await super().send(message, link)
            return replace(parsed, outcome=replace(parsed.outcome, data={"a": 1}))  # type: ignore[arg-type]

    found = tried(tmp_path, DraftOperation("notify", "Notify", one_way=True, request={}), make=Talkative)
    assert "with nothing" in found["notify"].reason


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ({"make": lambda _: 1 / 0}, "ZeroDivisionError"),
        ({"simulator": lambda *_: 1 / 0}, "ZeroDivisionError"),
        ({"simulator": None}, "no simulator"),
    ],
)
def test_a_plug_in_that_cannot_even_start_is_told_for_each(tmp_path: Path, broken: dict[str, Any], says: str) -> None:
    found = tried(tmp_path, GIVE, LIST, **broken)
    assert [says in t.reason for t in found.values()] == [True, True]


def test_a_contract_that_takes_for_ever_to_load_is_given_up(tmp_path: Path) -> None:
    def for_ever(_: Any) -> Any:
        while True:
            time.sleep(0.01)

    found = tried(tmp_path, GIVE, LIST, make=for_ever)
    assert ["cannot be loaded" in t.reason for t in found.values()] == [True, True]


def test_many_operations_are_played_in_reasonable_time(tmp_path: Path) -> None:
    began = time.monotonic()
    found = tried(tmp_path, *(replace(GIVE, name=f"operation{i}") for i in range(300)), each_secs=10)
    assert all(t.round_trip for t in found.values()) and len(found) == 300
    assert time.monotonic() - began < 30


# -- the commands ----------------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    plug_in = {"tiny": manifest()}
    for module in (agency_new, agency_probe):
        monkeypatch.setattr(module, "find_adapters", lambda: plug_in)
    (tmp_path / "openapi.yaml").write_bytes(CONTRACT)
    made = tmp_path / "catalogue"
    made.mkdir()
    return made


def run(*words: object) -> Result:
    result = CliRunner().invoke(app, ["agency", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_new_with_try_reports_each_operation(root: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ("new", "rivers", "--openapi", tmp_path / "openapi.yaml", "--into", root, "--try", "--report", report)
    result = run(*words)
    assert result.exit_code == WRONG, result.output  # one of them cannot be used
    told = json.loads(report.read_text())
    assert told["totals"] == {"found": 3, "built": 2, "valid": 2, "round_trip": 2}
    assert [row["round_trip"] for row in told["operations"]] == [True, True, False]
    assert run("try", "rivers", "--into", root).exit_code == DONE
    (root / "contracts/rivers/examples/givePermit.request.json").write_text('{"bad": 1}')
    again = run("try", "rivers", "--into", root, "--json")
    assert again.exit_code == WRONG
    rows = {row["name"]: row for row in json.loads(again.stdout)["operations"]}
    assert (rows["givePermit"]["valid"], rows["listRivers"]["round_trip"]) == (False, True)


def test_try_of_an_agency_that_is_not_there_is_told_and_reported(root: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    assert run("try", "rivers", "--into", root, "--report", report).exit_code == WRONG
    assert json.loads(report.read_text())["error"]


def test_probe_says_what_was_called_and_no_secret(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    composed = compose("rivers", "tiny", replace(DRAFT, operations=(GIVE, BROKEN)))
    write_folder(root, "rivers", composed.files)
    monkeypatch.setenv("DARCHA_SECRET_RIVERS_TOKEN", "keep-this-secret")

    async def served() -> tuple[Result, Result]:
        simulator = tiny.TinySimulator(read_agency(root, "rivers", {}))
        async with simulator:
            monkeypatch.setenv("RIVERS_URL", simulator.url)
            text = await asyncio.to_thread(run, "probe", "rivers", "--into", root)
            plain = await asyncio.to_thread(run, "probe", "rivers", "--into", root, "--json")
            assert not list(simulator.ledger.entries())
        return text, plain

    text, plain = asyncio.run(served())
    assert text.exit_code == DONE and re.match(r"GET http://127\.0\.0\.1:\d+/health\?… → HTTP 200\n", text.stdout)
    assert " ms)" in text.stdout
    assert "keep-this-secret" not in text.output + plain.output
    told = json.loads(plain.stdout)
    assert told["ok"] is True and told["calls"][0]["method"] == "GET" and told["took_ms"] >= 0
    away = run("probe", "rivers", "--into", root)
    assert away.exit_code == WRONG and "is not available" in away.stdout
    assert run("probe", "rivers", "--into", root, "--branch", "none").exit_code == BAD_CALL
    monkeypatch.delenv("DARCHA_SECRET_RIVERS_TOKEN")
    assert run("probe", "rivers", "--into", root).exit_code == WRONG


@contextmanager
def simulated(root: Path, name: str) -> Iterator[str]:
    """Run ``darcha agency simulate`` in a process and yield the first line that it prints."""
    environ = {**os.environ, "DARCHA_CATALOGUE": str(root), "DARCHA_DATA": str(root / "var")}
    words = [sys.executable, "-m", "gateway.cli", "agency", "simulate", name]
    with subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline()
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def test_an_agency_is_simulated_whatever_else_is_wrong(tmp_path: Path) -> None:
    """Its folder alone is read: there are no schemas, and another agency is broken."""
    reference = Path(__file__).parents[2] / "contracts" / "civil-registry"
    folder = tmp_path / "contracts" / "civil-registry"
    folder.mkdir(parents=True)
    for path in reference.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (tmp_path / "contracts/broken").mkdir()
    (tmp_path / "contracts/broken/agency.yaml").write_text("id: [")
    with simulated(tmp_path, "civil-registry") as line:
        assert re.match(r"civil-registry is simulated at http://127\.0\.0\.1:\d+; its ledger is ", line), line
