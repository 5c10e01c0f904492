"""A process of the gateway: one role, several, or all, supervised, until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import aiohttp
import structlog

from gateway.application.feed import Hub
from gateway.application.store import StoreUnavailable
from gateway.bootstrap.api import ApiJob, api_app, first_key
from gateway.bootstrap.calendars import calendar_watch, recalculation
from gateway.bootstrap.clock import clock
from gateway.bootstrap.console import first_account
from gateway.bootstrap.core import Core, open_core, start_core, upgrade_database
from gateway.bootstrap.dispatcher import dispatcher
from gateway.bootstrap.embedded_worker import embedded_worker
from gateway.bootstrap.feed import feed
from gateway.bootstrap.health import Check, HealthJob, tasks_check
from gateway.bootstrap.memory import settle_down
from gateway.bootstrap.notifier import notifier
from gateway.bootstrap.observer import observer
from gateway.bootstrap.replays import replaying
from gateway.bootstrap.settings import Settings
from gateway.bootstrap.signals import stop_on_signals, unless_stopped
from gateway.bootstrap.traces import add_trace_store, add_traces, into_store, open_traces
from gateway.bootstrap.tracker import inbox, tracker
from gateway.bootstrap.webhooks import webhooks
from gateway.sdk.http import open_session
from gateway.storage import SchemaOutdated
from gateway.telemetry.supervise import Supervisor

log = structlog.get_logger(__name__)

ROLES = ("api", "dispatcher", "worker", "tracker", "clock", "notifier")
#: Told once the process serves: its address, and where there are any to tell the first key and account (``name:password``).
Ready = Callable[[str, str, str], None]


async def run_roles(settings: Settings, roles: Sequence[str], ready: Ready = lambda _address, _key, _account: None) -> None:
    """Run roles that need the database until SIGTERM or SIGINT. Start-up order is free: what is away is waited for.

    Raises ``CatalogueInvalid`` before anything starts when the catalogue has mistakes, ``TaskGaveUp`` when a role
    cannot be kept alive.
    """
    core = await open_core(settings)
    supervisor = Supervisor()
    stop_on_signals(supervisor)
    traces = open_traces("all" if set(roles) == set(ROLES) else ",".join(roles), settings)
    session = open_session()
    try:
        if await unless_stopped(supervisor, _start(core)):
            _add(supervisor, core, roles, session)
            add_traces(supervisor, traces, into_store(core.store))
            if "tracker" in roles:
                add_trace_store(supervisor, traces, core.store, core.bus, settings)
            if settings.health_port:
                checks = {"tasks": tasks_check(supervisor), "broker": _broker(core)}
                supervisor.add("health", lambda: HealthJob(settings.host, settings.health_port, checks))
            key = await first_key(core) if "api" in roles else ""
            account = await first_account(core) if "api" in roles else ""
            settle_down()
            log.info("started", roles=list(roles), address=settings.public, database=settings.database.split("@")[-1])
            ready(settings.public, key, account)
            await supervisor.run()
    finally:
        await session.close()
        await traces.flush(into_store(core.store))
        await core.close()
        traces.end()
        log.info("stopped", roles=list(roles))


async def _start(core: Core) -> None:
    if core.settings.embedded:
        await asyncio.to_thread(upgrade_database, core.settings)
    told = ""
    while True:
        try:
            await start_core(core)
        except (StoreUnavailable, SchemaOutdated) as error:
            if str(error) != told:  # each reason once: a database that came up may still want its tables
                told = str(error)
                log.warning("waiting for the database", reason=told)
            await asyncio.sleep(1)
        else:
            return


def _add(supervisor: Supervisor, core: Core, roles: Sequence[str], session: aiohttp.ClientSession) -> None:
    for role in roles:
        match role:
            case "api":
                hub = Hub(core.store)
                supervisor.add("api", partial(_api, core, supervisor, hub))
                supervisor.add("feed", partial(feed, core, hub))
                supervisor.add("observer", lambda: observer(core))
            case "dispatcher":
                supervisor.add("dispatcher", lambda: dispatcher(core))
            case "worker":
                supervisor.add("worker", lambda: embedded_worker(core, session))
            case "tracker":
                supervisor.add("tracker", lambda: tracker(core))
                supervisor.add("inbox", lambda: inbox(core))
            case "clock":
                supervisor.add("clock", lambda: clock(core))
                supervisor.add("recalculation", lambda: recalculation(core))
                supervisor.add("replays", lambda: replaying(core))
            case "notifier":
                supervisor.add("notifier", lambda: notifier(core))
                supervisor.add("webhooks", lambda: webhooks(core))
            case _:
                raise ValueError(f"there is no role {role!r}; there are {', '.join(ROLES)}")
    if "clock" not in roles:  # whose recalculation reads new versions too
        supervisor.add("calendars", lambda: calendar_watch(core))


def _broker(core: Core) -> Check:
    async def check() -> str:
        return "" if core.bus.connected else "the broker is not connected"

    return check


def _api(core: Core, supervisor: Supervisor, hub: Hub) -> ApiJob:
    app = api_app(core, {"tasks": tasks_check(supervisor)}, hub, supervisor.stopping.is_set)
    return ApiJob(app, core.settings.host, core.settings.port)
