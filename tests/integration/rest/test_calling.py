"""What a worker does for a REST agency: addresses that the agency gives, pages, credentials."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web

from adapters.rest import RestAdapter
from adapters.rest.conformance import request
from gateway.sdk import Accepted, Agency, Completed, Expression, Invalid, Misconfigured, Operation, RetryLater, Unknown
from gateway.sdk.http import shown
from gateway.sdk.testing import lend

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
SECRET = "secret://agency/client"
#: Signed by itself for localhost, for tests only: the server's certificate and the client's.
PEM = Path(__file__).parents[1] / "soap" / "localhost-for-tests.pem"
DOCUMENT = orjson.dumps(
    {
        "openapi": "3.1.0",
        "paths": {
            "/jobs": {
                "post": {
                    "operationId": "start",
                    "requestBody": {"content": {"application/json": {}}},
                    "responses": {"202": {"description": "later"}},
                }
            },
            "/jobs/{id}": {
                "get": {
                    "operationId": "look",
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "responses": {"200": {"content": {"application/json": {}}}},
                }
            },
            "/list": {
                "get": {
                    "operationId": "list",
                    "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
                    "responses": {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}},
                }
            },
            "/things/{id}": {
                "put": {
                    "operationId": "change",
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                    "requestBody": {"content": {"application/json": {}}},
                    "responses": {"200": {"content": {"application/json": {}}}, "412": {"description": "changed"}},
                }
            },
        },
    }
)


def _agency(auth: dict[str, Any] | None = None, **list_options: Any) -> Agency:
    response = Expression('{"outcome": "completed", "data": {"etag": headers.etag, "body": body}}', "r")
    operations = (
        Operation("start", idempotent=False),
        Operation("look", idempotent=True, response=response, options={"at": "reference"}),
        Operation("list", idempotent=True, options=list_options),
        Operation("change", idempotent=True, response=response, options={"if_match": "etag"}),
    )
    return Agency(
        "agency", {}, "rest", {o.id: o for o in operations}, contract="api.json", auth=auth or {}, files={"api.json": DOCUMENT}
    )


@asynccontextmanager
async def _served(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    runner = web.ServerRunner(web.Server(handler))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield f"{'https://localhost' if tls else 'http://127.0.0.1'}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _send(agency: Agency, url: str, operation: str, product: Any, reference: str = "", secrets: Any = None) -> Any:
    adapter = RestAdapter(agency)
    assert adapter.check() == []
    async with lend(url, secrets={SECRET: "hush"} if secrets is None else secrets) as link:
        message = adapter.render(replace(request(operation, product), reference=reference))
        return (await adapter.send(message, link)).outcome


async def test_a_location_is_asked_until_it_is_done() -> None:
    seen: list[str] = []

    async def handle(call_: web.BaseRequest) -> web.Response:
        seen.append(f"{call_.method} {call_.rel_url.raw_path_qs}")
        if call_.method == "POST":
            return web.Response(status=202, headers={"Location": "/v1/jobs/7?a=%2F", "Retry-After": "30"})
        if call_.path == "/v1/jobs/7":
            return web.Response(status=303, headers={"Location": "../results/9"})
        return web.json_response({"done": True}, headers={"ETag": '"5"'})

    async with _served(handle) as url:
        accepted = await _send(_agency(), f"{url}/v1", "start", {})
        assert accepted == Accepted("/v1/jobs/7?a=%2F", 30.0)
        done = await _send(_agency(), f"{url}/v1", "look", {}, accepted.reference)
        absolute = await _send(_agency(), f"{url}/v1/", "look", None, f"{url}/v1/results/9")
    assert done == absolute == Completed({"etag": '"5"', "body": {"done": True}})
    assert seen == ["POST /v1/jobs", "GET /v1/jobs/7?a=%2F", "GET /v1/results/9", "GET /v1/results/9"]


@pytest.mark.parametrize(
    "reference", ["http://127.0.0.1:9/x", "//other.uz/x", "https://127.0.0.1/x", "http://a@{host}/x", "file:///x"]
)
async def test_another_host_is_not_asked(reference: str) -> None:
    asked: list[str] = []

    async def handle(call_: web.BaseRequest) -> web.Response:
        asked.append(call_.path)
        return web.json_response({})

    async with _served(handle) as url:
        outcome = await _send(_agency(), url, "look", {}, reference.format(host=url.removeprefix("http://")))
    assert isinstance(outcome, Misconfigured)
    assert asked == []


async def test_a_redirect_of_the_agency_leads_nowhere_else() -> None:
    async def handle(_: web.BaseRequest) -> web.Response:
        return web.Response(status=303, headers={"Location": "http://169.254.169.254/latest"})

    async with _served(handle) as url:
        assert isinstance(await _send(_agency(), url, "look", {}, "/jobs/1"), Misconfigured)


async def test_pages_are_joined() -> None:
    seen: list[str] = []

    async def handle(call_: web.BaseRequest) -> web.Response:
        seen.append(call_.rel_url.raw_query_string)
        number = int(call_.rel_url.query.get("page", "1"))
        link = {"Link": f'</list?q=a%26b&page={number + 1}>; rel="next"'} if number < 3 else {}
        return web.json_response({"data": [number], "of": 3}, headers=link)

    async with _served(handle) as url:
        whole = await _send(_agency(pages={"items": "/data", "next": "link"}), url, "list", {"params": {"q": "a&b"}})
        cut = await _send(_agency(pages={"items": "/data", "next": "link", "most": 2}), url, "list", {})
    assert whole == Completed({"data": [1, 2, 3], "of": 3})
    assert seen[:3] == ["q=a%26b", "q=a%26b&page=2", "q=a%26b&page=3"]
    assert isinstance(cut, Invalid)
    assert "more than 2" in cut.reason


async def test_a_page_elsewhere_is_not_asked() -> None:
    async def handle(_: web.BaseRequest) -> web.Response:
        return web.json_response({"data": [1], "next": "http://other.uz/list"})

    async with _served(handle) as url:
        outcome = await _send(_agency(pages={"items": "/data", "next": "/next"}), url, "list", {})
    assert isinstance(outcome, Misconfigured)


async def test_if_match() -> None:
    async def handle(call_: web.BaseRequest) -> web.Response:
        if call_.headers["If-Match"] != '"5"':
            return web.Response(status=412)
        return web.json_response({}, headers={"ETag": '"6"'})

    async with _served(handle) as url:
        changed = await _send(_agency(), url, "change", {"params": {"id": "1", "etag": '"5"'}, "body": {}})
        late = await _send(_agency(), url, "change", {"params": {"id": "1", "etag": '"4"'}, "body": {}})
    assert changed == Completed({"etag": '"6"', "body": {}})
    assert isinstance(late, Invalid)
    assert "412" in late.reason


@pytest.mark.parametrize(
    ("auth", "where", "expected"),
    [
        ({"kind": "api_key", "query": "k"}, "query", "q=1&k=hu%26sh"),
        ({"kind": "api_key", "cookie": "k"}, "Cookie", "k=hu&sh"),
        ({"kind": "api_key", "header": "X-Key"}, "X-Key", "hu&sh"),
        ({"kind": "bearer"}, "Authorization", "Bearer hu&sh"),
        ({"kind": "hmac", "header": "X-S", "value": "{signature_hex}"}, "X-S", ""),
    ],
)
async def test_keys_in_their_places(auth: dict[str, str], where: str, expected: str) -> None:
    got: list[str] = []

    async def handle(call_: web.BaseRequest) -> web.Response:
        got.append(call_.rel_url.raw_query_string if where == "query" else call_.headers[where])
        return web.json_response({})

    async with _served(handle) as url:
        outcome = await _send(_agency({**auth, "secret": SECRET}), url, "list", {"params": {"q": "1"}}, secrets={SECRET: "hu&sh"})
    assert isinstance(outcome, Completed)
    assert got == [expected] if expected else len(got[0]) == 64
    # What is told of an error never has the key of the address.
    async with lend("http://127.0.0.1:9", secrets={SECRET: "hush"}) as link:
        adapter = RestAdapter(_agency({**auth, "secret": SECRET}))
        lost = (await adapter.send(adapter.render(request("list", {"params": {"q": "pin-1"}})), link)).outcome
    assert isinstance(lost, RetryLater)
    assert "hush" not in str(lost)
    assert "pin-1" not in str(lost)


class _Tokens:
    """An agency and its token server. ``revoke`` makes the present token worthless."""

    def __init__(self, expires_in: Any = 3600, status: int = 200) -> None:
        self.asked: list[tuple[str, str]] = []
        self.calls: list[str] = []
        self.good = ""
        self._expires_in = expires_in
        self._status = status

    async def __call__(self, call_: web.BaseRequest) -> web.Response:
        body = (await call_.content.read()).decode()
        if call_.path != "/token":
            self.calls.append(call_.headers.get("Authorization", ""))
            return web.json_response({}, status=200 if self.calls[-1] == f"Bearer {self.good}" else 401)
        self.asked.append((call_.headers.get("Authorization", ""), body))
        await asyncio.sleep(0)
        self.good = f"t{len(self.asked)}"
        said = {"access_token": self.good, "expires_in": self._expires_in} if self._status == 200 else {"error": "invalid_client"}
        return web.json_response(said, status=self._status)


def _oauth(url: str, **more: str) -> Agency:
    return _agency({"kind": "oauth2", "token_url": f"{url}/token", "client": "me:1", "secret": SECRET, **more})


async def test_one_token_for_all_and_another_after_a_401() -> None:
    tokens = _Tokens()
    async with _served(tokens) as url, lend(url, secrets={SECRET: "hu sh"}) as link:
        adapter = RestAdapter(_oauth(url, scope="a b"))
        message = adapter.render(request("list", {}))
        outcomes = [p.outcome for p in await asyncio.gather(*(adapter.send(message, link) for _ in range(20)))]
        assert all(isinstance(outcome, Completed) for outcome in outcomes)
        pair = base64.b64encode(b"me%3A1:hu%20sh").decode()
        assert tokens.asked == [(f"Basic {pair}", "grant_type=client_credentials&scope=a+b")], "twenty at once fetch one token"
        tokens.good = "revoked"
        assert isinstance((await adapter.send(message, link)).outcome, Completed)
        assert len(tokens.asked) == 2
        assert tokens.calls[-2:] == ["Bearer t1", "Bearer t2"]


async def test_a_token_that_ends_is_fetched_anew() -> None:
    tokens = _Tokens(expires_in=0)
    async with _served(tokens) as url, lend(url, secrets={SECRET: "hush"}) as link:
        adapter = RestAdapter(_oauth(url, client_auth="body"))
        message = adapter.render(request("list", {}))
        await adapter.send(message, link)
        await asyncio.sleep(0.6)  # half of the second that a token is used at least
        await adapter.send(message, link)
    assert len(tokens.asked) == 2
    assert tokens.asked[0] == ("", "grant_type=client_credentials&client_id=me%3A1&client_secret=hush")


@pytest.mark.parametrize(("status", "kind"), [(400, Misconfigured), (401, Misconfigured), (500, RetryLater), (503, RetryLater)])
async def test_no_token_no_message(status: int, kind: type[Any]) -> None:
    tokens = _Tokens(status=status)
    async with _served(tokens) as url:
        outcome = await _send(_oauth(url), url, "start", {})
    assert isinstance(outcome, kind)
    assert "hush" not in str(outcome)
    assert tokens.calls == [], "nothing reached the agency"


async def test_a_token_server_that_is_down() -> None:
    tokens = _Tokens()
    async with _served(tokens) as url:
        outcome = await _send(_oauth("http://127.0.0.1:9"), url, "start", {})
    assert isinstance(outcome, RetryLater)
    assert tokens.calls == []


async def test_a_client_certificate() -> None:
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(PEM))
    server.load_cert_chain(PEM)
    server.verify_mode = ssl.CERT_REQUIRED
    subjects: list[Any] = []

    async def handle(call_: web.BaseRequest) -> web.Response:
        assert call_.transport is not None
        subjects.append(call_.transport.get_extra_info("peercert"))
        return web.json_response({})

    pem = PEM.read_text()
    names = {"certificate": "secret://agency/cert", "key": "secret://agency/key", "ca": "secret://agency/ca"}
    secrets = {names["certificate"]: pem, names["key"]: pem, names["ca"]: pem, SECRET: "hush"}
    async with _served(handle, server) as url:
        told = await _send(_agency({"kind": "mtls", **names}), url, "list", {}, secrets=secrets)
        without = await _send(_agency({"kind": "bearer", "secret": SECRET, "ca": names["ca"]}), url, "list", {}, secrets=secrets)
        wrong = await _send(
            _agency({"kind": "mtls", **names}),
            url,
            "list",
            {},
            secrets={**secrets, names["key"]: "no PEM", names["certificate"]: "no PEM"},
        )
        unset = await _send(_agency({"kind": "mtls", "certificate": "secret://agency/other"}), url, "list", {}, secrets=secrets)
    assert isinstance(told, Completed), told
    assert subjects[0]
    assert not isinstance(without, Completed)
    assert isinstance(wrong, Misconfigured)
    assert "no PEM" not in str(wrong)
    assert isinstance(unset, Misconfigured)
    assert len(subjects) == 1


def test_addresses_as_they_are_told() -> None:
    assert shown("https://user:hush@a.uz/x?key=hush") == "https://a.uz/x"


async def test_what_fails_after_the_first_answer_is_unknown() -> None:
    """The operation's own bytes have left: that its next page cannot be asked for is no reason to say otherwise."""
    given = {"token": "t"}

    async def handle(call_: web.BaseRequest) -> web.Response:
        if call_.path == "/token":
            return web.json_response({"access_token": "t"}) if given.pop("token", "") else web.Response(status=503)
        if call_.rel_url.query.get("page") == "2":
            return web.Response(status=401)
        return web.json_response({"data": [1], "next": "/list?page=2"})

    async with _served(handle) as url:
        agency = replace(_oauth(url), operations=_agency(pages={"items": "/data", "next": "/next"}).operations)
        outcome = await _send(agency, url, "list", {})
    assert isinstance(outcome, Unknown)
    assert "page 2" in outcome.reason


async def test_the_token_and_all_pages_share_the_time_of_one_attempt() -> None:
    """A lease covers one time-out: what goes on after it might still be sent when somebody else has taken over."""
    seen: list[str] = []

    async def handle(call_: web.BaseRequest) -> web.Response:
        seen.append(call_.path)
        await asyncio.sleep(0.1)  # a slow agency
        return web.json_response({"data": [1], "next": f"/list?page={len(seen)}"})

    async with _served(handle) as url:
        adapter = RestAdapter(_agency(pages={"items": "/data", "next": "/next", "most": 100}))
        async with lend(url, secrets={SECRET: "hush"}, timeout_secs=0.35) as link:
            outcome = (await adapter.send(adapter.render(request("list", {})), link)).outcome
    assert isinstance(outcome, Unknown), outcome
    assert 2 <= len(seen) <= 4


async def test_an_address_of_the_agency_stays_within_the_first_line() -> None:
    seen: list[str] = []

    async def handle(call_: web.BaseRequest) -> web.Response:
        seen.append(call_.rel_url.raw_path_qs)
        more = {"next": "/list?n=Эски a%20b HTTP/1.0"} if len(seen) == 1 else {}
        return web.json_response({"data": [1], **more})

    async with _served(handle) as url:
        outcome = await _send(_agency(pages={"items": "/data", "next": "/next"}), url, "list", {})
    assert isinstance(outcome, Completed)
    assert seen[1] == "/list?n=%D0%AD%D1%81%D0%BA%D0%B8%20a%20b%20HTTP/1.0"


async def test_an_endpoint_with_a_query_is_told() -> None:
    outcome = await _send(_agency(), "http://127.0.0.1:9/v1?key=hush", "list", {})
    assert outcome == Misconfigured("the endpoint http://127.0.0.1:9/v1 has a query or a fragment; paths cannot be put after it")


@pytest.mark.parametrize("token_url", ["http://127.0.0.1:port/token", "http://[::1/token"])
async def test_a_token_url_that_is_none_is_misconfigured(token_url: str) -> None:
    agency = _agency({"kind": "oauth2", "token_url": token_url, "client": "me", "secret": SECRET})
    assert await _send(agency, "http://127.0.0.1:9", "list", {}) == Misconfigured("auth.token_url is no address")


async def test_a_late_401_does_not_throw_the_new_token_away() -> None:
    """Two calls went out with the old token; the second is refused when the first has fetched another."""
    fetched: list[str] = []
    both = asyncio.Barrier(2)
    renewed = asyncio.Event()

    async def handle(call_: web.BaseRequest) -> web.Response:
        if call_.path == "/token":
            fetched.append(f"t{len(fetched) + 1}")
            return web.json_response({"access_token": fetched[-1], "expires_in": "inf"})
        if call_.headers["Authorization"] == "Bearer t1":
            if await both.wait():
                await renewed.wait()
            return web.Response(status=401)
        renewed.set()
        return web.json_response({})

    async with _served(handle) as url, lend(url, secrets={SECRET: "hush"}) as link:
        adapter = RestAdapter(_oauth(url))
        message = adapter.render(request("list", {}))
        done = await asyncio.gather(adapter.send(message, link), adapter.send(message, link))
    assert [type(parsed.outcome) for parsed in done] == [Completed, Completed]
    assert fetched == ["t1", "t2"]
