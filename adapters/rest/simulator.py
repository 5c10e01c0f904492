"""A simulated REST agency: a real HTTP server made from its OpenAPI document."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import orjson
from aiohttp import web

from adapters.rest.adapter import RestAdapter
from adapters.rest.bodies import BodyBroken, read, write
from adapters.rest.model import Body, Parameter, RestOperation, essence
from adapters.rest.parameters import from_header, from_pairs, from_path
from adapters.rest.rendering import static
from adapters.rest.samples import sample
from adapters.rest.schemas import SchemaBroken
from adapters.rest.values import Shape
from gateway.sdk import Agency
from gateway.sdk.simulator import Call, CallUnreadable, Post, Said, Simulator, SimulatorError, SimulatorOptions

_PROBLEM = "application/problem+json"
_PLACE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class _Route:
    """How an operation is found: its path without and with what stands for parameters, and the query it always has."""

    id: str
    method: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    query: frozenset[str]
    length: int
    asked: int

    @classmethod
    def of(cls, id_: str, operation: RestOperation) -> _Route:
        path, _, query = operation.path.partition("?")
        parts = _PLACE.split(path)
        known = {p.wire: p for p in operation.parameters if p.where == "path"}
        pattern = "".join(re.escape(static(p)) if i % 2 == 0 else _segment(known.get(p)) for i, p in enumerate(parts))
        own = frozenset(static(query).split("&")) - {""}
        length = sum(len(part) for part in parts[::2]) + len(operation.listed.partition("#")[2])
        asked = sum(parameter.required for parameter in operation.parameters)
        return cls(id_, operation.method, re.compile(pattern), tuple(parts[1::2]), own, length, asked)

    @property
    def rank(self) -> tuple[int, int, int]:
        """Who has more of the path and of the query fixed, and asks for more, comes first."""
        return -self.length, -len(self.query), -self.asked

    def texts(self, path: str) -> dict[str, str]:
        """What stands in the path for its places."""
        found = self.pattern.fullmatch(path)
        return {} if found is None else dict(zip(self.names, found.groups(), strict=True))


class RestSimulator(Simulator):
    """Serves the agency's operations; what comes in and what goes out is checked against the contract.

    Every parameter and every kind of body is read back and checked. Credentials are looked for only where
    ``simulator.yaml`` says ``auth: required``. A rule's ``fault`` object is a problem document (its ``status`` counts, 500
    without). ``GET /openapi`` serves the contract. Raises ``SimulatorError`` when the contract cannot be read.
    """

    def __init__(self, agency: Agency, options: SimulatorOptions | None = None) -> None:
        super().__init__(agency, options)
        adapter = RestAdapter(agency)
        if adapter.contract is None:
            raise SimulatorError(f"the contract of {agency.id} cannot be read: {adapter.check()[0].expected}")
        self._described: dict[str, RestOperation] = {}
        for id_ in agency.operations:
            operation = adapter.described(id_)
            if operation is not None:
                self._described[id_] = operation
        self._routes = sorted((_Route.of(id_, op) for id_, op in self._described.items()), key=lambda route: route.rank)

    def other(self, request: web.BaseRequest) -> web.Response | None:
        """Serve the contract, and a probe of the bare address."""
        path = request.path
        if request.method == "GET" and path == "/openapi" and not self._routes_of("GET", path):
            return web.Response(body=self.agency.files[self.agency.contract], content_type="text/plain")
        if request.method in {"HEAD", "GET"} and path == "/" and not self._routes_of(request.method, path):
            return web.Response(status=204)
        return None

    def read(self, request: web.BaseRequest, raw: bytes) -> Call:
        """Return the call. Where several operations stand at one address, it is the first that it is valid for."""
        path, _, query = request.rel_url.raw_path_qs.partition("?")
        routes = self._find(request.method, path, query)
        self._check_auth(request)
        first: CallUnreadable | None = None
        for route in routes:
            try:
                return self._read_as(route, request, path, query, raw)
            except CallUnreadable as error:
                first = first or error
        raise first or CallUnreadable(404, f"{request.method} {path} is not of the contract")

    def _read_as(self, route: _Route, request: web.BaseRequest, path: str, query: str, raw: bytes) -> Call:
        operation, texts = self._described[route.id], route.texts(path)
        parameters = {**dict(request.rel_url.query), **{name: unquote(text) for name, text in texts.items()}}
        for parameter in operation.parameters:
            value = _given(parameter, request, texts, query)
            if value is None:
                if parameter.required:
                    raise CallUnreadable(400, f"the {parameter.where} parameter {parameter.name} is missing")
                continue
            value = _read_back(parameter, value)
            parameters[parameter.name] = value
            _check(f"parameter {parameter.name}", parameter.schema, value)
        body = _body(operation, request, raw)
        return Call(
            operation=route.id,
            body={} if body is None else body,
            message_id=request.headers.get("X-Message-Id", ""),
            raw=raw,
            callback_url=request.headers.get("X-Darcha-Callback", ""),
            parameters=parameters,
        )

    def write(self, call: Call, said: Said) -> web.Response:
        operation = self._described[call.operation]
        if said.fault is not None:
            status = said.status or int(said.fault.get("status", 500))
            return _json(status, {"type": "about:blank", "status": status, **said.fault}, said.headers, _PROBLEM)
        status = said.status or operation.success
        expected = operation.response(status)
        if expected is None and said.body is None:
            return web.Response(status=status, headers=dict(said.headers))
        if expected is None:
            return _json(status, said.body, said.headers, "application/json")
        return self._written(call, status, expected, said)

    def _written(self, call: Call, status: int, expected: Body, said: Said) -> web.Response:
        about = f"{self.agency.id}: the answer {status} to {call.operation} would not be of the contract"
        help_ = "mend the rule in simulator.yaml or the example of the reply"
        body = said.body
        if body is None:
            made = sample(expected.schema, expected.examples)
            if not made.found:
                raise SimulatorError(f"{about}: {made.reason}; {help_}")
            body = made.value
        elif expected.schema is not None and expected.kind != "binary":
            problem = expected.schema.problem(body)
            if problem is not None:
                raise SimulatorError(f"{about}: {problem[0] or '/'}: {problem[1]}; {help_}")
        if expected.kind == "binary" and isinstance(body, Mapping):
            raw = base64.b64decode(str(body.get("content", "")))
            media_type = str(body.get("media_type") or expected.content_type)
            return web.Response(status=status, body=raw, headers={**said.headers, "Content-Type": media_type})
        try:
            written = write(expected, body, call.message_id, {})
        except BodyBroken as error:
            raise SimulatorError(f"{about}: {error.reason}; {help_}") from error
        return web.Response(status=status, body=written.raw, headers={**said.headers, "Content-Type": written.content_type})

    def refuse(self, error: CallUnreadable) -> web.Response:
        title = {401: "Credentials are missing", 404: "There is no such operation", 405: "Not by this method"}.get(
            error.status, "The message cannot be read"
        )
        return self._problem(error.status, title, str(error))

    def unavailable(self, status: int) -> web.Response:
        if status == 504:  # what a proxy says in the agency's place
            return web.Response(status=504, text="<html><body>Gateway Time-out</body></html>", content_type="text/html")
        return self._problem(status, "Out of order", "")

    def post(self, call: Call, name: str, body: Any) -> Post:
        base = self.callback_url(call, "callbacks").rstrip("/")
        url = base if base.endswith(f"/{name}") else f"{base}/{name}"
        return Post(url, orjson.dumps(body), {"Content-Type": "application/json", **self.callback_headers()})

    def _routes_of(self, method: str, path: str) -> list[_Route]:
        return [route for route in self._routes if route.method == method and route.pattern.fullmatch(path)]

    def _find(self, method: str, path: str, query: str) -> list[_Route]:
        """Return the operations that the address may mean, the likeliest first. Raises ``CallUnreadable``."""
        asked = frozenset(query.split("&"))
        routes = [route for route in self._routes_of(method, path) if route.query <= asked]
        if routes:
            return routes
        others = sorted({route.method for route in self._routes if route.pattern.fullmatch(path)})
        if others:
            raise CallUnreadable(405, f"{path} is called by {', '.join(others)}")
        raise CallUnreadable(404, f"{method} {path} is not of the contract")

    def _check_auth(self, request: web.BaseRequest) -> None:
        auth = self.agency.auth
        kind = auth.get("kind", "none")
        if not self._rules.auth or kind in {"none", "mtls"}:
            return
        if "query" in auth:
            there = str(auth["query"]) in request.rel_url.query
        elif "cookie" in auth:
            there = str(auth["cookie"]) in request.cookies
        elif auth.get("scheme") == "rfc9421":
            there = "Signature" in request.headers
        else:
            there = str(auth.get("header", "X-Api-Key" if kind == "api_key" else "Authorization")) in request.headers
        if not there:
            raise CallUnreadable(401, "there are no credentials")

    def _problem(self, status: int, title: str, detail: str) -> web.Response:
        """Answer as the contract describes that status, so that the caller's table of answers applies to it."""
        body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
        if detail:
            body["detail"] = detail
        for operation in self._described.values():
            expected = operation.response(status)
            if expected is None or expected.schema is None:
                continue
            if expected.kind != "json":
                continue
            if expected.schema.problem(body) is None:
                return _json(status, body, {}, expected.content_type)
            shown = sample(expected.schema, expected.examples).value
            if isinstance(shown, dict) and expected.schema.problem({**shown, "title": title}) is None:
                return _json(status, {**shown, "title": title}, {}, expected.content_type)
        return _json(status, body, {}, _PROBLEM)


def _json(status: int, body: Any, headers: Mapping[str, str], media_type: str) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), headers={**headers, "Content-Type": media_type})


def _segment(parameter: Parameter | None) -> str:
    """The pattern of one place in a path: as narrow as its schema, so that two beside one another can be told apart."""
    shape = Shape.of(None if parameter is None else parameter.schema)
    values = shape.said("enum")
    if parameter is not None and parameter.style == "simple" and shape.types == {"string"} and isinstance(values, list):
        return f"({'|'.join(re.escape(quote(str(value), safe='')) for value in values)})" if len(values) < 100 else "([^/]+)"
    return "(-?[0-9]+)" if shape.types == {"integer"} and parameter is not None and parameter.style == "simple" else "([^/]+)"


def _read_back(parameter: Parameter, value: Any) -> Any:
    """Where a list or a single value may stand, one value is the one that the schema takes."""
    if isinstance(value, list) and len(value) == 1 and parameter.schema is not None and not parameter.schema.valid(value):
        return value[0]
    return value


def _given(parameter: Parameter, request: web.BaseRequest, texts: Mapping[str, str], query: str) -> Any:
    """Return the parameter's value as it came, ``None`` where it did not."""
    if parameter.where == "path":
        return from_path(parameter, texts[parameter.wire])
    if parameter.where == "header":
        raw = request.headers.get(parameter.wire)
        return None if raw is None else from_header(parameter, raw)
    written, mark = (query, "&") if parameter.where == "query" else (request.headers.get("Cookie", ""), ";")
    pairs = [part.strip().partition("=") for part in written.split(mark) if part.strip()]
    return from_pairs(parameter, [(key, value) for key, _, value in pairs])


def _body(operation: RestOperation, request: web.BaseRequest, raw: bytes) -> Any:
    if operation.body is None or not (raw or operation.body.required):
        return None
    content_type = request.headers.get("Content-Type", "")
    given = essence(content_type)
    body = next((b for b in operation.bodies if essence(b.content_type) == given or essence(b.media_type) == given), None)
    if body is None and any("*" in b.media_type for b in operation.bodies):
        body = next(b for b in operation.bodies if "*" in b.media_type)
    if body is None:
        wanted = ", ".join(b.media_type for b in operation.bodies)
        raise CallUnreadable(400, f"expected {wanted}, not {content_type or 'a body without a Content-Type'}")
    try:
        value = read(body, request.headers, raw)
    except BodyBroken as error:
        raise CallUnreadable(400, error.reason) from error
    if body.kind != "binary":
        _check("", body.schema, value)
    return value


def _check(what: str, schema: Any, value: Any) -> None:
    try:
        problem = None if schema is None else schema.problem(value)
    except SchemaBroken as error:
        raise CallUnreadable(400, str(error)) from error
    if problem is not None:
        raise CallUnreadable(400, f"{what or 'body'} {problem[0] or '/'}: {problem[1]}")
