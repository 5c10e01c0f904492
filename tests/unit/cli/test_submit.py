"""``darcha submit``: what is read, under which keys, what becomes of each, and going on where a run ended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from gateway.cli.output import BAD_CALL, DONE, UNREACHABLE, WRONG
from gateway.cli.submit import exit_code, read_items
from gateway.client import GatewayRefused, GatewayUnreachable
from tests.unit.cli.conftest import Calls, Darcha

ONE = {"service": "permit", "form": {"name": "Oʻgʻiloy"}}
TWO = {"service": "permit", "form": {"name": "Zuhra"}}
TAKEN = {"id": "c1", "number": "NAM-1", "status": "received", "due_at": "2026-12-14T19:00:00+00:00"}


def put(path: Path, *values: Any) -> Path:
    path.write_text("\n".join(json.dumps(v, ensure_ascii=False) for v in values), "utf-8")
    return path


def test_the_key_is_made_from_the_content_whatever_its_order_or_file(tmp_path: Path) -> None:
    first = put(tmp_path / "a.json", ONE)
    again = put(tmp_path / "b.json", dict(reversed(ONE.items())))
    example = put(tmp_path / "c.json", {"title": "An example", "application": ONE, "expected": {}})
    other = put(tmp_path / "d.json", TWO)
    items = list(read_items([first, again, example, other]))
    assert [i.application for i in items] == [ONE, ONE, ONE, TWO]
    assert len({i.key for i in items}) == 2 and items[0].key == items[1].key == items[2].key


def test_ndjson_is_one_application_a_line_and_places_say_which(tmp_path: Path) -> None:
    path = tmp_path / "many.ndjson"
    odd = {"service": "permit", "form": {"text": "a\u2028b\u0085c"}}  # line ends for some, not for NDJSON
    path.write_text(f"{json.dumps(ONE)}\r\n\n{json.dumps(odd, ensure_ascii=False)}\n", "utf-8")
    assert [(i.place, i.application) for i in read_items([path])] == [(f"{path}:1", ONE), (f"{path}:3", odd)]


@pytest.mark.parametrize("content", [b"not json", b"\xff\xfe", b""])
def test_what_cannot_be_read_ends_the_command_before_anything_is_sent(
    darcha: Darcha, calls: Calls, tmp_path: Path, content: bytes
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(content)
    with pytest.raises(typer.Exit) as caught:
        list(read_items([bad]))
    assert caught.value.exit_code == BAD_CALL
    result = darcha("submit", str(put(tmp_path / "good.json", ONE)), str(bad))
    assert result.exit_code == BAD_CALL and "bad.json" in result.stderr.replace("\n", "") and not calls


def test_a_file_that_is_not_there_is_a_wrong_call(darcha: Darcha, tmp_path: Path) -> None:
    assert darcha("submit", str(tmp_path / "none.json")).exit_code == BAD_CALL


def test_each_is_submitted_once_and_told(darcha: Darcha, calls: Calls, tmp_path: Path) -> None:
    result = darcha("submit", str(put(tmp_path / "m.ndjson", ONE, TWO)), answers={"/v1/applications": TAKEN})
    assert result.exit_code == DONE
    assert result.stdout.count("NAM-1 received, due 2026-12-14") == 2
    assert [body["application"] for _, _, body in calls] == [ONE, TWO]
    assert len({body["key"] for _, _, body in calls}) == 2


def test_a_dry_run_says_what_would_be(darcha: Darcha, calls: Calls, tmp_path: Path) -> None:
    answers = {"/v1/applications": {"status": "received", "due_at": None, "dry_run": True}}
    result = darcha("submit", str(put(tmp_path / "a.json", ONE)), "--dry-run", answers=answers)
    assert result.exit_code == DONE and "would be taken" in result.stdout
    assert calls[0][2]["dry_run"] is True


def refuse_second(body: Any, _: Any) -> Any:
    if body["application"] == TWO:
        return GatewayRefused(422, {"errors": [{"pointer": "/form/name", "message": "too short"}]})
    return TAKEN


def test_one_that_is_refused_does_not_fail_the_others(darcha: Darcha, tmp_path: Path) -> None:
    path = str(put(tmp_path / "m.ndjson", TWO, ONE))
    result = darcha("submit", path, answers={"/v1/applications": refuse_second})
    assert result.exit_code == WRONG
    assert "m.ndjson:1: refused: /form/name: too short" in result.stderr and "NAM-1" in result.stdout
    result = darcha("submit", path, "--json", answers={"/v1/applications": refuse_second})
    first, second = json.loads(result.stdout)
    assert (first["ok"], first["problem"]["errors"][0]["pointer"]) == (False, "/form/name")
    assert (second["ok"], second["number"]) == (True, "NAM-1")


def test_a_gateway_that_goes_away_ends_the_run_and_the_next_goes_on(darcha: Darcha, calls: Calls, tmp_path: Path) -> None:
    values = [{"service": "permit", "form": {"n": n}} for n in range(100)]
    path = str(put(tmp_path / "m.ndjson", *values))

    def away(body: Any, _: Any) -> Any:
        return TAKEN if body["application"]["form"]["n"] < 3 else GatewayUnreachable("no connection")

    result = darcha("submit", path, answers={"/v1/applications": away})
    assert result.exit_code == UNREACHABLE
    assert "3 of 100 were handed in" in result.stderr.replace("\n", " ")
    assert len(calls) < 100  # it does not knock a hundred times at a closed door
    first = [body["key"] for _, _, body in calls[:3]]
    calls.clear()
    assert darcha("submit", path, answers={"/v1/applications": TAKEN}).exit_code == DONE
    assert [body["key"] for _, _, body in calls[:3]] == first and len(calls) == 100


def test_a_gateway_without_its_database_is_away_too(darcha: Darcha, tmp_path: Path) -> None:
    answers = {"/v1/applications": GatewayRefused(503, {"title": "the database is away"})}
    assert darcha("submit", str(put(tmp_path / "a.json", ONE)), answers=answers).exit_code == UNREACHABLE


def test_no_application_at_all_is_nothing_wrong() -> None:
    assert exit_code([]) == DONE
