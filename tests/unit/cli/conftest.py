"""A gateway that is not there: the command line speaks to this client in place of the real one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any, ClassVar, Self

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import case, desk, incident, submit, trace
from gateway.cli.main import app

Answer = Any
Calls = list[tuple[str, str, Any]]


class FakeClient:
    """Answers what the test has put under the path; an exception is raised."""

    answers: ClassVar[Mapping[str, Answer]] = {}
    calls: ClassVar[Calls] = []

    def __init__(self, address: str, key: str) -> None:
        self.address, self.key = address, key

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        self.calls.append((method, path, body))
        answer = self.answers[path]
        if callable(answer):
            answer = answer(body, more)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def submit(self, application: Mapping[str, Any], key: str, *, dry_run: bool = False) -> Any:
        return await self.call("POST", "/v1/applications", {"key": key, "dry_run": dry_run, "application": application})

    async def case(self, name: str) -> Any:
        return await self.call("GET", f"/v1/cases/{name}")

    async def listed(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        return await self.call("GET", path, dict(params or {}))

    async def issue_certificate(self, name: str, language: str) -> Any:
        return await self.call("POST", f"/v1/cases/{name}/certificate", {"language": language})

    async def certificate(self, name: str, language: str) -> Any:
        return await self.call("GET", f"/v1/cases/{name}/certificate?language={language}")

    async def stream(self, path: str, after: str = "", params: Mapping[str, str] | None = None) -> AsyncGenerator[Any, None]:
        for place, event in enumerate(await self.call("GET", path, {"after": after, **(params or {})})):
            yield event, str(place)

    async def answer_desk(self, request: str, body: Any) -> Any:
        return await self.call("POST", f"/v1/desk/{request}/answer", body)


Darcha = Callable[..., Result]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What was called: method, path, and body or parameters."""
    made: Calls = []
    monkeypatch.setattr(FakeClient, "calls", made)
    return made


@pytest.fixture
def darcha(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> Darcha:
    """``darcha("case", "list", answers={path: answer})`` runs the command and returns its result."""
    for module in (case, desk, incident, submit, trace):
        monkeypatch.setattr(module, "GatewayClient", FakeClient)
    for name in ("DARCHA_URL", "DARCHA_KEY"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str, answers: Mapping[str, Answer] | None = None) -> Result:
        monkeypatch.setattr(FakeClient, "answers", answers or {})
        return CliRunner().invoke(app, list(words))

    return run
