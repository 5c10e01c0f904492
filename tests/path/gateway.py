"""A whole gateway in the test's own process: every role by its bootstrap function, the api on a real port.

Each role has a supervisor of its own, so that a test can stop one, start it again, or let a worker die as under SIGKILL.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
from sqlalchemy import update

from gateway.application.feed import Hub
from gateway.bootstrap.api import ApiJob, api_app, first_key
from gateway.bootstrap.calendars import recalculation
from gateway.bootstrap.clock import clock
from gateway.bootstrap.core import Core, open_core, start_core
from gateway.bootstrap.dispatcher import dispatcher
from gateway.bootstrap.embedded_worker import DirectLinks
from gateway.bootstrap.feed import feed
from gateway.bootstrap.notifier import notifier
from gateway.bootstrap.references import DirectContracts
from gateway.bootstrap.replays import replaying
from gateway.bootstrap.settings import Settings
from gateway.bootstrap.tracker import inbox, tracker
from gateway.bootstrap.webhooks import webhooks
from gateway.bootstrap.worker import WorkerProcess, lanes_of, worker
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.cli.town import variable_of
from gateway.client import GatewayClient, GatewayRefused
from gateway.domain.catalogue import Catalogue
from gateway.messaging import connect
from gateway.sdk.adapter import Manifest
from gateway.sdk.http import open_session
from gateway.sdk.simulator import Entry, Simulator, SimulatorOptions
from gateway.security.secrets import EnvSecrets
from gateway.storage.webhook_tables import webhook_deliveries
from gateway.telemetry.supervise import Job, Supervisor
from tests.path.catalogue import application
from tests.path.waiting import until

Json = dict[str, Any]
ROLES = ("api", "dispatcher", "worker", "tracker", "clock", "notifier")
#: A test waits for these times; those of production are minutes.
QUICK: Mapping[str, Any] = {"send_within_secs": 10.0, "lease_margin_secs": 2.0, "settle_secs": 0.0, "unmatched_secs": 600.0}


@dataclass(frozen=True, slots=True)
class Servers:
    """The combination that a test runs on."""

    database: str
    broker: str
    prefix: str = "darcha"

    @property
    def rabbitmq(self) -> bool:
        return self.broker.startswith("amqp")


_catalogues: dict[tuple[object, ...], Catalogue] = {}


def loaded(root: Path, environ: Mapping[str, str], adapters: Mapping[str, Manifest]) -> Catalogue:
    """Return what ``load_catalogue`` does, read once for the same addresses: a second a test is much in a suite of hundreds."""
    files = tuple((path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(root.glob("[cs]*/**/*")) if path.is_file())
    key = root, files, frozenset((name, value) for name, value in environ.items() if name.endswith("_URL"))
    if key not in _catalogues:
        _catalogues[key] = load_catalogue(root, environ=environ, adapters=adapters)
    return _catalogues[key]


@cache
def manifests() -> Mapping[str, Manifest]:
    """Return the adapters that are installed."""
    return find_adapters()


def quiet_port() -> int:
    """Return a port that is free now and that no connection is given by chance: below those of the operating system."""
    while True:
        port = secrets.randbelow(12_000) + 20_000
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@cache
def addresses(agencies: tuple[str, ...]) -> dict[str, str]:
    """Return the addresses of simulated agencies by the variables of their contracts, the same for a whole run."""
    return {variable_of(id_): f"http://127.0.0.1:{quiet_port()}" for id_ in agencies}


class Agencies:
    """Simulated agencies of a catalogue, real servers in this process. ``environ`` has their addresses and all secrets."""

    def __init__(self, root: Path, ledgers: Path) -> None:
        self.root = root
        self._ledgers = ledgers
        self._manifests = manifests()
        catalogue = loaded(root, {}, self._manifests)
        self.lanes = tuple(catalogue.lanes)
        self._agencies = {a.id: a for a in catalogue.agencies.values() if "simulator.yaml" in a.files}
        self.environ = addresses(tuple(self._agencies)).copy()
        self._running: dict[str, Simulator] = {}
        for agency in catalogue.agencies.values():
            for part in json.dumps([dict(agency.auth), dict(agency.callbacks)], default=dict).split("secret://")[1:]:
                name = part.split('"')[0].replace("/", "_").replace("-", "_").upper()
                self.environ.setdefault(f"DARCHA_SECRET_{name}", secrets.token_hex(8))

    def __getitem__(self, id_: str) -> Simulator:
        return self._running[id_]

    async def start(self, *names: str) -> None:
        """Start these, or all; one that ran before comes back on its port and remembers its ledger."""
        for id_ in names or self._agencies:
            port = int(self.environ[variable_of(id_)].rsplit(":", 1)[1])
            options = SimulatorOptions(ledger=self._ledgers / f"{id_}.jsonl", secrets=EnvSecrets(self.environ))
            make = self._manifests[self._agencies[id_].adapter].simulator
            assert make is not None
            simulator = make(self._agencies[id_], options)
            await simulator.start(port=port)
            self._running[id_] = simulator

    async def stop(self, *names: str) -> None:
        """Stop these, or all: connections to them are refused."""
        for id_ in names or list(self._running):
            await self._running.pop(id_).stop()

    async def fault(self, id_: str, faults: str) -> None:
        """Change what goes wrong, as ``darcha agency simulate --fault`` writes it; an empty text: nothing."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self[id_].url}/_control/faults", data=faults.encode()) as answer,
        ):
            assert answer.status == 200, await answer.text()

    def ledger(self, id_: str, operation: str = "") -> list[Entry]:
        """Return what the agency has processed, oldest first."""
        return [e for e in self[id_].ledger.entries() if operation in ("", e.operation)]

    def all_entries(self) -> dict[str, list[Entry]]:
        """Return every ledger, also of agencies that do not run now."""
        return {id_: list(s.ledger.entries()) for id_, s in self._running.items()}

    def effects(self, id_: str, operation: str = "") -> Counter[str]:
        """Return how many effects each message id has had."""
        return Counter(e.message_id for e in self.ledger(id_, operation) if e.effect)


@dataclass
class _Worker:
    """A worker with a connection and a session of its own, as in a process of its own."""

    bus: Any
    close: Callable[[], Any]
    supervisor: Supervisor
    task: asyncio.Task[None]


@dataclass
class Gateway:
    """The gateway under test. ``client`` speaks to its api as the operator; ``core`` has store and bus."""

    servers: Servers
    agencies: Agencies
    folder: Path
    overrides: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key = secrets.token_hex(16)
        self.port = quiet_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.deaths: list[str] = []
        self._roles: list[tuple[str, Supervisor, asyncio.Task[None]]] = []
        self._workers: list[_Worker] = []
        self._core: Core | None = None
        self._client: GatewayClient | None = None
        self._runs = 0

    # -- life ------------------------------------------------------------------------------------------------------

    @property
    def core(self) -> Core:
        assert self._core is not None, "the gateway is not started"
        return self._core

    @property
    def lanes(self) -> tuple[str, ...]:
        """The lanes of the catalogue."""
        return self.agencies.lanes

    @property
    def client(self) -> GatewayClient:
        assert self._client is not None, "the api is not started"
        return self._client

    def settings(self) -> Settings:
        # A new in-process bus each time: what was in its queues is lost with the process.
        broker = self.servers.broker if self.servers.rabbitmq else f"memory://{self.folder.name}-{self.port}-{self._runs}"
        given = {
            "database_url": self.servers.database,
            "broker_url": broker,
            "broker_prefix": self.servers.prefix,
            "catalogue": self.agencies.root,
            "data": self.folder,
            "port": self.port,
            "secret_key": "a secret of the tests",
            "first_key": self.key,
            **QUICK,
            **self.overrides,
        }
        return Settings(**given)

    async def start(self, *roles: str) -> None:
        """Start these roles, or all, on the database as it is."""
        self._runs += 1
        self._core = await open_core(self.settings(), self.agencies.environ)
        await start_core(self.core)
        await first_key(self.core)
        await self.start_roles(*(roles or ROLES))

    async def start_roles(self, *roles: str) -> None:
        for role in roles:
            if role == "worker":
                await self.start_worker()
                continue
            hub = Hub(self.core.store)
            all_jobs: Mapping[str, Mapping[str, Callable[[], Job]]] = {
                "api": {
                    "api": lambda hub=hub: ApiJob(api_app(self.core, {}, hub), self.core.settings.host, self.port),
                    "feed": lambda hub=hub: feed(self.core, hub),
                },
                "dispatcher": {"dispatcher": lambda: dispatcher(self.core)},
                "tracker": {"tracker": lambda: tracker(self.core), "inbox": lambda: inbox(self.core)},
                "tracker of replies": {"tracker": lambda: tracker(self.core)},
                "tracker of callbacks": {"inbox": lambda: inbox(self.core)},
                "clock": {
                    "clock": lambda: clock(self.core),
                    "recalculation": lambda: recalculation(self.core),
                    "replays": lambda: replaying(self.core),
                },
                "notifier": {"notifier": lambda: notifier(self.core), "webhooks": lambda: webhooks(self.core)},
            }
            supervisor = Supervisor(on_death=self.deaths.append)
            for name, job in all_jobs[role].items():
                supervisor.add(name, job)
            self._roles.append((role, supervisor, asyncio.create_task(supervisor.run(), name=role)))
        if "api" in roles:
            self._client = await GatewayClient(self.address, self.key).__aenter__()
            await until(self._serves, "the api serves")

    async def stop_roles(self, *roles: str) -> None:
        """Stop these in order, as SIGTERM would."""
        stopping = [one for one in self._roles if one[0] in roles]
        self._roles = [one for one in self._roles if one[0] not in roles]
        await asyncio.gather(*(supervisor.stop() for _, supervisor, _ in stopping))
        for _, _, task in stopping:
            await task
        if "api" in roles and self._client is not None:
            await self._client.__aexit__(None, None, None)
            self._client = None

    async def kill_role(self, role: str) -> None:
        """Let a role die without a word, nothing of what it does settled by it."""
        ((_, supervisor, task),) = [one for one in self._roles if one[0] == role]
        self._roles = [one for one in self._roles if one[0] != role]
        await supervisor.stop(grace_secs=0)
        await asyncio.gather(task, return_exceptions=True)

    async def end_webhook_claims(self) -> None:
        """Let the claims of webhooks end now, as they do by their time."""
        async with self.core.store.db.write() as tx:
            claimed = webhook_deliveries.c.state == "claimed"
            await tx.run(update(webhook_deliveries).where(claimed).values(next_at=await tx.now()))

    async def stop(self) -> None:
        """Stop everything in order. The database stays."""
        await self.stop_all_roles()
        if self._core is not None:
            await self._core.close()
            self._core = None

    async def stop_all_roles(self) -> None:
        """Stop every role; the store stays open, for looking at it."""
        await asyncio.gather(*(self._stop_worker(w) for w in self._workers))
        self._workers.clear()
        await self.stop_roles(*(role for role, _, _ in self._roles))

    async def restart(self) -> None:
        """As a process that ends and is started again."""
        await self.stop()
        await self.start()

    async def start_worker(self) -> None:
        """Start one more worker of all lanes, with a bus of its own."""
        settings = self.core.settings
        made: Callable[[], Job]
        if self.servers.rabbitmq:
            process = WorkerProcess(settings, (), self.agencies.environ)
            await process.open()
            bus, close, made = process.bus, process.close, process.job
        else:
            bus, session = connect(settings.broker_url, prefix=settings.broker_prefix), open_session()
            await bus.open()
            contracts = DirectContracts(self.core.deployment, self.core.store)
            links, lanes = DirectLinks(session, self.core), lanes_of(self.core.deployment.catalogue.agencies, ())

            def made() -> Job:
                return worker(bus, contracts, links, lanes)

            async def close() -> None:
                await bus.close()
                await session.close()

        supervisor = Supervisor(on_death=self.deaths.append)
        supervisor.add("worker", made)
        task = asyncio.create_task(supervisor.run(), name="worker")
        self._workers.append(_Worker(bus, close, supervisor, task))

    async def stop_worker(self) -> None:
        """Stop the oldest worker in order."""
        await self._stop_worker(self._workers.pop(0))

    async def _stop_worker(self, one: _Worker) -> None:
        await one.supervisor.stop()
        await one.task
        await one.close()

    async def kill_worker(self, *, connection_first: bool) -> None:
        """Let the oldest worker die without a word, nothing of what it holds settled by it.

        ``connection_first``: its connection to the broker breaks while it works on; else its tasks die first.
        """
        one = self._workers.pop(0)
        if connection_first:
            await one.bus.close()
        one.task.cancel()
        # Every task of the job, not only the supervisor's: cancelling is all that a process can do to itself.
        await one.supervisor.stop(grace_secs=0)
        await asyncio.gather(one.task, return_exceptions=True)
        await one.close()

    async def _serves(self) -> bool:
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.address}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    # -- what people do --------------------------------------------------------------------------------------------

    async def submit(self, service: str, *arguments: str, key: str = "", **more: Any) -> str:
        """Hand in an application of the small catalogue; return the case's id."""
        answer = await self.client.submit(application(service, *arguments, **more), key or secrets.token_hex(8))
        return str(answer["id"])

    async def send_document(self, content: bytes) -> Json:
        """Hand in a document; return what an application names it by."""
        sent: Json = await self.client.call(
            "POST",
            "/v1/documents",
            content,
            headers={"Content-Type": "application/octet-stream"},
            params={"name": "a.bin", "kind": "scan"},
        )
        return {"kind": "scan", "digest": sent["digest"], "name": "a.bin", "media_type": "application/octet-stream"}

    async def pay(self, case: str, at: str) -> None:
        """Confirm the payment; ``at`` is when it was made."""
        await self.client.facts(case, {"kind": "payment", "at": at, "data": {}})

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return await self.client.call("POST", path, body if body is not None else {"reason": "a test"}, headers=headers)

    async def resolve_request(self, request: str, outcome: Mapping[str, Any]) -> None:
        await self.post(f"/v1/requests/{request}/resolve", {"outcome": dict(outcome), "reason": "asked by telephone"})

    async def call_back(self, agency: str, name: str, body: Mapping[str, Any], *, secret: str | None = None) -> tuple[int, bytes]:
        """Call back as the agency would; return status and body of the answer."""
        token = secret or self.agencies.environ[f"DARCHA_SECRET_{agency.upper()}_CALLBACK"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        url = f"{self.address}/agencies/{agency}/callbacks/{name}"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=json.dumps(body).encode(), headers=headers) as answer,
        ):
            return answer.status, await answer.read()

    async def refusal(self, method: str, path: str, body: Any = None, **headers: str) -> GatewayRefused:
        """Return the refusal that a call has to end with."""
        try:
            answer = await self.client.call(method, path, body, headers=headers)
        except GatewayRefused as error:
            return error
        raise AssertionError(f"{method} {path} was not refused but answered {answer}")

    # -- what can be seen ------------------------------------------------------------------------------------------

    async def case(self, case: str) -> Json:
        return await self.client.case(case)

    async def requests(self, case: str) -> list[Json]:
        found: list[Json] = (await self.client.call("GET", f"/v1/cases/{case}/requests"))["items"]
        return found

    async def request(self, case: str, step: str = "entry") -> Json:
        """Return the request that stands for the step now."""
        (found,) = [r for r in await self.requests(case) if r["step"] == step and r["status"] != "superseded"]
        return found

    async def events(self, case: str, type_: str = "") -> list[Json]:
        items: list[Json] = (await self.client.call("GET", f"/v1/cases/{case}/events", params={"limit": "200"}))["items"]
        return [e for e in items if type_ in ("", e["type"].removeprefix("uz.darcha.").removesuffix(".v1"))]

    async def incidents(self, *kinds: str, state: str = "open", case: str = "") -> list[Json]:
        params = {"state": state, "limit": "200"} | ({"case": case} if case else {})
        found = await self.client.listed("/v1/incidents", params)
        return [i for i in found if not kinds or i["kind"] in kinds]

    async def lane(self, agency: str) -> Json:
        found: Json = (await self.client.call("GET", f"/v1/agencies/{agency}"))["lanes"][0]
        return found

    async def until_case(self, case: str, *statuses: str) -> Json:
        """Wait until the case has one of these statuses and return it."""

        async def there() -> Json | None:
            file = await self.core.store.case_file(case)  # asked often: the api only once it is so
            if file is None or file.case.status not in statuses:
                return None
            found = await self.case(case)
            return found if found["status"] in statuses else None

        return await self._wait(case, there, f"the case is {' or '.join(statuses)}")

    async def until_request(self, case: str, *statuses: str, step: str = "entry") -> Json:
        """Wait until the step's request has one of these statuses and return it."""

        async def there() -> Json | None:
            file = await self.core.store.case_file(case)
            live = None if file is None else file.live(step)
            if live is None or live.status not in statuses:
                return None
            found = await self.request(case, step)
            return found if found["status"] in statuses else None

        return await self._wait(case, there, f"the step {step} is {' or '.join(statuses)}")

    async def until_incident(self, kind: str, *, case: str = "") -> Json:
        """Wait until an incident of that kind is open and return the first."""

        async def there() -> Json | None:
            found = await self.incidents(kind, case=case)
            return found[0] if found else None

        found: Json = await until(there, f"an open incident {kind}")
        return found

    async def until_calm(self, case: str = "") -> None:
        """Wait until no incident is open (of that case)."""

        async def there() -> bool:
            return not await self.incidents(case=case)

        await until(there, "no incident is open")

    async def until_event(self, case: str, type_: str) -> Json:
        """Wait until the case has such an event and return the first."""

        async def there() -> Json | None:
            found = await self.events(case, type_)
            return found[0] if found else None

        found: Json = await until(there, f"an event {type_}")
        return found

    async def stored_message(self, request: str) -> bytes:
        """Return the bytes that were made for a request."""
        from gateway.domain.request import Work  # noqa: PLC0415 - only here

        id_ = UUID(request)
        return (await self.core.store.messages([(id_, Work.SEND)]))[id_, Work.SEND].content

    async def _wait(self, case: str, there: Callable[[], Any], what: str) -> Json:
        try:
            found: Json = await until(there, what)
        except AssertionError as error:
            requests = [{k: r[k] for k in ("step", "status", "next_at", "reason", "history")} for r in await self.requests(case)]
            raise AssertionError(f"{error}\nrequests: {requests}\nincidents: {await self.incidents()}") from None
        return found
