"""Wiring of the api: the FastAPI app, and a server of it that the supervisor keeps."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Mapping

import structlog
import uvicorn
from fastapi import FastAPI

from gateway.api.app import build_api
from gateway.api.parts import ApiParts, Check, Limits
from gateway.application.acts import Acts
from gateway.application.callbacks import Callbacks
from gateway.application.feed import Hub
from gateway.application.incident_groups import IncidentGroups
from gateway.application.reads import Client
from gateway.application.replays import Replays
from gateway.application.store import StoreUnavailable
from gateway.application.submit import Submit
from gateway.bootstrap.console import console_app, to_console
from gateway.bootstrap.core import Core
from gateway.bootstrap.time import utc_now
from gateway.bootstrap.webhooks import webhook_acts
from gateway.security.keys import hash_key, new_key
from gateway.storage import GroupCommit
from gateway.telemetry.metrics import METRICS

log = structlog.get_logger(__name__)

#: What the first key may do: everything, for it is the operator's own.
ALL_SCOPES = frozenset({"submit", "read", "operate", "desk"})
FIRST_CLIENT = "first"
#: How long an idle connection stays open: longer than clients and proxies keep theirs (15 and 60 seconds are common). Who ends
#: it first decides: a call that is sent while we end it is lost, and one that creates something is not repeated blindly.
IDLE_SECS = 75


def _never() -> bool:
    return False


def api_app(core: Core, checks: Mapping[str, Check], hub: Hub, stopping: Callable[[], bool] = _never) -> FastAPI:
    """Return the app over the parts of a core. Its streams are fed by ``hub``, which a job beside it reads (``feed.py``).

    ``stopping``: open streams of the console are to end.
    """
    deployment, store, bus = core.deployment, core.store, core.bus
    submit = Submit(deployment, GroupCommit(store.take_in), bus, core.mint, core.secret, utc_now)
    parts = ApiParts(
        deployment=deployment,
        store=store,
        reads=store,
        hub=hub,
        alerts=store,
        replays=Replays(deployment, store, store, core.mint),
        groups=IncidentGroups(deployment, store, store),
        webhooks=webhook_acts(core),
        history=store,
        bus=bus,
        submit=submit,
        acts=Acts(deployment, store, bus),
        callbacks=Callbacks(store, bus),
        secret=core.secret,
        secrets=core.secrets,
        mint=core.mint,
        now=utc_now,
        checks={"database": _database(core), "broker": _broker(core), **checks},
        metrics=METRICS.render,
        observe=METRICS.answered,
        taken_in=METRICS.taken_in,
        limits=Limits(document_bytes=core.settings.max_body_mb * 1024 * 1024),
    )
    app = build_api(parts)
    app.add_route("/console", to_console, methods=["GET"], include_in_schema=False)
    app.mount("/console", console_app(core, parts.acts, stopping))
    return app


def _database(core: Core) -> Check:
    async def check() -> str:
        try:
            await core.store.now()
        except StoreUnavailable as error:
            return str(error)
        return ""

    return check


def _broker(core: Core) -> Check:
    async def check() -> str:
        return "" if core.bus.connected else "the broker is not connected"

    return check


async def first_key(core: Core) -> str:
    """Make sure that somebody can come in: the key of ``DARCHA_FIRST_KEY``, or in the embedded mode a new one, told once."""
    wanted = core.settings.first_key
    if wanted:
        if await core.store.client_of_key(hash_key(wanted)) is None:
            await core.store.add_key(hash_key(wanted), Client(FIRST_CLIENT, ALL_SCOPES))
        return wanted
    if core.settings.embedded and not await core.store.clients():
        made = new_key()
        await core.store.add_key(hash_key(made), Client(FIRST_CLIENT, ALL_SCOPES))
        return made
    return ""


class _Server(uvicorn.Server):
    """Signals are the process's business, not the server's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class ApiJob:
    """The api under supervision: ``stop`` lets open answers end."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=10,
            timeout_keep_alive=IDLE_SECS,
            lifespan="on",
        )
        self._server = _Server(config)

    async def run(self) -> None:
        """Serve until stopped. Raises ``OSError`` when the port is taken."""
        try:
            await self._server.serve()
        except SystemExit as error:  # uvicorn's way to say that it could not bind
            raise OSError(f"the api could not listen on {self._server.config.host}:{self._server.config.port}") from error

    async def stop(self) -> None:
        """Take no new connection and let ``run`` end."""
        self._server.should_exit = True
