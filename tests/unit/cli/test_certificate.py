"""``darcha case certificate``: issues, writes the page, and says what went wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.output import BAD_CALL, DONE, UNREACHABLE, WRONG
from gateway.client import GatewayRefused, GatewayUnreachable
from tests.unit.cli.conftest import Calls, Darcha

ISSUE = "/v1/cases/NAM-7Q2F-K4/certificate"
READ = f"{ISSUE}?language=ky"
ISSUED = {
    "number": "NAM-7Q2F-K4",
    "language": "ky",
    "digest": "ab" * 32,
    "issued_at": "2026-12-15T00:01:00+00:00",
    "issued_by": "operator:dilnoza",
}
ANSWERS: dict[str, Any] = {ISSUE: ISSUED, READ: "<p>үн катпоо</p>".encode()}
WORDS = ("case", "certificate", "NAM-7Q2F-K4", "--language", "ky", "--out")


def test_it_is_issued_and_its_page_is_written(darcha: Darcha, calls: Calls, tmp_path: Path) -> None:
    file = tmp_path / "certificate.html"
    result = darcha(*WORDS, str(file), answers=ANSWERS)
    assert result.exit_code == DONE, result.output
    assert file.read_bytes() == ANSWERS[READ]
    assert calls == [("POST", ISSUE, {"language": "ky"}), ("GET", READ, None)]
    assert "NAM-7Q2F-K4: issued 2026-12-15" in result.stdout


def test_json_says_what_was_issued(darcha: Darcha, tmp_path: Path) -> None:
    result = darcha(*WORDS, str(tmp_path / "c.html"), "--json", answers=ANSWERS)
    assert json.loads(result.stdout) == ISSUED


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GatewayRefused(409, {"title": "The case was not decided by silence"}), WRONG),
        (GatewayRefused(403, {"title": "The key does not allow this"}), BAD_CALL),
        (GatewayUnreachable("http://127.0.0.1:8080 cannot be reached"), UNREACHABLE),
    ],
)
def test_a_refusal_is_said_and_nothing_is_written(darcha: Darcha, tmp_path: Path, error: Exception, code: int) -> None:
    file = tmp_path / "certificate.html"
    result = darcha(*WORDS, str(file), answers={ISSUE: error})
    assert (result.exit_code, result.stdout) == (code, "")
    assert str(error) in result.stderr.replace("\n", " ")
    assert not file.exists()


def test_a_file_that_cannot_be_written_is_said(darcha: Darcha, tmp_path: Path) -> None:
    result = darcha(*WORDS, str(tmp_path / "nowhere" / "c.html"), answers=ANSWERS)
    assert result.exit_code == WRONG
    assert "cannot be written" in result.stderr


@pytest.mark.parametrize("words", [("--language", "de", "--out", "x.html"), ("--language", "uz"), ("--out", "x.html")])
def test_a_wrong_call(darcha: Darcha, calls: Calls, words: tuple[str, ...]) -> None:
    assert darcha("case", "certificate", "NAM-7Q2F-K4", *words, answers=ANSWERS).exit_code == BAD_CALL
    assert not calls
