"""Plays every operation of an agency's folder at once: its example rendered, sent to its simulator, and the answer read.

Nothing but the simulated agency is called: credentials are left out, and the address is the simulator's. One operation's
failure, whatever it is, is told and takes no other one down.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import aiohttp

from gateway.catalogue.differences import difference, short
from gateway.catalogue.onboarding.words import one_line
from gateway.domain.agency import Agency, Operation
from gateway.domain.errors import DarchaError
from gateway.domain.outcomes import Accepted, Completed, DocumentRef, LookupOutcome, Progress, outcome_to_json
from gateway.sdk import strict_json
from gateway.sdk.adapter import Adapter, Manifest, Message, OutgoingRequest
from gateway.sdk.errors import MessageInvalid, NotSent
from gateway.sdk.link import Link
from gateway.sdk.reading import read_response
from gateway.sdk.simulation.examples import example_file
from gateway.sdk.simulator import Simulator, SimulatorOptions

AT_ONCE: Final = 8
#: So long may one operation take, in seconds.
EACH_SECS: Final = 10.0
_CREATED: Final = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)
_NOTHING: Final = object()


@dataclass(frozen=True, slots=True)
class Tried:
    """How far one operation came; ``reason`` says why no further."""

    name: str
    built: bool = False
    valid: bool = False
    round_trip: bool = False
    reason: str = ""


@dataclass(slots=True)
class Board:
    """How far a trial has come, to be looked at from another thread."""

    done: dict[str, Tried] = field(default_factory=dict)
    #: What has begun and not ended, as far as each has come.
    busy: dict[str, Tried] = field(default_factory=dict)


async def play(
    agency: Agency,
    manifest: Manifest,
    names: Sequence[str],
    board: Board,
    *,
    one_way: Sequence[str] = (),
    each_secs: float = EACH_SECS,
    at_once: int = AT_ONCE,
) -> None:
    """Play the operations ``names``, ``at_once`` of them together, and put on the board what came of each.

    ``one_way`` operations have to be completed with nothing. Never raises for what an adapter or a contract does.
    """
    agency = replace(agency, auth={})
    try:
        adapter = manifest.make(agency)
        simulator = _simulator(agency, manifest)
    except Exception as error:  # noqa: BLE001 - somebody else's plug-in: whatever it does is told, as in crossing.py
        board.done |= {name: Tried(name, reason=f"the contract cannot be used: {_said(error)}") for name in names}
        return
    turns = asyncio.Semaphore(at_once)
    async with _served(simulator) as (url, session, silent):
        trial = _Trial(agency, adapter, url, session, silent, frozenset(one_way), each_secs, board)

        async def one(name: str) -> None:
            async with turns:
                board.busy[name] = Tried(name)
                board.done[name] = await trial.run(agency.operations[name])
                del board.busy[name]

        await asyncio.gather(*(one(name) for name in names))


def _simulator(agency: Agency, manifest: Manifest) -> Simulator | None:
    if manifest.simulator is None:
        return None
    made: Simulator = manifest.simulator(agency, SimulatorOptions())
    return made


@asynccontextmanager
async def _served(simulator: Simulator | None) -> AsyncIterator[tuple[str, aiohttp.ClientSession, str]]:
    """Serve and lend a session to it. The last of the three says why nothing is served."""
    url, silent = "", "its adapter has no simulator"
    if simulator is not None:
        try:
            url, silent = await simulator.start(), ""
        except Exception as error:  # noqa: BLE001 - as above
            silent = f"the simulator does not start: {_said(error)}"
    connector = aiohttp.TCPConnector(limit=0, ssl=False)  # it is on this machine, without TLS
    try:
        async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False) as session:
            yield url, session, silent
    finally:
        if simulator is not None and url:
            await simulator.stop()


class _NoSecrets:
    def get(self, reference: str) -> str:
        raise KeyError(reference)


class _NoDocuments:
    async def fetch(self, document: DocumentRef) -> bytes:
        raise NotSent(f"a trial has no documents, and {document.digest} is asked for")

    async def store(self, document: DocumentRef, content: bytes) -> None:
        """A reply's document is not kept."""


@dataclass(frozen=True, slots=True)
class _Trial:
    agency: Agency
    adapter: Adapter
    url: str
    session: aiohttp.ClientSession
    silent: str
    one_way: frozenset[str]
    secs: float
    board: Board

    async def run(self, operation: Operation) -> Tried:
        """Play one operation."""
        name = operation.id
        try:
            request = self._example(name, "request")
            if request is _NOTHING:
                return Tried(name, reason=f"there is no examples/{name}.request.json to send")
            self.board.busy[name] = Tried(name, built=True)
            message = self._render(name, request)
            self.board.busy[name] = Tried(name, built=True, valid=True)
            reason = self.silent
            if not reason:
                async with asyncio.timeout(self.secs):
                    reason = await self._round_trip(operation, message)
        except MessageInvalid as error:
            reason = f"not valid to the contract: {_said(error)}"
        except TimeoutError:
            reason = f"no answer within {self.secs:g} s"
        except Exception as error:  # noqa: BLE001 - as above: the other operations are tried all the same
            reason = _said(error)
        return replace(self.board.busy[name], round_trip=not reason, reason=reason)

    def _example(self, name: str, what: str) -> Any:
        path = example_file(self.agency.files, name, what)
        return _NOTHING if not path else strict_json.loads(self.agency.files[path])

    def _render(self, name: str, request: Any) -> Message:
        number = list(self.agency.operations).index(name) + 1
        return self.adapter.render(
            OutgoingRequest(
                message_id=str(UUID(f"00000000-0000-7000-8000-{number:012x}")),
                case_number="TRY-0000-00",
                operation=name,
                input=request,
                created_at=_CREATED,
                branch=self.agency.branches[0].code if self.agency.branches else "",
                reference="TRY-1",
            )
        )

    async def _round_trip(self, operation: Operation, message: Message) -> str:
        """Send and read; return what is wrong, empty when nothing is."""
        link = Link(self.session, self.url, self.secs, _NoSecrets(), _NoDocuments())
        outcome = (await self.adapter.send(message, link)).outcome
        if not isinstance(outcome, Completed | Accepted | Progress):
            return f"the simulator's answer led to {_told(outcome)}"
        if isinstance(outcome, Accepted):
            return ""
        if operation.id in self.one_way:
            return "" if not outcome.data else f"a one-way operation is completed with nothing, not {short(outcome.data)}"
        reply = self._example(operation.id, "reply")
        if reply is _NOTHING or reply is None:
            return ""
        # The mapping may have been filled in since: what it makes of the example is what the answer has to lead to.
        wanted = read_response(operation.response, {"body": reply, "status": 200, "operation": operation.id}).parsed.outcome
        if not isinstance(wanted, Completed | Progress):
            return ""
        path = difference(dict(wanted.data), dict(outcome.data))
        return "" if path is None else f"the answer was read otherwise than the example says, at {path}"


def _told(outcome: LookupOutcome) -> str:
    plain = outcome_to_json(outcome)
    said = ", ".join(
        f"{key}: {item}" for key, item in plain.items() if key != "outcome" and item not in (None, "", {}, [], False)
    )
    return one_line(f"{plain['outcome']} ({said})" if said else plain["outcome"], 600)


def _said(error: Exception) -> str:
    text = str(error) if isinstance(error, DarchaError) else f"{type(error).__name__}: {error}"
    return one_line(text, 600)
