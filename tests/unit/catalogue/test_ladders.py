"""Whom the ladders of a service call: what is not there, or cannot be reached so, is said with its place and the nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.domain.term_rule import Rung
from tests.unit.catalogue.small import ENVIRON, WORDS, S, check, files, only

ALERTS = """\
receivers:
  operators: {urls: ["${TELEGRAM}", "json://127.0.0.1:9/"], language: uz}
  head: {urls: ["mailtos://darcha:${MAIL_PASSWORD}@mail.example"], language: ru}
"""
PLAIN = "term: {length: 5, unit: working_days, ends_with: step licence}"
STEP = "term: {length: 2, unit: calendar_days}"


def with_ladder(*rungs: str, at: str = PLAIN, alerts: str = ALERTS) -> dict[str, str]:
    path, made = f"{S}/service.yaml", files()
    assert at in made[path]
    ladder = ", ".join(rungs)
    made[path] = made[path].replace(at, at[:-1] + f", escalation: [{ladder}]}}", 1)
    return made | ({"alerts.yaml": alerts} if alerts else {})


def test_a_ladder_is_read_as_it_is_written(tmp_path: Path) -> None:
    rungs = (
        "{percent: 50}",
        "{percent: 80, to: [operators, default], channel: tgram, language: ky}",
        f"{{working_days_before: 1, to: [head], channel: mailto, text: {WORDS}}}",
        "{at: expiry, to: [head]}",
    )
    checked = check(tmp_path, with_ladder(*rungs), ENVIRON | {"MAIL_PASSWORD": "x", "TELEGRAM": "tgram://1:s/2/"})
    assert not checked.mistakes
    term = checked.catalogue.services["fishing-licence"].term
    assert term is not None
    words = {"uz": "Soʻz", "ru": "Слово", "ky": "Сөз", "en": "Word"}
    assert term.escalation == (
        Rung(percent=50),
        Rung(percent=80, to=("operators", "default"), channel="tgram", language="ky"),
        Rung(working_days_before=1, to=("head",), channel="mailto", text=words),
        Rung(at_expiry=True, to=("head",)),
    )


@pytest.mark.parametrize(
    ("rung", "said"),
    [
        ("{percent: 80, to: [haed]}", "term.escalation[0].to: a receiver of alerts.yaml, not 'haed'; did you mean head?"),
        (
            "{percent: 80, to: [head], channel: tgram}",
            "term.escalation[0].channel: a channel that reaches head, not 'tgram'; there is mailto, or give head such an address",
        ),
        ("{percent: 80, to: [head], channel: mialto}", "did you mean mailto?"),
        ("{percent: 80, to: [head, head]}", "term.escalation[0].to[1]: no repeats"),
        ("{percent: 80, to: [5]}", "term.escalation[0].to[0]: text, not a number"),
        ("{percent: 80, language: de}", "term.escalation[0].language: uz, ru, ky or en, not 'de'"),
        ("{percent: 80, text: {ru: Пора}}", "the key uz, which is required"),
        ("{percent: 80, at: expiry}", "a rung has one time"),
    ],
)
def test_what_is_wrong_with_a_rung_is_said_with_its_place(tmp_path: Path, rung: str, said: str) -> None:
    checked = check(tmp_path, with_ladder(rung))
    found = "\n".join(map(str, checked.mistakes))
    assert said in found and f"{S}/service.yaml:" in found, found


def test_the_ladder_of_a_step_is_checked_too(tmp_path: Path) -> None:
    mistake = only(check(tmp_path, with_ladder("{percent: 50}", "{percent: 80, to: [nobody]}", at=STEP)))
    assert mistake.key == "steps[1].term.escalation[1].to"
    assert files()[f"{S}/service.yaml"].splitlines()[mistake.line - 1].strip().startswith("term: {length: 2")


def test_without_the_file_there_is_the_receiver_of_the_settings_alone(tmp_path: Path) -> None:
    assert not check(tmp_path, with_ladder("{percent: 80, to: [default], channel: tgram}", alerts="")).mistakes
    mistake = only(check(tmp_path, with_ladder("{percent: 80, to: [head]}", alerts="")))
    assert mistake.fix == "there is default"


def test_an_address_that_is_not_known_here_can_be_of_any_channel(tmp_path: Path) -> None:
    made = with_ladder("{percent: 80, to: [operators], channel: slack}")
    assert not check(tmp_path, made).mistakes
    assert only(check(tmp_path, made, ENVIRON | {"TELEGRAM": "tgram://1:s/2/"})).key == "term.escalation[0].channel"


def test_a_file_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    assert only(check(tmp_path, with_ladder("{percent: 80, to: [head]}", alerts="receivers: ["))).file == "alerts.yaml"
