"""``alerts.yaml``: who is told of what, and clear words about what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.catalogue.alerts import read_alerts
from gateway.catalogue.mistakes import Mistakes
from gateway.domain.alerting import AlertRules, Receiver, Route, Rung

ENVIRON = {"TELEGRAM": "tgram://123456789:s3cr3t/12315544/"}
WHOLE = """
receivers:
  operators: {urls: ["${TELEGRAM}", "alertmanager://alerts.internal:9093"], language: uz}
  head: {urls: ["mailtos://darcha:${MAIL_PASSWORD}@mail.example"], language: ru}
routes:
  - services: [permit]
    kinds: [clock_level]
    levels: ["80%"]
    text: {uz: Qarang, ru: Проверьте, ky: Караңыз, en: Look}
    ladder:
      - tell: [operators]
      - {tell: [head, default], after_mins: 30}
  - {agencies: [registry], ladder: [{tell: [head]}]}
"""


def read(root: Path, text: str) -> tuple[AlertRules, Mistakes]:
    mistakes = Mistakes()
    (root / "alerts.yaml").write_text(text, "utf-8")
    return read_alerts(root, {"permit"}, {"registry"}, ENVIRON, mistakes).rules, mistakes


def test_a_whole_file(tmp_path: Path) -> None:
    rules, mistakes = read(tmp_path, WHOLE)
    assert mistakes.found == []
    assert rules.receivers == {
        "operators": Receiver("operators", (ENVIRON["TELEGRAM"], "alertmanager://alerts.internal:9093"), "uz"),
        "head": Receiver("head", (), "ru"),
    }
    text = {"uz": "Qarang", "ru": "Проверьте", "ky": "Караңыз", "en": "Look"}
    ladder = (Rung(("operators",)), Rung(("head", "default"), 1800))
    assert rules.routes == (
        Route(ladder, ("permit",), ("clock_level",), (), ("80%",), text),
        Route((Rung(("head",)),), agencies=("registry",)),
    )


def test_a_variable_that_is_not_set_is_a_warning(tmp_path: Path) -> None:
    _, mistakes = read(tmp_path, WHOLE)
    (warning,) = mistakes.warnings
    assert str(warning).startswith("alerts.yaml:4: receivers.head.urls[0]: a value for MAIL_PASSWORD; set it")


def test_without_the_file_nobody_but_the_default_is_known(tmp_path: Path) -> None:
    mistakes = Mistakes()
    assert read_alerts(tmp_path, {}, {}, {}, mistakes).rules == AlertRules({})
    assert mistakes.found == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("receivers: {ops: {urls: []}}", "receivers.ops.urls: at least 1"),
        ("receivers: {ops: {urls: [s3cr3t-nonsense]}}", "receivers.ops.urls: an address like"),
        ("receivers: {Ops!: {urls: ['json://a']}}", "receivers.Ops!: a name of small letters"),
        ("receivers: {default: {urls: ['json://a']}}", "receivers.default: a name of its own"),
        ("receivers: {ops: {urls: ['json://a'], language: de}}", "receivers.ops.language: uz, ru, ky or en, not 'de'"),
        ("routes: [{ladder: [{tell: [defualt]}]}]", "routes[0].ladder[0].tell: names that are known here, not 'defualt'"),
        ("routes: [{ladder: [{tell: []}]}]", "at least one receiver"),
        ("routes: [{}]", "routes[0].ladder: the key ladder, which is required"),
        ("routes: [{ladder: []}]", "routes[0].ladder: at least one rung"),
        ("routes: [{kinds: [clock_wraning], ladder: [{tell: [default]}]}]", "did you mean clock_warning?"),
        ("routes: [{services: [permti], ladder: [{tell: [default]}]}]", "did you mean permit?"),
        ("routes: [{agencies: [tax], ladder: [{tell: [default]}]}]", "names that are known here, not 'tax'"),
        ("routes: [{ladder: [{tell: [default], after_mins: 5}]}]", "nothing on the first rung"),
        ("routes: [{ladder: [{tell: [default]}, {tell: [default], after_mins: 0}]}]", "more than the 0 min of the rung before"),
        ("routes: [{levels: ['80 %'], ladder: [{tell: [default]}]}]", "routes[0].levels: levels like 80%, 1wd and expiry"),
        ("routes: [{text: {en: Look}, ladder: [{tell: [default]}]}]", "the key uz, which is required"),
        ("routes: [{ladder: [{tell: [default]}], levle: []}]", "did you mean levels?"),
        ("receiver: {}", "did you mean receivers?"),
        ("[]", "an object, not"),
        ("routes: [", "alerts.yaml:"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    _, mistakes = read(tmp_path, text)
    found = "\n".join(map(str, mistakes.found))
    assert said in found, found
    assert "s3cr3t" not in found


def test_the_check_of_a_catalogue_reads_it_too(tmp_path: Path) -> None:
    from tests.unit.catalogue.small import check, files  # noqa: PLC0415 - only here

    (tmp_path / "alerts.yaml").write_text("routes: [{kinds: [nonsense], ladder: [{tell: [default]}]}]")
    assert [m.file for m in check(tmp_path, files()).mistakes] == ["alerts.yaml"]
