"""What every role beside the database needs: catalogue, store, bus, deployment. Opened once a process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog

from gateway.application.bus import Bus
from gateway.application.calendars import Calendars
from gateway.application.deployment import Deployment
from gateway.bootstrap.settings import Settings
from gateway.catalogue.calendars import IDS, seed, seed_version
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.domain.case_file import Mint
from gateway.messaging import connect
from gateway.security.secrets import EnvSecrets
from gateway.storage import DatabaseStore, SystemMint, open_store, upgrade
from gateway.telemetry.metrics import METRICS

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Core:
    """The opened parts; close with ``close``."""

    settings: Settings
    deployment: Deployment
    store: DatabaseStore
    bus: Bus
    mint: Mint
    secret: bytes
    secrets: EnvSecrets
    zone: ZoneInfo
    environ: Mapping[str, str]

    async def close(self) -> None:
        """Close the bus, then the store."""
        await self.bus.close()
        await self.store.close()


async def open_core(settings: Settings, environ: Mapping[str, str] | None = None) -> Core:
    """Open everything. Raises ``CatalogueInvalid`` when the catalogue has mistakes; a server that is away is waited for."""
    environ = os.environ if environ is None else environ
    manifests = find_adapters()
    catalogue = load_catalogue(settings.catalogue_root(), environ=environ, adapters=manifests)
    calendars = Calendars(seed, IDS, seed_version())
    deployment = Deployment(catalogue, manifests, calendars, settle_secs=settings.settle_secs, measures=METRICS)
    if settings.database.startswith("sqlite"):
        settings.data.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.database, unmatched_after=timedelta(seconds=settings.unmatched_secs))
    bus = connect(settings.broker_url, prefix=settings.broker_prefix)
    return Core(
        settings=settings,
        deployment=deployment,
        store=store,
        bus=bus,
        mint=SystemMint(),
        secret=settings.secret(),
        secrets=EnvSecrets(environ, settings.secrets),
        zone=ZoneInfo(settings.time_zone),
        environ=environ,
    )


async def start_core(core: Core) -> None:
    """Open store and bus, and write what the catalogue asks of the database: lanes and pins; read the calendars.

    Raises ``StoreUnavailable``.
    """
    await core.store.open()
    await core.store.ensure_lanes({lane: agency.id for lane, agency in core.deployment.catalogue.lanes.items()})
    await core.store.put_pins(core.deployment.pins())
    await core.deployment.calendars.start(core.store)
    if core.settings.embedded:
        ended = await core.store.end_all_leases()
        if ended:
            log.info("ended the leases of the last run", count=ended)
    await core.bus.open()


def upgrade_database(settings: Settings) -> None:
    """Bring the tables to the newest form. Blocking; call it in a thread from async code."""
    if settings.database.startswith("sqlite"):
        settings.data.mkdir(parents=True, exist_ok=True)
    upgrade(settings.database)
