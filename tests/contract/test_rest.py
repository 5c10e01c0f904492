"""Awkward OpenAPI documents of invented agencies: onboarded by command alone, and what is sent of a given value."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from adapters.rest import RestAdapter
from gateway.catalogue.alone import read_agency
from gateway.sdk import Message, MessageInvalid, OutgoingRequest
from tests.contract.onboard import REST, Onboarded, canonical, onboard

ALL = "BVR"
FAR = {
    "bridges": {
        "findBridges": ALL,
        "post-bridges": ALL,
        "report": ALL,
        "post-bridges-number-photos": ALL,
        "payToll": ALL,
        "inspect": ALL,
        "close": "---",
        "plate": ALL,
    },
    "snow": {"measure": ALL, "hand-in": ALL},
    "doors": {"getDoor": ALL, "getdoor": ALL},
}


@pytest.mark.parametrize("name", sorted(FAR))
def test_how_far_each_operation_comes(name: str, tmp_path: Path) -> None:
    found = onboard(tmp_path, "openapi", REST / name)
    assert found.stages == FAR[name]
    assert found.code == (0 if set(FAR[name].values()) == {ALL} else 1)
    assert all(bool(o["reason"]) == (FAR[name][o["name"]] != ALL) for o in found.report["operations"])
    assert RestAdapter(read_agency(tmp_path, "invented", {})).check() == []


def test_every_folder_here_is_tried() -> None:
    assert sorted(FAR) == sorted(p.name for p in REST.iterdir() if p.is_dir())


def test_what_is_wrong_in_one_operation_is_told_and_takes_no_other_down(tmp_path: Path) -> None:
    found = onboard(tmp_path, "openapi", REST / "bridges")
    assert "#/components/schemas/NobodyWroteThis: the reference leads nowhere" in found.row("close")["reason"]
    assert found.row("post-bridges-number-photos")["notes"] == ["the operationId report stands twice in the contract"]
    assert "the pattern (?<name>[a cannot be read; it is not checked" in found.row("plate")["notes"][0]
    assert found.row("post-bridges")["found_as"] == "POST /bridges"
    # The file behind the dead URL is the one of that path in the folder.
    assert {"parts/bridge.yaml", "parts/span.yaml"} <= set(found.report["files"])


def test_the_file_is_in_the_bytes_that_are_meant() -> None:
    assert (REST / "snow" / "snow.yaml").read_bytes()[:3] == b"\xef\xbb\xbf"


@pytest.fixture(scope="module")
def bridges(tmp_path_factory: pytest.TempPathFactory) -> RestAdapter:
    return adapter_of("bridges", tmp_path_factory)


@pytest.fixture(scope="module")
def snow(tmp_path_factory: pytest.TempPathFactory) -> RestAdapter:
    return adapter_of("snow", tmp_path_factory)


def adapter_of(name: str, folders: pytest.TempPathFactory) -> RestAdapter:
    root = folders.mktemp(name)
    found: Onboarded = onboard(root, "openapi", REST / name)
    assert found.folder.exists()
    return RestAdapter(read_agency(root, "invented", {}))


def rendered(adapter: RestAdapter, operation: str, value: Any) -> Message:
    return adapter.render(OutgoingRequest("m-1", "N-1", operation, value, datetime(2026, 1, 15, tzinfo=UTC)))


def test_parameters_in_every_place_and_style(bridges: RestAdapter, snow: RestAdapter) -> None:
    asked = {"filter": {"river": "Anhor & Co", "lanes": 2}, "kinds": ["arch", "beam"], "session": "abc"}
    message = rendered(bridges, "findBridges", {"params": asked})
    path, _, query = message.path.partition("?")
    assert (message.method, path, message.headers["Cookie"]) == ("GET", "/bridges", "session=abc")
    parts = [unquote(part.replace("+", " ")) for part in query.split("&")]
    assert parts == ["filter[river]=Anhor & Co", "filter[lanes]=2", "kinds=arch|beam"]
    measured = rendered(snow, "measure", {"params": {"post": "north", "on": ["2026-01-01", "2026-01-02"]}, "body": {"cm": 4}})
    assert unquote(measured.path) == "/posts/north/depths?on=2026-01-01,2026-01-02"
    assert json.loads(measured.body) == {"cm": 4}


def test_bodies_of_every_kind(bridges: RestAdapter, snow: RestAdapter) -> None:
    paid = rendered(bridges, "payToll", {"plate": "AB123", "axles": 2})
    assert paid.content_type == "application/x-www-form-urlencoded"
    assert sorted(paid.body.split(b"&")) == [b"axles=2", b"plate=AB123"]
    seen = rendered(bridges, "inspect", {"inspector": "Ж", "crack": ["a", "<b>"]})
    assert canonical(seen.body) == canonical(
        '<inspection inspector="Ж"><cracks><crack>a</crack><crack>&lt;b&gt;</crack></cracks></inspection>'
    )
    handed = rendered(snow, "hand-in", {"params": {"post": "north"}, "body": {"paper": "text", "pages": 3}})
    assert handed.content_type.startswith("multipart/form-data; boundary=")
    boundary = handed.content_type.partition("boundary=")[2].encode()
    parts = [part for part in handed.body.split(b"--" + boundary) if b"name=" in part]
    assert len(parts) == 2
    assert any(b'name="pages"' in part and part.endswith(b"\r\n\r\n3\r\n") for part in parts)
    assert any(b'name="paper"; filename=' in part and part.endswith(b"\r\n\r\ntext\r\n") for part in parts)


def test_the_same_value_gives_the_same_message(snow: RestAdapter) -> None:
    value = {"params": {"post": "north"}, "body": {"paper": "text", "pages": 3}}
    assert rendered(snow, "hand-in", value) == rendered(snow, "hand-in", value)


def test_the_discriminator_chooses(bridges: RestAdapter) -> None:
    load = {"kind": "lorry", "tons": 4}
    assert json.loads(rendered(bridges, "report", {"params": {"number": 1}, "body": load}).body) == load
    herd = {"kind": "Herd", "heads": 4}
    assert json.loads(rendered(bridges, "report", {"params": {"number": 1}, "body": herd}).body) == herd


@pytest.mark.parametrize(
    ("operation", "value", "path"),
    [
        ("findBridges", {"params": {"session": "ab"}}, "/params/session"),
        ("findBridges", {"params": {}}, "/params/session"),
        ("findBridges", {"params": {"session": "abc", "filter": {"lanes": 1}}}, "/params/filter"),
        ("findBridges", {"params": {"session": "abc", "filter": {"river": "a", "lanes": 0}}}, "/params/filter/lanes"),
        ("findBridges", {"params": {"session": "abc", "kinds": ["truss"]}}, "/params/kinds/0"),
        ("post-bridges", {"name": "a", "spans": [{"metres": 1, "of": {"name": ""}}]}, "/spans/0/of/name"),
        ("post-bridges", {"name": "a", "spans": [{"metres": 0}]}, "/spans/0/metres"),
        ("payToll", {"plate": "ab123"}, "/plate"),
        ("plate", {"code": "longer"}, "/code"),
    ],
)
def test_a_wrong_value_is_told_with_its_path(bridges: RestAdapter, operation: str, value: Any, path: str) -> None:
    with pytest.raises(MessageInvalid) as caught:
        rendered(bridges, operation, value)
    assert caught.value.path.removeprefix("/body") == path


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "lorry", "heads": 1},
        {"kind": "Herd", "tons": 1},
        {"tons": 1},
        {"kind": "ship", "tons": 1},
    ],
    ids=str,
)
def test_what_the_discriminator_does_not_allow_is_refused(bridges: RestAdapter, body: Any) -> None:
    with pytest.raises(MessageInvalid) as caught:
        rendered(bridges, "report", {"params": {"number": 1}, "body": body})
    assert caught.value.path.startswith("/body")
