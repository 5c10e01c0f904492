"""What is published of the interfaces is what the code does: files, event types, the exchange, and the OpenAPI document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema_rs
import pytest

from gateway.api import published
from gateway.api.asyncapi import asyncapi
from gateway.application.event_schemas import DIALECT, envelope_schema, payload_schema
from gateway.application.notify import cloud_event
from gateway.domain.event_types import EVENT_TYPES
from gateway.domain.events import Event
from gateway.messaging.topology import Names
from tests.emitted import NotRead, Watch, emitted, wrong_with
from tests.unit.api.conftest import NOW


def test_the_files_in_the_repository_are_those_that_the_code_makes() -> None:
    assert published.stale() == [], f"run: {published.HOW}"


def test_what_is_stale_is_named_and_written_anew(tmp_path: Path) -> None:
    assert set(published.write(tmp_path)) == set(published.files())
    assert published.stale(tmp_path) == []
    (tmp_path / "schemas" / "events" / "case.dreamt.schema.json").write_text("{}")
    (tmp_path / "schemas" / "asyncapi.yaml").unlink()
    (tmp_path / "docs" / "events.md").write_text("# Events\n")
    changed = ["docs/events.md", "schemas/asyncapi.yaml", "schemas/events/case.dreamt.schema.json"]
    assert published.stale(tmp_path) == changed
    assert published.write(tmp_path) == changed
    assert published.stale(tmp_path) == []


def test_every_type_that_is_emitted_stands_in_the_table_and_no_other() -> None:
    found = emitted()
    unknown = [e for e in found if not any(e.fits(name) for name in EVENT_TYPES)]
    assert not unknown, "add them to gateway/domain/event_types.py"
    assert not [name for name in EVENT_TYPES if not any(e.fits(name) for e in found)], "nobody emits these"


@pytest.mark.parametrize(
    ("emits", "types"),
    [
        ('file.event("case.dreamt", {})', ["case.dreamt"]),
        ('file.event("case.a" if x else "case.b", {})', ["case.a", "case.b"]),
        ('file.event(f"case.{x}", {})', ["case.anything"]),
        ('name = "case.a"\n    file.event(name, {})', ["case.a"]),
        ('done(file, "case.c")\n\ndef done(file, what):\n    file.event(what, {})', ["case.c"]),
        ('done(file, what="case.d")\n\ndef done(file, *, what):\n    file.event(what, {})', ["case.d"]),
    ],
)
def test_types_are_found_however_they_are_named(tmp_path: Path, emits: str, types: list[str]) -> None:
    (tmp_path / "rules.py").write_text(f"def rule(file, x):\n    {emits}\n")
    found = emitted(tmp_path)
    assert len(found) == len(types)
    assert all(e.fits(name) for e, name in zip(found, types, strict=True))


@pytest.mark.parametrize("emits", ["file.event(x, {})", "file.event(NAMES[x], {})"])
def test_a_type_that_cannot_be_read_is_told(tmp_path: Path, emits: str) -> None:
    (tmp_path / "rules.py").write_text(f"def rule(file, x):\n    {emits}\n")
    with pytest.raises(NotRead, match=r"rules\.py:2"):
        emitted(tmp_path)


def test_a_payload_that_is_not_as_published_is_told() -> None:
    facts = {"service": "s", "version": "1", "office": "o", "channel": "counter", "application": "ab" * 32}
    assert wrong_with("case.received", facts) == []
    assert "case.received: /: Additional properties" in wrong_with("case.received", facts | {"mood": "good"})[0]
    assert "/application" in wrong_with("case.received", facts | {"application": "none"})[0]
    assert "required" in wrong_with("case.withdrawing", {})[0]
    assert "does not stand" in wrong_with("case.dreamt", {})[0]
    watch = Watch()
    watch.wrong.append("x")
    with pytest.raises(AssertionError, match="event_types"):
        watch.tell()


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_the_schemas_are_schemas(name: str) -> None:
    schema = payload_schema(EVENT_TYPES[name])
    assert schema["$schema"] == DIALECT
    jsonschema_rs.meta.validate(schema)
    assert len(schema["properties"]) == len(EVENT_TYPES[name].fields), "two members of one name"


def event(name: str) -> Event:
    return Event(UUID(int=1), UUID(int=9), 7, name, NOW, "gateway", {"reason": "r"}, "salt", "ab" * 32, "", "cd" * 32)


def test_the_message_on_the_exchange_is_the_envelope() -> None:
    sent = json.loads(json.dumps(cloud_event(event("case.withdrawing"))))
    strict = envelope_schema() | {"additionalProperties": False}
    jsonschema_rs.validator_for(strict, validate_formats=True).validate(sent)
    assert sent["type"] == EVENT_TYPES["case.withdrawing"].wire_name


def _refs(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [ref for inner in value.values() for ref in _refs(inner)]
    return [ref for inner in value for ref in _refs(inner)] if isinstance(value, list) else []


def test_the_asyncapi_document_holds_together() -> None:
    """The rules of AsyncAPI 3.0 that a slip can break here: what has to be there, and that every reference leads somewhere."""
    made = asyncapi()
    assert made["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= made["info"].keys()
    assert made.keys() <= {"asyncapi", "id", "info", "servers", "defaultContentType", "channels", "operations", "components"}
    assert {"host", "protocol"} <= made["servers"]["broker"].keys()
    there = published.files()
    for ref in _refs(made):
        if not ref.startswith("#/"):
            assert f"schemas/{ref}" in there, ref
            continue
        found: Any = made
        for part in ref[2:].split("/"):
            found = found[part.replace("~1", "/").replace("~0", "~")]
        assert found, ref
    for operation in made["operations"].values():
        assert operation["action"] == "send"
        channel = operation["channel"]["$ref"].removeprefix("#/channels/")
        for message in operation["messages"]:  # they have to be the channel's own
            assert message["$ref"].startswith(f"#/channels/{channel}/messages/")


def test_the_exchange_carries_every_type_under_its_name() -> None:
    made = asyncapi()
    exchange = made["components"]["channelBindings"]["events"]["amqp"]["exchange"]
    assert (exchange["name"], exchange["type"], exchange["durable"]) == (Names("darcha").events, "topic", True)
    assert [channel["address"] for channel in made["channels"].values()] == sorted(EVENT_TYPES)
    assert "GET /v1/events?after=" in made["info"]["description"]
    for name, kind in EVENT_TYPES.items():
        assert made["components"]["messages"][name]["name"] == kind.wire_name
