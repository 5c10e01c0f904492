"""The reference catalogue: every message that the examples lead to is valid to its agency's own contract.

How the cases end at a gateway is shown by the demo and the acceptance tests, which play the same examples.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from gateway.sdk.mapping import compile_expression
from tests.reference import ROOT, Play, agency, example, file_expression, openapi, rules, service, wsdl, yaml

SERVICES = sorted(p.name for p in (ROOT / "schemas" / "services").iterdir())
AGENCIES = sorted(p.name for p in (ROOT / "contracts").iterdir())
EXAMPLES = sorted(p.relative_to(ROOT / "schemas" / "services") for p in ROOT.glob("schemas/services/*/examples/*.json"))
DECIDED = [e for e in EXAMPLES if "outcome" in example(e)["expected"]]
LANGUAGES = {"uz", "ru", "ky", "en"}


def texts(value: Any, at: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    if isinstance(value, Mapping):
        if "en" in value:
            yield at, value
        for key, item in value.items():
            yield from texts(item, f"{at}/{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from texts(item, f"{at}/{i}")


@pytest.mark.parametrize(
    "path", sorted(str(p.relative_to(ROOT)) for d in ("schemas", "contracts") for p in (ROOT / d).rglob("*.yaml"))
)
def test_what_people_read_stands_in_four_languages(path: str) -> None:
    for at, text in texts(yaml(path)):
        assert set(text) == LANGUAGES, f"{path}{at}"
        assert all(text.values()), f"{path}{at}"
        # Uzbek in Latin script, Russian and Kyrgyz in Cyrillic, English in ASCII.
        assert not any("а" <= letter.lower() <= "я" for letter in text["uz"]), f"{path}{at}/uz"
        assert any("а" <= letter.lower() <= "я" for letter in text["ru"]), f"{path}{at}/ru"
        assert any("а" <= letter.lower() <= "я" for letter in text["ky"]), f"{path}{at}/ky"
        assert text["en"].isascii(), f"{path}{at}/en"


def fields(schema: Mapping[str, Any], root: Mapping[str, Any], at: str = "") -> Iterator[str]:
    if "$ref" in schema:
        schema = {**root["$defs"][schema["$ref"].rpartition("/")[2]], **schema}
    if "items" in schema:
        yield from fields(schema["items"], root, at)
    for name, inner in schema.get("properties", {}).items():
        yield f"{at}/{name}"
        yield from fields(inner, root, f"{at}/{name}")


@pytest.mark.parametrize("id_", SERVICES)
def test_every_field_of_a_form_has_a_label(id_: str) -> None:
    form = json.loads((ROOT / f"schemas/services/{id_}/form.schema.json").read_text("utf-8"))
    assert set(yaml(f"schemas/services/{id_}/labels.yaml")) == set(fields(form, form))


@pytest.mark.parametrize("path", EXAMPLES, ids=str)
def test_an_example_is_well_formed(path: Path) -> None:
    given = example(path)
    schema = json.loads((ROOT / "schemas/common/example.schema.json").read_text("utf-8"))
    jsonschema_rs.validate(schema, given, validate_formats=True)
    form = json.loads((ROOT / "schemas" / "services" / path.parts[0] / "form.schema.json").read_text("utf-8"))
    jsonschema_rs.validate(form, given["application"]["form"], validate_formats=True)
    assert given["application"]["service"] == path.parts[0]
    offices = {o["id"]: o for o in yaml("schemas/offices.yaml")["offices"]}
    assert given["application"]["territory"] in offices[given["application"]["office"]]["territories"]
    assert set(given["expected"]["steps"]) == {s["id"] for s in service(path.parts[0])["steps"]}
    assert {p["role"] for p in given["application"]["parties"]} <= set(service(path.parts[0])["roles"])


def test_the_examples_are_about_different_people() -> None:
    people = [p["identifier"] for e in EXAMPLES for p in example(e)["application"]["parties"]]
    assert len(people) == len(set(people))


def test_the_examples_show_what_the_first_catalogue_has_to_show() -> None:
    shown = {word for e in EXAMPLES for word in example(e)["shows"]}
    assert shown >= {
        "granted",
        "refused by an agency with its ground",
        "missing document",
        "supplement",
        "by a mother for a child",
        "by power of attorney",
        "an agency that fails twice and then works",
        "an agency that answers with the wrong branch and redirects",
        "payment fact",
        "desk hand-over answered by the clerk",
        "two founders",
    }


@pytest.mark.parametrize("id_", AGENCIES)
def test_a_contract_declares_what_the_agency_does(id_: str) -> None:
    declared = agency(id_)
    assert declared["id"] == id_
    if declared["adapter"] == "soap":
        (port,) = (p for s in wsdl(id_).wsdl.services.values() for p in s.ports.values())
        assert set(declared["operations"]) == set(port.binding._operations)
    elif declared["adapter"] == "rest":
        jsonschema_rs.validate({"required": ["openapi", "info", "paths", "components"]}, openapi(id_))
        assert set(declared["operations"]) == {o["operationId"] for p in openapi(id_)["paths"].values() for o in p.values()}
    for name, operation in declared["operations"].items():
        assert operation["idempotent"] or declared["adapter"] == "desk" or "lookup" in operation, f"{id_}.{name}"


@pytest.mark.parametrize("id_", SERVICES)
def test_a_service_asks_for_operations_that_exist(id_: str) -> None:
    for step in service(id_)["steps"]:
        assert step["operation"] in agency(step["agency"])["operations"]
        assert compile_expression(file_expression(f"schemas/services/{id_}/{step['input']}"))


@pytest.mark.parametrize("path", DECIDED, ids=str)
def test_every_message_of_an_example_is_valid_and_leads_where_it_should(path: Path) -> None:
    rules.cache_clear()
    given = example(path)
    expected = given["expected"]
    play = Play(given)
    play.run()
    made = play.decision()
    assert made["outcome"] == expected["outcome"]
    assert made["ground"]
    for key in ("ground", "legal_basis"):
        if key in expected:
            assert made[key] == expected[key]
    # What a decision cancels is skipped here: both mean that nothing was sent.
    assert {k: v["status"].replace("skipped", "unsent") for k, v in play.steps.items()} == {
        k: v.replace("skipped", "unsent").replace("cancelled", "unsent") for k, v in expected["steps"].items()
    }
    assert play.branches.items() >= expected.get("branches", {}).items()
    assert play.attempts.items() >= expected.get("attempts", {}).items()
    assert play.acts == []


@pytest.mark.parametrize("id_", SERVICES)
def test_no_decision_is_made_before_an_agency_has_answered(id_: str) -> None:
    given = next(example(e) for e in EXAMPLES if e.parts[0] == id_)
    play = Play(given)
    play.steps = {s["id"]: {"status": "planned"} for s in play.service["steps"]}
    assert play.decision() is None
