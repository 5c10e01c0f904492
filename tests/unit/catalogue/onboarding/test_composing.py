"""The folder that is written: the catalogue's own reader takes it, its tests hold, and bad operations take no other one down."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.catalogue.alone import check_agency, read_agency
from gateway.catalogue.onboarding.composing import Composed, compose
from gateway.catalogue.onboarding.errors import CallWrong, ContractRefused
from gateway.catalogue.onboarding.names import stems
from gateway.catalogue.onboarding.writing import write_folder
from gateway.sdk.onboarding import Draft, DraftOperation
from gateway.sdk.simulation.examples import example_file, example_reply
from tests.unit.catalogue.onboarding.tiny import BROKEN, DRAFT, GIVE, LIST, manifest


def written(root: Path, composed: Composed, name: str = "rivers") -> Path:
    return write_folder(root, name, composed.files)


def with_operations(*operations: DraftOperation, **more: Any) -> Draft:
    return replace(DRAFT, operations=operations, **more)


def test_the_folder_is_sound(tmp_path: Path) -> None:
    written(tmp_path, compose("rivers", "tiny", DRAFT))
    found = check_agency(tmp_path, "rivers", environ={}, adapters={"tiny": manifest()})
    assert not found.mistakes, "\n".join(map(str, found.mistakes))
    agency = found.agency
    assert agency is not None
    assert agency.title == dict.fromkeys(("uz", "ru", "ky", "en"), "Rivers: permits")
    assert agency.auth == {"kind": "bearer", "secret": "secret://rivers/token"}
    assert [(o.id, o.idempotent) for o in agency.operations.values()] == [("givePermit", False), ("listRivers", True)]
    assert agency.operations["givePermit"].options == {"method": "POST", "path": "/permits"}
    assert example_reply(agency.files, "givePermit") == GIVE.reply


def test_the_address_comes_from_the_environment(tmp_path: Path) -> None:
    written(tmp_path, compose("big-rivers_2", "tiny", DRAFT), "big-rivers_2")
    agency = read_agency(tmp_path, "big-rivers_2", {"BIG_RIVERS_2_URL": "http://rivers.example"})
    assert agency.endpoint == "http://rivers.example"
    assert agency.auth["secret"] == "secret://big-rivers-2/token"


def test_what_is_left_to_decide_stands_in_the_readme() -> None:
    text = compose("rivers", "tiny", DRAFT, left_out=("/x: too many",)).files["README.md"].decode()
    for words in (
        "RIVERS_URL",
        "https://rivers.example/v1",
        "`sell` (POST /sales): its schema is nowhere",
        "nobody has it",
        "too many",
    ):
        assert words in text
    assert "Open for: `givePermit`." in text


@pytest.mark.parametrize(
    "text",
    [
        "a: b #c",
        "'",
        '"\\',
        "---",
        "\u2028\x85\x07 end",
        "- x",
        "*/ */",
        "😀",
        "{{x}}",
        "${HOME}",
        "true",
        "%TAG",
        "|",
        "мой ведомство",
    ],
)
def test_any_words_of_a_contract_are_taken(tmp_path: Path, text: str) -> None:
    operation = replace(GIVE, found_as=text, about=text, notes=(text,), options={"operation": text}, request={text: [text]})
    draft = with_operations(operation, replace(BROKEN, problem=text), title=text, endpoint=text, unresolved=(text,))
    written(tmp_path, compose("rivers", "tiny", draft))
    found = check_agency(tmp_path, "rivers", environ={}, adapters={"tiny": manifest()})
    assert not found.mistakes, "\n".join(map(str, found.mistakes))
    assert found.agency is not None and found.agency.operations["givePermit"].options == {"operation": text}


def test_names_that_one_file_system_takes_for_the_same_are_kept_apart(tmp_path: Path) -> None:
    names = ["get", "GET", "Get", "con", "null", "LPT1", "true"]
    assert len({stem.lower() for stem in stems(names).values()}) == len(names)
    operations = [replace(GIVE, name=name, reply={"number": name}) for name in names]
    composed = compose("rivers", "tiny", with_operations(*operations))
    assert len({path.lower() for path in composed.files}) == len(composed.files)
    assert not {Path(path).name.partition(".")[0].lower() for path in composed.files} & {"con", "lpt1"}
    written(tmp_path, composed)
    agency = read_agency(tmp_path, "rivers", {})
    assert {name: example_reply(agency.files, name) for name in names} == {name: {"number": name} for name in names}


def test_a_bad_operation_is_told_and_takes_no_other_down(tmp_path: Path) -> None:
    draft = with_operations(
        GIVE,
        replace(GIVE, name="two words"),
        replace(LIST, name="givePermit"),
        replace(LIST, options={"x": {"y": [1, {"z": None}]}}),
        replace(GIVE, name="nan", request={"x": float("nan")}),
        replace(GIVE, name="bytes", reply=b"<x/>"),
    )
    composed = compose("rivers", "tiny", draft)
    assert [(o.name, bool(o.problem)) for o in composed.draft.operations] == [
        ("givePermit", False),
        ("two words", True),
        ("givePermit", True),
        ("listRivers", False),
        ("nan", True),
        ("bytes", True),
    ]
    written(tmp_path, composed)
    assert list(read_agency(tmp_path, "rivers", {}).operations) == ["givePermit", "listRivers"]


def test_a_contract_of_which_nothing_can_be_used_is_refused() -> None:
    with pytest.raises(ContractRefused, match="its schema is nowhere"):
        compose("rivers", "tiny", with_operations(BROKEN))


def test_credentials_that_the_catalogue_does_not_know_are_left_to_decide(tmp_path: Path) -> None:
    composed = compose("rivers", "tiny", with_operations(GIVE, auth={"kind": "carrier-pigeon", "ring": "secret://a/b"}))
    assert composed.dropped_auth
    assert "carrier-pigeon" in composed.files["agency.yaml"].decode()
    written(tmp_path, composed)
    assert read_agency(tmp_path, "rivers", {}).auth == {"kind": "none"}


@pytest.mark.parametrize("path", ["agency.yaml", "Mappings/x.xsd", "README.md"])
def test_a_contract_with_the_name_of_one_of_our_files_stands_apart(tmp_path: Path, path: str) -> None:
    draft = with_operations(
        GIVE, contract=path, files={path: b"contract", "x/y.xsd": b"schema"}, options={"contracts": ["x/y.xsd"]}
    )
    written(tmp_path, compose("rivers", "tiny", draft))
    agency = read_agency(tmp_path, "rivers", {})
    assert agency.contract == f"contract/{path}" and agency.files[agency.contract] == b"contract"
    assert agency.options == {"contracts": ["contract/x/y.xsd"]}


@pytest.mark.parametrize("path", ["../x.wsdl", "/x.wsdl", ".hidden/x.wsdl", "a\\..\\x.wsdl", "C:x.wsdl"])
def test_a_file_that_would_lead_out_is_refused(path: str) -> None:
    with pytest.raises(ContractRefused, match="within its folder"):
        compose("rivers", "tiny", with_operations(GIVE, contract=path, files={path: b""}))


def test_five_hundred_operations(tmp_path: Path) -> None:
    operations = [replace(GIVE, name=f"operation{i}") for i in range(500)]
    began = time.monotonic()
    written(tmp_path, compose("rivers", "tiny", with_operations(*operations)))
    assert len(read_agency(tmp_path, "rivers", {}).operations) == 500
    assert time.monotonic() - began < 30


def test_nothing_is_overwritten_unless_told(tmp_path: Path) -> None:
    folder = written(tmp_path, compose("rivers", "tiny", DRAFT))
    (folder / "mine.txt").write_text("mine")
    for name in ("rivers", "Rivers"):
        with pytest.raises(CallWrong, match="nothing is overwritten"):
            write_folder(tmp_path, name, {"agency.yaml": b""})
    assert (folder / "mine.txt").exists()
    write_folder(tmp_path, "rivers", {"agency.yaml": b"new"}, force=True)
    assert [path.name for path in (tmp_path / "contracts").iterdir()] == ["rivers"]
    assert [path.name for path in folder.iterdir()] == ["agency.yaml"]


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    written(tmp_path, compose("rivers", "tiny", DRAFT))
    with pytest.raises(CallWrong, match="cannot be written"):
        write_folder(tmp_path, "rivers", {"a": b"", "a/b": b""}, force=True)
    assert [path.name for path in (tmp_path / "contracts").iterdir()] == ["rivers"]
    assert (tmp_path / "contracts/rivers/agency.yaml").exists()


def test_examples_are_found_by_either_name() -> None:
    assert example_file({"examples/a.reply.json": b""}, "a", "reply") == "examples/a.reply.json"
    assert example_file({"examples/A.reply.json": b""}, "a", "reply") == ""
    assert example_reply({}, "a") is None


def test_an_example_that_no_mapping_can_hold_is_no_mapping_test(tmp_path: Path) -> None:
    deep: Any = {"x": 1}
    for _ in range(60):
        deep = {"x": deep}
    operations = [replace(GIVE, name="large", request={"x": 2**53 + 1}), replace(GIVE, name="deep", request=deep, reply=deep)]
    written(tmp_path, compose("rivers", "tiny", with_operations(*operations)))
    found = check_agency(tmp_path, "rivers", environ={}, adapters={"tiny": manifest()})
    assert not found.mistakes, "\n".join(map(str, found.mistakes))
    tests = {path.name for path in (tmp_path / "contracts/rivers/mappings").glob("*.test.yaml")}
    assert tests == {"large.response.test.yaml"}
