"""The quality files of the adapters hold, and the checker finds what does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.sdk.testing.enrol import find_adapters
from gateway.sdk.testing.quality import FILE, LEVEL_OF, LEVELS, check_adapters, check_file, main

ROOT = Path(__file__).parents[2]


def test_every_adapter_of_this_repository_has_a_quality_file_that_holds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    code = main([])
    said = capsys.readouterr()
    assert code == 0, said.err
    assert {line.split(":")[0] for line in said.out.splitlines()} >= {"desk", "rest", "soap"}


def good() -> dict[str, str]:
    """Return a file's rules, all done by a file that exists."""
    return dict.fromkeys(LEVEL_OF, "{done: shown.py}")


def written(folder: Path, rules: dict[str, str], head: str = "adapter: x\nlevel: gold\n") -> Path:
    (folder / "shown.py").write_text("def test_it() -> None: ...\n")
    path = folder / FILE
    path.write_text(head + "rules:\n" + "".join(f"  {rule}: {said}\n" for rule, said in rules.items()), "utf-8")
    return path


def test_a_whole_file_has_no_mistake(tmp_path: Path) -> None:
    assert check_file(written(tmp_path, good()), tmp_path) == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("{done: gone.py}", "there is no gone.py"),
        ("{done: 'shown.py::test_other'}", "defines no test_other"),
        ("{done: ../outside.py}", "there is no ../outside.py"),
        ("{done: []}", "at least one place"),
        ("{done: [shown.py, 7]}", "expected a path"),
        ("{done: ''}", "expected a path"),
        ("{done: 'kit::no_such_rule'}", "no rule 'no_such_rule'"),
        ("{done: 'kit::probe_changes_nothing'}", "the manifest waives probe_changes_nothing"),
        ("{exempt: ''}", "needs a reason"),
        ("{exempt: n/a}", "needs a reason"),
        ("{exempt: [a long enough reason]}", "needs a reason"),
        ("{done: shown.py, exempt: a long enough reason}", "expected {done"),
        ("{todo: later}", "expected {done"),
        ("shown.py", "expected {done"),
    ],
)
def test_a_statement_that_shows_nothing(tmp_path: Path, said: str, reason: str) -> None:
    (mistake,) = check_file(written(tmp_path, {**good(), "lookup": said}), tmp_path, ("probe_changes_nothing",))
    assert (mistake.file, mistake.key) == (FILE, "rules.lookup")
    assert reason in mistake.reason


@pytest.mark.parametrize(
    "said",
    [
        "{done: 'shown.py::test_it'}",
        "{done: ['kit::lookups_are_understood', shown.py]}",
        "{exempt: this protocol has no such thing}",
    ],
)
def test_a_statement_that_holds(tmp_path: Path, said: str) -> None:
    assert check_file(written(tmp_path, {**good(), "lookup": said}), tmp_path, ("probe_changes_nothing",)) == []


def test_missing_and_unknown_rules_are_named(tmp_path: Path) -> None:
    rules = {**good(), "beauty": "{done: shown.py}"}
    del rules["secrets"], rules["benchmark"]
    assert [m.key for m in check_file(written(tmp_path, rules), tmp_path)] == ["rules.beauty", "rules.secrets", "rules.benchmark"]
    bronze = {rule: said for rule, said in good().items() if rule in LEVELS["bronze"]}
    assert check_file(written(tmp_path, bronze, "adapter: x\nlevel: bronze\n"), tmp_path) == []
    assert {m.key for m in check_file(written(tmp_path, bronze, "adapter: x\nlevel: silver\n"), tmp_path)} == {
        f"rules.{rule}" for rule in LEVELS["silver"]
    }


def test_what_is_no_quality_file(tmp_path: Path) -> None:
    (missing,) = check_file(tmp_path / FILE, tmp_path)
    assert "no such file" in str(missing)
    for text, key in (
        ("a: [", ""),
        ("[]", ""),
        ("adapter: x\nrules: {}\nlevel: best", "level"),
        ("rules: {}\nlevel: bronze\nx: 1", "x"),
    ):
        (tmp_path / FILE).write_text(text)
        assert key in [m.key for m in check_file(tmp_path / FILE, tmp_path)]


def test_an_adapter_that_is_not_installed(tmp_path: Path) -> None:
    written(tmp_path, good())
    _, (mistake,) = check_adapters(tmp_path, [tmp_path])
    assert "no adapter 'x' is installed" in mistake.reason
    _, (nothing,) = check_adapters(tmp_path)
    assert "no installed adapter lies here" in nothing.reason
    written(tmp_path, good(), f"adapter: {find_adapters()[0].name}\nlevel: gold\n")
    assert check_adapters(tmp_path, [tmp_path]) == ({find_adapters()[0].name: "gold"}, [])


def test_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gateway.sdk.testing.quality", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no such file" in done.stderr
