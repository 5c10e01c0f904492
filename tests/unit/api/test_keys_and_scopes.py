"""Who may do what."""

from __future__ import annotations

import re

import pytest
from starlette.requests import Request

from gateway.api.auth import Authenticator, Scope
from gateway.api.errors import Unauthenticated
from gateway.api.parts import ApiParts
from tests.unit.api.asgi import Caller
from tests.unit.api.conftest import Shelf, application
from tests.unit.api.test_bad_input import problem

NOBODY = "00000000-0000-0000-0000-000000000000"
OPEN = {"/healthz", "/readyz"}
BY_SIGNATURE = ("/refs/", "/agencies/")


async def test_every_call_is_shut_without_a_key(call: Caller, parts: ApiParts) -> None:
    """Whatever the OpenAPI document describes, so that a new call cannot be forgotten."""
    described = (await call.get("/openapi.json")).json()["paths"]
    tried = 0
    for path, item in described.items():
        url = re.sub(r"\{\w+\}", NOBODY, path)
        for method in item:
            if path in OPEN or path.startswith(BY_SIGNATURE):
                continue
            answer = await call.call(method.upper(), url, b"not even json", content_type="text/plain")
            problem(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"] == 'Bearer realm="darcha"'
            tried += 1
    assert tried > 25
    assert not parts.metrics()


@pytest.mark.parametrize(
    "header", [{"authorization": "Bearer nobody"}, {"x_api_key": "nobody"}, {"authorization": "Basic b2ZmaWNlLWtleQ=="}]
)
async def test_unknown_keys(call: Caller, header: dict[str, str]) -> None:
    problem(await call.get("/v1/services", **header), 401, "unauthenticated")


async def test_the_key_comes_in_either_header(call: Caller) -> None:
    assert (await call.get("/v1/services", x_api_key="office-key")).status == 200
    assert (await call.get("/v1/services", authorization="bearer office-key")).status == 200


@pytest.mark.parametrize(
    ("key", "method", "url"),
    [
        ("office-key", "GET", "/v1/agencies"),
        ("office-key", "GET", "/v1/incidents"),
        ("office-key", "GET", "/v1/desk"),
        ("office-key", "GET", "/metrics"),
        ("office-key", "POST", f"/v1/requests/{NOBODY}/retry"),
        ("operator-key", "POST", "/v1/applications"),
        ("operator-key", "GET", "/v1/desk"),
        ("clerk-key", "GET", "/v1/cases"),
        ("clerk-key", "GET", "/v1/events"),
    ],
)
async def test_a_scope_opens_what_is_its_own(call: Caller, key: str, method: str, url: str) -> None:
    answer = await call.call(method, url, b'{"reason": "because"}', content_type="application/json", x_api_key=key)
    problem(answer, 403, "forbidden")


async def test_a_clerks_key_is_bound(call: Caller) -> None:
    problem(await call.get("/v1/desk", x_api_key="loose-clerk-key"), 403, "not_bound")


async def test_a_front_office_sees_its_own_cases(office: Caller, call: Caller, operator: Caller) -> None:
    taken = (await office.post("/v1/applications", application(), idempotency_key="k")).json()
    for name in (taken["id"], taken["number"], taken["number"].lower().replace("-", " ").replace(" ", "%20")):
        shown = await office.get(f"/v1/cases/{name}")
        assert shown.json()["number"] == taken["number"]
        assert (await operator.get(f"/v1/cases/{name}")).status == 200
        problem(await call.get(f"/v1/cases/{name}", x_api_key="other-key"), 404, "not_found")
    assert shown.headers["etag"] == f'"{shown.json()["version"]}"'
    assert (await office.get(f"/v1/cases/{taken['id']}", if_none_match=shown.headers["etag"])).status == 304


async def test_keys_are_remembered_for_a_while_and_no_longer(shelf: Shelf) -> None:
    now = [0.0]
    authenticator = Authenticator(shelf, 10.0, lambda: now[0])  # type: ignore[arg-type] - as far as it is asked
    for key, at, asked in (("office-key", 0.0, 1), ("office-key", 9.9, 1), ("office-key", 10.1, 2)):
        now[0] = at
        await authenticator.caller(_request(key), Scope.SUBMIT)
        assert shelf.looked_up == asked
    # A key that is made after it was tried opens the door within a second.
    for at, asked in ((20.0, 3), (20.9, 3), (21.1, 4)):
        now[0] = at
        with pytest.raises(Unauthenticated):
            await authenticator.caller(_request("unknown"), Scope.SUBMIT)
        assert shelf.looked_up == asked


async def test_many_wrong_keys_do_not_fill_the_memory(shelf: Shelf) -> None:
    authenticator = Authenticator(shelf, 10.0, lambda: 0.0)  # type: ignore[arg-type] - as above
    for number in range(5000):
        with pytest.raises(Unauthenticated):
            await authenticator.caller(_request(f"wrong-{number}"), Scope.READ)
    assert len(authenticator._known) <= 4096


def _request(key: str) -> Request:
    return Request({"type": "http", "headers": [(b"x-api-key", key.encode())]})
