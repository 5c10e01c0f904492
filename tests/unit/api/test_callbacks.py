"""Agencies call back: let in by their contract's credentials, refused in their own terms."""

from __future__ import annotations

import base64

import pytest

from gateway.api.callbacks import authenticated
from tests.unit.api.asgi import Caller
from tests.unit.api.conftest import Shelf, Vault
from tests.unit.api.test_bad_input import problem

BASIC = "Basic " + base64.b64encode(b"registry:open sesame").decode()
URL = "/agencies/registry/callbacks/Ready"


async def test_kept_and_answered_in_the_agencys_terms(call: Caller, shelf: Shelf) -> None:
    answer = await call.post(URL, b"Ready 1", authorization=BASIC)
    assert (answer.status, answer.body) == (200, b"kept Ready")
    again = await call.post("/agencies/registry/soap", b"Ready 1", authorization=BASIC)
    assert again.body == answer.body
    assert len(shelf.inbox) == 1


@pytest.mark.parametrize(
    "given",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"registry:wrong").decode(),
        "Basic " + base64.b64encode(b":open sesame").decode(),
        "Bearer open sesame",
    ],
)
async def test_not_authenticated(call: Caller, shelf: Shelf, given: str) -> None:
    for url in (URL, "/agencies/registry/soap"):
        answer = await call.post(url, b"Ready", authorization=given)
        assert answer.status == 401
        assert answer.body.startswith(b"refused")
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert not shelf.inbox


async def test_bearer(call: Caller) -> None:
    url = "/agencies/post/callbacks/Ready"
    assert (await call.post(url, b"Ready", authorization="Bearer pigeon")).status == 200
    for wrong in ("Bearer dove", "pigeon", "Basic pigeon", "Bearer "):
        assert (await call.post(url, b"Ready", authorization=wrong)).status == 401


async def test_an_agency_whose_contract_asks_for_nothing_is_shut(call: Caller) -> None:
    assert (await call.post("/agencies/shut/callbacks/Ready", b"Ready")).status == 401
    assert (await call.post("/agencies/shut/soap", b"Ready")).status == 401


async def test_unknown_agency_or_operation(call: Caller) -> None:
    problem(await call.post("/agencies/nobody/callbacks/Ready", b"", authorization=BASIC), 404, "not_found")
    problem(await call.post("/agencies/nobody/soap", b"", authorization=BASIC), 404, "not_found")
    problem(await call.post("/agencies/registry/callbacks/Other", b"", authorization=BASIC), 404, "not_found")


async def test_refused_in_the_agencys_terms(call: Caller, shelf: Shelf) -> None:
    bad = await call.post(URL, b"Ready bad", authorization=BASIC)
    assert (bad.status, bad.body) == (400, b"refused: /body: it ends badly")
    strange = await call.post("/agencies/registry/soap", b"Strange", authorization=BASIC)
    assert strange.status == 400
    large = await call.post(URL, b"x" * 2000, authorization=BASIC)
    assert large.status == 413
    shelf.away = True
    away = await call.post(URL, b"Ready", authorization=BASIC)
    assert (away.status, away.headers["retry-after"]) == (503, "5")
    assert not shelf.inbox


def test_api_key_and_missing_secrets() -> None:
    auth = {"kind": "api_key", "header": "X-Token", "secret": "secret://post/callback"}
    assert authenticated(auth, {"x-token": "pigeon"}, Vault())
    assert not authenticated(auth, {"x-token": "pigeon "[:3]}, Vault())
    assert not authenticated(auth, {}, Vault())
    assert not authenticated(auth | {"secret": "secret://nobody/callback"}, {"x-token": ""}, Vault())
    assert not authenticated({"kind": "none", "secret": "secret://post/callback"}, {"x-token": "pigeon"}, Vault())
