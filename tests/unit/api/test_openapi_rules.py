"""What every call has to say of itself in the OpenAPI document. New calls are held to it without a line here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from gateway.api.docs import ProblemOut
from gateway.api.openapi import OPEN, described
from gateway.application.envelope import ENVELOPE

PROBLEM = "application/problem+json"
DOCUMENT = described()


def _calls() -> Iterator[Any]:
    for path, item in DOCUMENT["paths"].items():
        for method, call in item.items():
            yield pytest.param(path, method, call, id=f"{method.upper()} {path}")


every_call = pytest.mark.parametrize(("path", "method", "call"), list(_calls()))


@every_call
def test_it_has_a_name_a_summary_and_a_tag(path: str, method: str, call: dict[str, Any]) -> None:
    assert call["operationId"]
    assert call["operationId"] == call["operationId"][0].lower() + call["operationId"][1:], "camelCase, as all others"
    assert call["summary"].strip()
    assert call["description"].strip(), "a docstring says what the call does"
    assert len(call["tags"]) == 1


@every_call
def test_it_says_who_may_call_it(path: str, method: str, call: dict[str, Any]) -> None:
    if path.startswith(OPEN):
        assert "security" not in call
        return
    assert {next(iter(way)) for way in call["security"]} == set(DOCUMENT["components"]["securitySchemes"])
    assert {"401", "403", "503"} <= call["responses"].keys(), "use known(...) of gateway.api.docs"


@every_call
def test_what_it_takes_can_be_wrong(path: str, method: str, call: dict[str, Any]) -> None:
    if call.get("parameters") and path.startswith("/v1/"):
        assert "422" in call["responses"]
    if "requestBody" in call:
        lines = "application/x-ndjson" in call["requestBody"]["content"]  # what is wrong with a line is told in its line
        assert lines or "413" in call["responses"]
        if "application/json" in call["requestBody"]["content"] and path.startswith("/v1/"):
            assert {"400", "413", "415", "422"} <= call["responses"].keys(), "what is read as JSON can be no JSON"
    if "{" in path and path.startswith("/v1/"):
        assert "404" in call["responses"]


@every_call
def test_every_refusal_is_a_problem_document(path: str, method: str, call: dict[str, Any]) -> None:
    """But where an agency is answered in its own terms, and where the platform asks for health."""
    for status, answer in call["responses"].items():
        assert status != "default"
        assert answer["description"].strip()
        if int(status) >= 400 and not path.startswith(("/agencies/", "/readyz")):
            assert list(answer["content"]) == [PROBLEM]
            assert answer["content"][PROBLEM]["schema"] == {"$ref": "#/components/schemas/ProblemOut"}


@every_call
def test_what_it_answers_is_described(path: str, method: str, call: dict[str, Any]) -> None:
    done = {status: answer for status, answer in call["responses"].items() if int(status) < 300}
    assert done
    for status, answer in done.items():
        assert ("content" in answer) is (status != "204"), "a 204 says that there is nothing to say"
        for media_type, content in answer.get("content", {}).items():
            assert media_type != "application/json" or content["schema"], "an answer in JSON has a shape"


def test_names_are_used_once_and_references_lead_somewhere() -> None:
    calls = [param.values[2] for param in _calls()]
    assert len({call["operationId"] for call in calls}) == len(calls)
    text = str(DOCUMENT)
    wanted = {part.partition("'")[0] for part in text.split("'#/components/schemas/")[1:]}
    assert wanted <= DOCUMENT["components"]["schemas"].keys()


def test_where_one_begins_there_is_an_example() -> None:
    """Whoever connects a front office sees an application, and what a refusal looks like."""
    schemas = DOCUMENT["components"]["schemas"]
    (application,) = schemas["Application"]["examples"]
    assert not list(jsonschema_rs.validator_for(ENVELOPE, validate_formats=True).iter_errors(application))
    (refusal,) = schemas["ProblemOut"]["examples"]
    ProblemOut.model_validate(refusal)
