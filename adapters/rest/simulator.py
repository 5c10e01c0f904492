"""A simulated REST agency: a real HTTP server made from its OpenAPI document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import orjson
from aiohttp import web

from adapters.rest.adapter import RestAdapter
from adapters.rest.examples import example
from adapters.rest.openapi import RestOperation
from adapters.rest.replies import json_body
from adapters.rest.schemas import SchemaBroken
from gateway.sdk import Agency
from gateway.sdk.simulator import Call, CallUnreadable, Post, Said, Simulator, SimulatorError, SimulatorOptions
from gateway.sdk.strict_json import NotJson

_PROBLEM = "application/problem+json"
_PLACE = re.compile(r"\{([^{}]+)\}")


class RestSimulator(Simulator):
    """Serves the agency's operations; what comes in and what goes out is checked against the contract.

    A rule's ``fault`` object is a problem document (its ``status`` counts, 500 without). ``GET /openapi`` serves the
    contract. Raises ``SimulatorError`` when the contract cannot be read.
    """

    def __init__(self, agency: Agency, options: SimulatorOptions | None = None) -> None:
        super().__init__(agency, options)
        adapter = RestAdapter(agency)
        if adapter.contract is None:
            raise SimulatorError(f"the contract of {agency.id} cannot be read: {adapter.check()[0].expected}")
        self._contract = adapter.contract
        self._described: dict[str, RestOperation] = {}
        self._plain: dict[tuple[str, str], str] = {}
        self._patterns: list[tuple[str, re.Pattern[str], str]] = []
        for id_ in agency.operations:
            operation = adapter.described(id_)
            if operation is None:
                continue
            self._described[id_] = operation
            if "{" in operation.path:
                parts = _PLACE.split(operation.path)
                pattern = "".join(re.escape(p) if i % 2 == 0 else "([^/]+)" for i, p in enumerate(parts))
                self._patterns.append((operation.method, re.compile(pattern), id_))
            else:
                self._plain[operation.method, operation.path] = id_

    def other(self, request: web.BaseRequest) -> web.Response | None:
        """Serve the contract, and a probe of the bare address."""
        if request.method == "GET" and request.path == "/openapi":
            return web.Response(body=self.agency.files[self.agency.contract], content_type="text/plain")
        if request.method in {"HEAD", "GET"} and request.path == "/" and (request.method, "/") not in self._plain:
            return web.Response(status=204)
        return None

    def read(self, request: web.BaseRequest, raw: bytes) -> Call:
        id_, found = self._find(request.method, request.rel_url.raw_path)
        operation = self._described[id_]
        body: Any = None
        if operation.body is not None and (raw or operation.body.required):
            try:
                body = json_body(request.headers, raw)
                problem = None if operation.body.schema is None else operation.body.schema.problem(body)
            except (NotJson, SchemaBroken) as error:
                raise CallUnreadable(400, str(error)) from error
            if problem is not None:
                raise CallUnreadable(400, f"{problem[0] or '/'}: {problem[1]}")
        return Call(
            operation=id_,
            body={} if body is None else body,
            message_id=request.headers.get("X-Message-Id", ""),
            raw=raw,
            callback_url=request.headers.get("X-Darcha-Callback", ""),
            parameters={**dict(request.rel_url.query), **found},
        )

    def write(self, call: Call, said: Said) -> web.Response:
        operation = self._described[call.operation]
        if said.fault is not None:
            status = said.status or int(said.fault.get("status", 500))
            return _json(status, {"type": "about:blank", "status": status, **said.fault}, said.headers, _PROBLEM)
        status = said.status or next((int(s) for s in operation.responses if s.isdecimal() and s.startswith("2")), 200)
        expected = operation.response(status)
        if expected is None and said.body is None:
            return web.Response(status=status, headers=dict(said.headers))
        body = said.body
        if body is None and expected is not None:
            body = example(self._contract, expected)
        if expected is not None and expected.schema is not None:
            problem = expected.schema.problem(body)
            if problem is not None:
                raise SimulatorError(
                    f"{self.agency.id}: the answer {status} to {call.operation} would not be of the contract: "
                    f"{problem[0] or '/'}: {problem[1]}; mend the rule in simulator.yaml, or give the contract an example"
                )
        return _json(status, body, said.headers, expected.media_type if expected is not None else "application/json")

    def refuse(self, error: CallUnreadable) -> web.Response:
        title = {404: "There is no such operation", 405: "Not by this method"}.get(error.status, "The message cannot be read")
        return self._problem(error.status, title, str(error))

    def unavailable(self, status: int) -> web.Response:
        if status == 504:  # what a proxy says in the agency's place
            return web.Response(status=504, text="<html><body>Gateway Time-out</body></html>", content_type="text/html")
        return self._problem(status, "Out of order", "")

    def post(self, call: Call, name: str, body: Any) -> Post:
        base = self.callback_url(call, "callbacks").rstrip("/")
        url = base if base.endswith(f"/{name}") else f"{base}/{name}"
        return Post(url, orjson.dumps(body), {"Content-Type": "application/json", **self.callback_headers()})

    def _find(self, method: str, raw_path: str) -> tuple[str, Mapping[str, str]]:
        plain = self._plain.get((method, unquote(raw_path)))
        if plain is not None:
            return plain, {}
        for wanted, pattern, id_ in self._patterns:
            if wanted == method and (found := pattern.fullmatch(raw_path)) is not None:
                names = _PLACE.findall(self._described[id_].path)
                return id_, dict(zip(names, (unquote(part) for part in found.groups()), strict=True))
        others = {m for m, path in self._plain if path == unquote(raw_path)}
        if others:
            raise CallUnreadable(405, f"{raw_path} is called by {', '.join(sorted(others))}")
        raise CallUnreadable(404, f"{method} {raw_path} is not of the contract")

    def _problem(self, status: int, title: str, detail: str) -> web.Response:
        """Answer as the contract describes that status, so that the caller's table of answers applies to it."""
        body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
        if detail:
            body["detail"] = detail
        for operation in self._described.values():
            expected = operation.response(status)
            if expected is None or expected.schema is None:
                continue
            if expected.schema.problem(body) is None:
                return _json(status, body, {}, expected.media_type)
            shown = example(self._contract, expected)
            if isinstance(shown, dict) and expected.schema.problem({**shown, "title": title}) is None:
                return _json(status, {**shown, "title": title}, {}, expected.media_type)
        return _json(status, body, {}, _PROBLEM)


def _json(status: int, body: Any, headers: Mapping[str, str], media_type: str) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(body), headers={**headers, "Content-Type": media_type})
