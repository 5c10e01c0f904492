"""Wiring of the worker. Importing this loads no database library: a worker knows none (promise 8)."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Mapping

import aiohttp

from gateway.application.bus import Bus
from gateway.application.deliver import Contracts, Deliver
from gateway.application.release import Release
from gateway.bootstrap.references import HttpContracts, HttpDocuments
from gateway.bootstrap.settings import Settings
from gateway.bootstrap.time import utc_now
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.domain.agency import Agency
from gateway.domain.errors import CatalogueError
from gateway.messaging import connect
from gateway.roles.tracing import watch
from gateway.roles.worker import Worker
from gateway.sdk.http import open_session
from gateway.sdk.link import Documents, Exchange, Link, Secrets
from gateway.security.secrets import EnvSecrets
from gateway.telemetry.metrics import METRICS
from gateway.telemetry.tracing import note_exchange


def lanes_of(agencies: Mapping[str, Agency], wanted: Iterable[str]) -> dict[str, int]:
    """Return lane → concurrency for the agencies that this worker serves; none named means all.

    Raises ``CatalogueError`` for an agency that the catalogue does not have.
    """
    names = list(wanted) or list(agencies)
    lanes: dict[str, int] = {}
    for name in names:
        if name not in agencies:
            raise CatalogueError(f"there is no agency {name!r}; the catalogue has {', '.join(agencies)}")
        lanes |= {lane: agencies[name].policy_of(lane).concurrency for lane in agencies[name].lanes}
    return lanes


class HttpLinks:
    """Lends adapters what they need for one release, with documents over signed references."""

    def __init__(self, session: aiohttp.ClientSession, secrets: Secrets) -> None:
        self._session = session
        self._secrets = secrets

    def documents(self, release: Release) -> Documents:
        """Return the documents of a release."""
        return HttpDocuments(self._session, release.references)

    def __call__(self, release: Release) -> Link:
        """Return the link of a release."""
        return Link(
            self._session,
            release.endpoint,
            release.timeout_secs,
            self._secrets,
            self.documents(release),
            release.traceparent,
            observed(release.agency),
        )


def observed(agency: str) -> Callable[[Exchange], None]:
    """Return what counts the exchanges with an agency and notes them on the span of the call."""

    def observe(exchange: Exchange) -> None:
        METRICS.exchanged(agency, exchange.status, exchange.sent_bytes, exchange.received_bytes)
        note_exchange(exchange.status, exchange.sent_bytes, exchange.received_bytes)

    return observe


def worker(bus: Bus, contracts: Contracts, links: HttpLinks, lanes: Mapping[str, int]) -> Worker:
    """Return the worker's loop."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    return Worker(Deliver(contracts, links, name, utc_now, watch), bus, lanes, METRICS.attempted)


class WorkerProcess:
    """A worker alone in its process: broker, agencies and the api's references, and nothing else."""

    def __init__(self, settings: Settings, agencies: Iterable[str], environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        self._manifests = find_adapters()
        catalogue = load_catalogue(settings.catalogue_root(), environ=environ, adapters=self._manifests)
        self._lanes = lanes_of(catalogue.agencies, agencies)
        self._secrets = EnvSecrets(environ, settings.secrets)
        self.bus = connect(settings.broker_url, prefix=settings.broker_prefix)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Open the broker connection; a broker that is away is waited for."""
        self._session = open_session()
        await self.bus.open()

    async def close(self) -> None:
        """Close what was opened."""
        await self.bus.close()
        if self._session is not None:
            await self._session.close()

    def job(self) -> Worker:
        """Return a new loop, for the supervisor."""
        if self._session is None:
            raise RuntimeError("open the worker before its job is made")
        contracts = HttpContracts(self._session, self._manifests)
        return worker(self.bus, contracts, HttpLinks(self._session, self._secrets), self._lanes)
