"""``darcha agency new`` and ``check``: what they write, what they say of bad input, and their exit codes. No socket is opened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import agency_check, agency_new, catalogue
from gateway.cli.main import app
from gateway.cli.output import BAD_CALL, DONE, WRONG
from gateway.sdk import Draft
from tests.unit.catalogue import small
from tests.unit.catalogue.onboarding import tiny
from tests.unit.catalogue.onboarding.tiny import CONTRACT, DRAFT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder to write agencies into."""
    made = tmp_path / "catalogue"
    made.mkdir()
    return made


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    path = tmp_path / "in" / "openapi.yaml"
    path.parent.mkdir()
    path.write_bytes(CONTRACT)
    return path


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"tiny": tiny.manifest()}
    for module in (agency_new, agency_check):
        monkeypatch.setattr(module, "find_adapters", lambda: found)
    monkeypatch.delenv("DARCHA_CATALOGUE", raising=False)


def run(*words: object) -> Result:
    result = CliRunner().invoke(app, ["agency", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def new(root: Path, contract: Path, *words: object, name: str = "rivers") -> Result:
    return run("new", name, "--openapi", contract, "--into", root, *words)


def test_a_folder_is_written_and_sound(root: Path, contract: Path) -> None:
    result = new(root, contract, "--title", "Реки")
    assert result.exit_code == DONE, result.output
    assert "3 found" in result.stdout and "sell" in result.stdout
    assert "Реки" in (root / "contracts/rivers/agency.yaml").read_text()
    checked = run("check", "rivers", "--into", root, "--json")
    assert checked.exit_code == DONE, checked.output
    assert json.loads(checked.stdout)["mistakes"] == []


def test_the_report_says_what_was_found(root: Path, contract: Path, tmp_path: Path) -> None:
    report = tmp_path / "deep" / "report.json"
    result = new(root, contract, "--report", report, "--json")
    assert json.loads(result.stdout) == (told := json.loads(report.read_text()))
    assert told["totals"] == {"found": 3, "built": 0, "valid": 0, "round_trip": 0}
    assert told["operations"][2]["reason"] == "its schema is nowhere"
    assert (told["agency"], told["adapter"], told["files"]) == ("rivers", "tiny", ["openapi.yaml"])
    assert told["unresolved"] == list(DRAFT.unresolved)


def test_only_the_operations_that_are_named(root: Path, contract: Path) -> None:
    assert new(root, contract, "--operation", "listRivers").exit_code == DONE
    assert not (root / "contracts/rivers/mappings/givePermit.input.jsonata").exists()
    wrong = new(root, contract, "--operation", "listRiver", "--force")
    assert wrong.exit_code == BAD_CALL and "did you mean listRivers?" in wrong.stderr


def test_nothing_is_overwritten_without_force(root: Path, contract: Path) -> None:
    assert new(root, contract).exit_code == DONE
    mine = root / "contracts/rivers/mine.txt"
    mine.write_text("mine")
    again = new(root, contract)
    assert again.exit_code == BAD_CALL and "--force" in again.stderr and mine.exists()
    assert new(root, contract, "--force").exit_code == DONE and not mine.exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "an empty file"),
        (b"<html>", "a web page"),
        (b"openapi: 3.0.0\n", "it has no paths"),
        (b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>', "--wsdl"),
        (b"PK\x03\x04 nothing", "the archive cannot be read"),
    ],
)
def test_bad_input_is_told_with_file_rule_and_way_out(
    root: Path, contract: Path, tmp_path: Path, content: bytes, says: str
) -> None:
    contract.write_bytes(content)
    report = tmp_path / "report.json"
    result = new(root, contract, "--report", report)
    assert result.exit_code == WRONG, result.output
    said = result.stderr.replace("\n", " ")
    assert says in said and contract.name in said and "Traceback" not in result.output
    told = json.loads(report.read_text())
    assert told["operations"] == [] and says in told["error"]
    assert not list(root.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("new", "rivers"),
        ("new", "rivers", "--openapi", "/nowhere.yaml"),
        ("new", "rivers", "--openapi", "/nowhere.yaml", "--wsdl", "/nowhere.wsdl"),
        ("new", "rivers", "--wsdl", "/nowhere.wsdl"),
        ("new", "two words", "--openapi", "/nowhere.yaml"),
        ("new", "rivers", "--openapi", "/nowhere.yaml", "--adapter", "none"),
        ("new",),
    ],
)
def test_a_call_that_is_wrong_exits_with_2(root: Path, words: tuple[str, ...]) -> None:
    more = ("--into", root) if len(words) > 1 else ()
    assert run(*words, *more).exit_code == BAD_CALL
    assert not list(root.iterdir())


def test_a_contract_of_which_nothing_can_be_used_is_reported(
    root: Path, contract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"tiny": tiny.manifest(Draft("x", {}, (tiny.BROKEN,)))}
    monkeypatch.setattr(agency_new, "find_adapters", lambda: found)
    report = tmp_path / "report.json"
    result = new(root, contract, "--report", report)
    assert result.exit_code == WRONG and "its schema is nowhere" in result.stderr
    assert json.loads(report.read_text())["operations"][0]["found"] is True
    assert not list(root.iterdir())


def test_a_plug_in_that_fails_is_told(root: Path, contract: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Draft:
        raise ZeroDivisionError("never thought of that")

    monkeypatch.setattr(agency_new, "find_adapters", lambda: {"tiny": tiny.manifest(draft=fails)})
    result = new(root, contract)
    assert result.exit_code == WRONG and "never thought of that" in result.stderr


def test_check_speaks_in_files_lines_and_keys(root: Path, contract: Path) -> None:
    new(root, contract)
    new(root, contract, name="lakes")
    folder = root / "contracts/rivers"
    yaml = folder / "agency.yaml"
    yaml.write_text(yaml.read_text().replace("idempotent: true", "idempotent: perhaps"))
    (folder / "simulator.yaml").write_text("operations:\n  givePermit:\n    - {when: 1 +}\n")
    mapping = folder / "mappings/givePermit.input.jsonata"
    mapping.write_text(mapping.read_text().replace("Namuna", "Boshqa"))
    result = run("check", "--into", root, "--json")
    assert result.exit_code == WRONG
    found = {
        (m["file"].removeprefix("contracts/rivers/"), m["key"], m["line"] > 0) for m in json.loads(result.stdout)["mistakes"]
    }
    assert found == {
        ("agency.yaml", "operations.listRivers.idempotent", True),
        ("simulator.yaml", "operations.givePermit[0].when", True),
        ("mappings/givePermit.input.test.yaml", "cases[0].product", True),
    }
    assert run("check", "lakes", "--into", root).exit_code == DONE
    assert run("check", "lake", "--into", root).exit_code == BAD_CALL


def test_check_needs_no_other_part_of_the_catalogue(root: Path, contract: Path) -> None:
    new(root, contract)
    (root / "schemas").mkdir()
    (root / "schemas/offices.yaml").write_text("offices: [broken")
    (root / "contracts/broken").mkdir()
    (root / "contracts/broken/agency.yaml").write_text("id: [")
    assert run("check", "rivers", "--into", root).exit_code == DONE
    assert run("check", "--into", root).exit_code == WRONG


def test_check_of_a_folder_without_contracts_says_so(tmp_path: Path) -> None:
    result = run("check", "--into", tmp_path)
    assert result.exit_code == BAD_CALL and "no folder contracts" in result.stderr.replace("\n", " ")


def test_the_catalogues_check_runs_the_mapping_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "find_adapters", lambda: small.ADAPTERS)
    monkeypatch.setenv("WATER_URL", small.ENVIRON["WATER_URL"])
    test = "mapping: check.jsonata\ncases: [{name: a, input: {}, product: {person: nobody}}]\n"
    small.write(tmp_path, small.files())
    assert CliRunner().invoke(app, ["catalogue", "check", str(tmp_path)]).exit_code == DONE
    small.write(tmp_path, {f"{small.S}/check.test.yaml": test})
    result = CliRunner().invoke(app, ["catalogue", "check", str(tmp_path)])
    assert result.exit_code == WRONG and "check.test.yaml" in result.stderr and "cases[0].product" in result.stderr
