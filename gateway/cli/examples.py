"""The examples of a catalogue, played through the REST API: submitted, acted on, and compared with what they say."""

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.client import GatewayClient, GatewayRefused

Json = dict[str, Any]
#: The first digits of an invented personal number may be any; its last four choose what the simulators do.
_FREE_DIGITS = slice(3, 9)


@dataclass(slots=True)
class Example:
    """One example file. ``name`` is ``<service>/<file>``."""

    name: str
    content: Json

    @property
    def title(self) -> str:
        """What it shows."""
        return str(self.content["title"])


@dataclass(slots=True)
class Played:
    """What became of a played example; ``problems`` is empty when it ended as it says it should."""

    example: Example
    case: Mapping[str, Any] = field(default_factory=dict)
    requests: list[Json] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0


def read_examples(root: Path) -> list[Example]:
    """Return all examples of a catalogue's services, in the order of their names."""
    found = sorted((root / "schemas" / "services").glob("*/examples/*.json"))
    return [Example(f"{p.parents[1].name}/{p.stem}", json.loads(p.read_text("utf-8"))) for p in found]


def varied(example: Example, number: int) -> Example:
    """Return the example for other invented people: every personal number changes in the digits that mean nothing, and
    the texts at its ``vary`` pointers get the number."""
    if number == 0:
        return example
    content = copy.deepcopy(example.content)
    content["application"] = _varied(content["application"], number)
    for pointer in content.get("vary", ()):
        *path, last = pointer.removeprefix("/").split("/")
        place = content["application"]
        for part in path:
            place = place[part]
        place[last] = f"{place[last]} {number}"
    content["application"]["reference"] = f"{content['application'].get('reference', '')}-{number}"
    return Example(f"{example.name}#{number}", content)


def _varied(value: Any, number: int) -> Any:
    if isinstance(value, dict):
        return {k: _varied(v, number) for k, v in value.items()}
    if isinstance(value, list):
        return [_varied(v, number) for v in value]
    if isinstance(value, str) and len(value) == 14 and value.isdigit():
        middle = (int(value[_FREE_DIGITS]) + number) % 10**6
        return f"{value[:3]}{middle:06d}{value[9:]}"
    return value


class Player:
    """Plays examples. ``tell(name, what)`` hears of each new state; ``patience_secs`` bounds one example."""

    def __init__(
        self, client: GatewayClient, *, patience_secs: float = 60.0, tell: Callable[[str, str], None] | None = None
    ) -> None:
        self._client = client
        self._patience = patience_secs
        self._tell = tell or (lambda _name, _what: None)

    async def play(self, example: Example, key: str) -> Played:
        """Submit under ``key``, do the acts when their time comes, and compare the end with what is expected."""
        played = Played(example)
        began = time.monotonic()
        answer = await self._client.submit(example.content["application"], key)
        self._tell(example.name, "received")
        acts = list(example.content.get("acts") or [])
        pause = 0.05
        while True:
            played.case = await self._client.case(answer["id"])
            played.requests = (await self._client.call("GET", f"/v1/cases/{answer['id']}/requests"))["items"]
            self._tell(example.name, str(played.case.get("outcome") or played.case["status"]))
            if acts and _time_for(acts[0], played):
                act = acts.pop(0)
                try:
                    await self._act(answer["id"], act, played)
                except GatewayRefused as error:
                    played.problems.append(f"{act['call']} was refused: {error}")
                    break
                continue
            if not acts and not list(_differences(example.content["expected"], played)):
                break
            if time.monotonic() - began > self._patience:
                played.problems += list(_differences(example.content["expected"], played))
                played.problems += [f"never came to the act {a['call']} on {a['on']}" for a in acts]
                break
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)
        played.seconds = time.monotonic() - began
        return played

    async def _act(self, case: str, act: Mapping[str, Any], played: Played) -> None:
        body = dict(act["body"])
        match act["call"]:
            case "facts":
                body.setdefault("at", played.case["received_at"])
                await self._client.facts(case, body)
            case "supplement":
                await self._client.supplement(case, body)
            case "withdraw":
                await self._client.withdraw(case, str(body.get("reason", "")))
            case "desk":
                request = next(r for r in played.requests if r["step"] == body["step"] and r["status"] == "awaiting_reply")
                del body["step"]
                await self._client.answer_desk(request["id"], body)
            case other:
                played.problems.append(f"no such act: {other}")


def _live(requests: list[Json]) -> dict[str, Json]:
    return {r["step"]: r for r in requests if r["status"] != "superseded"}


def _time_for(act: Mapping[str, Any], played: Played) -> bool:
    on = act["on"]
    if "case" in on:
        return bool(played.case["status"] == on["case"])
    return bool(_live(played.requests).get(on["step"], {}).get("status") == on["status"])


def _differences(expected: Mapping[str, Any], played: Played) -> Iterator[str]:
    case = played.case
    live = _live(played.requests)
    for key in ("status", "outcome"):
        if expected.get(key) is not None and case.get(key) != expected[key]:
            yield f"{key} is {case.get(key)}, expected {expected[key]}"
    for step, status in (expected.get("steps") or {}).items():
        got = live.get(step, {}).get("status")
        if got != status:
            yield f"step {step} is {got}, expected {status}"
    for step, branch in (expected.get("branches") or {}).items():
        got = live.get(step, {}).get("branch")
        if got != branch:
            yield f"step {step} is at branch {got}, expected {branch}"
    ground = expected.get("ground")
    decisions = case.get("decisions") or [{}]
    if ground and ground not in str(decisions[-1].get("ground")):
        yield f"the ground is {decisions[-1].get('ground')!r}, expected {ground!r}"
