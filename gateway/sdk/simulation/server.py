"""The base of a simulated agency: a real HTTP server made from a contract, with rules, a ledger and faults on demand.

A protocol brings the hooks (``read``, ``write``, ...); everything else is the same for SOAP and REST.
"""

from __future__ import annotations

import asyncio
import logging
import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from aiohttp import web

from gateway.domain.agency import Agency
from gateway.sdk.link import Secrets
from gateway.sdk.mapping import MappingError
from gateway.sdk.simulation.callbacks import Callbacks, auth_headers
from gateway.sdk.simulation.calls import Call, Post, Said
from gateway.sdk.simulation.errors import CallUnreadable, RulesInvalid, SimulatorError
from gateway.sdk.simulation.examples import example_reply
from gateway.sdk.simulation.faults import Faults
from gateway.sdk.simulation.ledger import Ledger, entry
from gateway.sdk.simulation.rules import CallbackRule, Rule, Rules
from gateway.sdk.simulation.wrong import bomb, cut, endless, reset
from gateway.sdk.template import fill

_log = logging.getLogger(__name__)

CONTROL = "/_control/"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SimulatorOptions:
    """How an agency is simulated. ``faults`` as in ``Faults.parse``; ``seed`` makes them repeatable.

    ``ledger`` is a file (JSON lines) or ``None`` for memory. ``callback_base`` is the gateway's address, for callers
    that name no callback URL. ``secrets`` authenticate the callbacks.
    """

    ledger: Path | None = None
    faults: str = ""
    seed: int = 1
    callback_base: str = ""
    secrets: Secrets | None = None
    clock: Callable[[], datetime] = _now


@dataclass(slots=True)
class _Seen:
    """What the agency remembers of one message."""

    count: int = 0
    had_effect: bool = False
    earlier: dict[str, Any] | None = None


@dataclass(slots=True)
class _Gate:
    """Holds calls between their effect and their answer while it is closed."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    held: int = 0

    def __post_init__(self) -> None:
        self.open.set()


class Simulator(ABC):
    """A simulated agency. ``start`` once, ``stop`` once.

    What counts as an effect (the ledger's ``effect``), unless the rule says otherwise: the call was answered well, is
    not the lookup of another operation, and, for an idempotent operation, is the first of its message id. A call of an
    operation that is not idempotent has an effect each time it comes: that is what the tests look for.

    Control, for tests in another process: ``POST /_control/hold`` and ``/_control/release`` close and open the gate
    between effect and answer, ``POST /_control/faults`` with a fault specification as body changes the faults,
    ``GET /_control/state`` tells ``holding, held, calls, effects, callbacks``, ``GET /_control/ledger`` the ledger.
    """

    def __init__(self, agency: Agency, options: SimulatorOptions | None = None) -> None:
        self.agency = agency
        self.options = options or SimulatorOptions()
        self.ledger = Ledger(self.options.ledger)
        self.callbacks = Callbacks()
        self.url = ""
        self._rules = Rules.of(agency)
        self._faults = Faults.parse(self.options.faults)
        self._dice = random.Random(self.options.seed)  # noqa: S311  - repeatable faults, not a secret
        self._gate = _Gate()
        self._seen: dict[str, _Seen] = {}
        self._calls = 0
        self._effects = 0
        self._looks = {o.lookup.operation for o in agency.operations.values() if o.lookup is not None}
        self._runner: web.ServerRunner | None = None

    # -- hooks of the protocol -------------------------------------------------------------------------------------

    @abstractmethod
    def read(self, request: web.BaseRequest, raw: bytes) -> Call:
        """Return the call. Raises ``CallUnreadable`` when it is not of the contract."""

    @abstractmethod
    def write(self, call: Call, said: Said) -> web.Response:
        """Return the answer to ``call`` in the agency's protocol; a body of ``None`` is the contract's example."""

    @abstractmethod
    def refuse(self, error: CallUnreadable) -> web.Response:
        """Return the answer to a call that is not of the contract."""

    @abstractmethod
    def unavailable(self, status: int) -> web.Response:
        """Return what the agency says when it is out of order, without (503) or after (504) an effect."""

    def failed(self, call: Call) -> web.Response:  # noqa: ARG002  - a hook
        """Return what the agency says, in its protocol, when it has acted and then failed."""
        return self.unavailable(500)

    @abstractmethod
    def post(self, call: Call, name: str, body: Any) -> Post:
        """Return the callback ``name`` about ``call``; ``callback_url`` and ``callback_headers`` help."""

    def other(self, request: web.BaseRequest) -> web.Response | None:  # noqa: ARG002  - a hook
        """Answer what is no call (the contract itself, a probe); ``None`` where it is one."""
        return None

    # -- life ------------------------------------------------------------------------------------------------------

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen on ``host:port`` (0: any free port) and return the address. Raises ``OSError`` when it is taken."""
        self.ledger.open()
        for line in self.ledger.entries():  # a simulator that is started again still knows what it did
            self._remember(line.operation, line.message_id, line.effect, None)
        await self.callbacks.start()
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port, backlog=1024)
        try:
            await site.start()
        except OSError:
            await self.stop()
            raise
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"
        return self.url

    async def stop(self) -> None:
        """End what is held and what is scheduled, and close the port."""
        self._gate.open.set()
        await self.callbacks.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        self.ledger.close()

    async def __aenter__(self) -> Simulator:
        if not self.url:
            await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    # -- the gate between effect and answer ------------------------------------------------------------------------

    @property
    def held(self) -> int:
        """How many calls now stand between effect and answer."""
        return self._gate.held

    def hold(self) -> None:
        """Let no call get its answer until ``release``."""
        self._gate.open.clear()

    def release(self) -> None:
        self._gate.open.set()

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        server = None if self._runner is None else self._runner.server
        # A connection whose caller has gone stays in the list until its call is done with.
        return 0 if server is None else sum(1 for one in server.connections if one.transport is not None)

    # -- what hooks use --------------------------------------------------------------------------------------------

    def callback_url(self, call: Call, suffix: str) -> str:
        """Return where a callback about ``call`` goes; ``suffix`` follows the configured base. Raises ``RulesInvalid``."""
        if call.callback_url:
            return call.callback_url
        if not self.options.callback_base:
            raise RulesInvalid("callbacks", "the call names no callback URL and the simulator was given no callback_base")
        return f"{self.options.callback_base.rstrip('/')}/agencies/{self.agency.id}/{suffix}"

    def callback_headers(self) -> dict[str, str]:
        """Return the headers that authenticate a callback, by ``callbacks.auth`` of the contract."""
        return auth_headers(self.agency.callbacks.get("auth") or {}, self.options.secrets)

    # -- one call --------------------------------------------------------------------------------------------------

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.startswith(CONTROL):
            return await self._control(request)
        other = self.other(request)
        if other is not None:
            return other
        raw = await request.content.read()
        try:
            call = self.read(request, raw)
        except CallUnreadable as error:
            return self.refuse(error)
        try:
            return await self._process(request, call)
        except (SimulatorError, MappingError) as error:
            # Our own rules are wrong: told where it is seen, with a status that no contract's table clears.
            _log.error("simulator %s: %s", self.agency.id, error)
            return web.Response(status=500, text=str(error))

    async def _process(self, request: web.BaseRequest, call: Call) -> web.StreamResponse:
        drawn = self._faults.draw(self._dice)
        if self._faults.slow:
            await asyncio.sleep(self._faults.slow)
        if drawn.reset_before:
            return reset(request)
        if drawn.error:
            return self.unavailable(503)
        self._calls += 1
        context = self._context(call)
        rule, key = self._rules.match(call.operation, context)
        rule = rule or Rule()
        wrong = {*drawn.names(), rule.transport_fault}
        said = Said(
            self._reply(call, rule, context),
            rule.status or 0,
            rule.fault if isinstance(rule.fault, Mapping) else None,
            {} if rule.headers is None else fill(rule.headers, context),
        )
        # The answer is made before the ledger is written: a simulator that cannot answer has done nothing.
        refused = wrong & {"error", "reset-before"}
        answer = self.unavailable(503) if refused else self.write(call, said)
        effect = self._effect(call, rule)
        self.ledger.append(entry(self.options.clock(), call.operation, call.message_id, call.raw, key=key, effect=effect))
        self._remember(call.operation, call.message_id, effect, said.body)
        context["_"]["reply"] = said.body
        await self._follow(call, rule, context, wrong)
        await self._pass_gate()
        return await self._answer(request, call, answer, wrong)

    async def _answer(self, request: web.BaseRequest, call: Call, answer: web.Response, wrong: set[str]) -> web.StreamResponse:
        if wrong & {"reset-before", "reset-after"}:
            return reset(request)
        if "error-after" in wrong:
            return self.unavailable(504)
        if "fault-after" in wrong:
            return self.failed(call)
        if "malformed" in wrong:
            return cut(answer)
        if "bomb" in wrong:
            return bomb(answer)
        return await endless(request, answer) if "endless" in wrong else answer

    def _reply(self, call: Call, rule: Rule, context: Mapping[str, Any]) -> Any:
        """Return what the rule says, else the folder's example of a good answer; ``None``: the contract gives one."""
        if rule.reply is not None:
            return fill(rule.reply, context)
        return None if rule.clears_effect else example_reply(self.agency.files, call.operation)

    async def _pass_gate(self) -> None:
        if not self._gate.open.is_set():
            self._gate.held += 1
            try:
                await self._gate.open.wait()
            finally:
                self._gate.held -= 1

    async def _follow(self, call: Call, rule: Rule, context: Mapping[str, Any], wrong: set[str]) -> None:
        for follow in rule.callbacks:
            if follow.when is not None and not follow.when.evaluate(context):
                continue
            times = 2 if "duplicate" in wrong else 1
            if "out-of-order" in wrong:
                await self.callbacks.now(self._maker(call, follow, context), times)
            else:
                self.callbacks.schedule(follow.after_secs + self._faults.late, self._maker(call, follow, context), times)

    def _maker(self, call: Call, follow: CallbackRule, context: Mapping[str, Any]) -> Callable[[], Post]:
        return lambda: self.post(call, follow.name, fill(follow.body, context))

    def _context(self, call: Call) -> dict[str, Any]:
        seen = self._seen.get(call.message_id)
        own = {
            "message_id": call.message_id,
            "operation": call.operation,
            "number": self._calls,
            "attempt": 1 if seen is None else seen.count + 1,
            "now": self.options.clock().isoformat(),
            "reference": reference_of(self.agency.id, call.message_id),
            "earlier": None if seen is None else seen.earlier,
            "callback_url": call.callback_url,
            "parameters": dict(call.parameters),
        }
        return {**call.body, "_": own} if isinstance(call.body, Mapping) else {"body": call.body, "_": own}

    def _effect(self, call: Call, rule: Rule) -> bool:
        if rule.effect is not None:
            return rule.effect
        if rule.clears_effect or call.operation in self._looks:
            return False
        operation = self.agency.operations.get(call.operation)
        seen = self._seen.get(call.message_id)
        return not (operation is not None and operation.idempotent and seen is not None and seen.had_effect)

    def _remember(self, operation: str, message_id: str, effect: bool, reply: Any) -> None:
        seen = self._seen.setdefault(message_id, _Seen())
        seen.count += 1
        if effect:
            self._effects += 1
            seen.had_effect = True
            seen.earlier = {"operation": operation, "reply": reply}

    # -- control ---------------------------------------------------------------------------------------------------

    async def _control(self, request: web.BaseRequest) -> web.Response:
        what = (request.method, request.path.removeprefix(CONTROL))
        if what == ("POST", "hold"):
            self.hold()
        elif what == ("POST", "release"):
            self.release()
        elif what == ("POST", "faults"):
            try:
                self._faults = Faults.parse((await request.content.read()).decode("utf-8", "replace"))
            except RulesInvalid as error:
                return web.json_response({"detail": str(error)}, status=400)
        elif what == ("GET", "ledger"):
            return web.Response(body=self.ledger.text(), content_type="application/x-ndjson")
        elif what != ("GET", "state"):
            return web.json_response({"detail": "there are hold, release, faults (POST); state, ledger (GET)"}, status=404)
        return web.json_response(self.state())

    def state(self) -> dict[str, Any]:
        """Return what ``GET /_control/state`` tells."""
        return {
            "agency": self.agency.id,
            "holding": not self._gate.open.is_set(),
            "held": self.held,
            "calls": self._calls,
            "effects": self._effects,
            "callbacks": asdict(self.callbacks.count),
        }


def reference_of(agency: str, message_id: str) -> str:
    """Return the reference that a simulated agency gives a message: the same each time, another for each agency."""
    return f"{agency[:3].upper()}-{sha256(f'{agency}/{message_id}'.encode()).hexdigest()[:12]}"
