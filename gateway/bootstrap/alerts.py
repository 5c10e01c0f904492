"""Who is told of what, from settings and catalogue; and a test of every channel, without a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from gateway.bootstrap.settings import Settings
from gateway.catalogue.alerts import FILE, load_alerts
from gateway.catalogue.loader import check_catalogue
from gateway.catalogue.mistakes import CatalogueInvalid
from gateway.catalogue.plugins import find_adapters
from gateway.domain.alerting import DEFAULT_RECEIVER, AlertRules, Receiver
from gateway.domain.catalogue import Catalogue
from gateway.notify.channels import Channels, Tried


def alert_rules(settings: Settings, catalogue: Catalogue, environ: Mapping[str, str]) -> AlertRules:
    """Return who is told of what: ``alerts.yaml`` of the catalogue, where there is one, and the default receiver of the
    settings. Raises ``CatalogueInvalid``."""
    default = Receiver(DEFAULT_RECEIVER, tuple(settings.alert_urls.split()), settings.alert_language)
    told = load_alerts(settings.catalogue_root(), catalogue, environ)
    return AlertRules(
        receivers={DEFAULT_RECEIVER: default, **told.receivers},
        routes=told.routes,
        wait_secs=settings.alert_wait_secs,
        unsure_secs=settings.alert_unsure_secs,
        calm_secs=settings.alert_calm_secs,
        more_secs=settings.alert_more_secs,
        repeat_secs=settings.alert_repeat_secs,
    )


async def try_channels(
    settings: Settings, environ: Mapping[str, str], id_: UUID, only: str = ""
) -> tuple[Sequence[str], list[Tried], list[str]]:
    """Send a test to every address, or to those of the receiver ``only``, under the id ``id_``.

    Returns the names of the receivers, what happened at each address, and what ``alerts.yaml`` lacks. Raises
    ``CatalogueInvalid``.
    """
    checked = check_catalogue(settings.catalogue_root(), environ=environ, adapters=find_adapters())
    if checked.mistakes:
        raise CatalogueInvalid(checked.mistakes)
    rules = alert_rules(settings, checked.catalogue, environ)
    channels = Channels(rules.receivers, ZoneInfo(settings.time_zone), source=settings.public)
    try:
        tried = await channels.test(id_, only)
    finally:
        channels.close()
    return list(rules.receivers), tried, [str(warning) for warning in checked.warnings if warning.file == FILE]
