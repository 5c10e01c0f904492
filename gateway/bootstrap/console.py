"""Wiring of the console, which stands in the api's process, and of the first account."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.application.accounts import Accounts, new_password
from gateway.application.acts import Acts
from gateway.application.incident_groups import IncidentGroups
from gateway.application.kept_versions import KeptVersions
from gateway.application.replays import Replays
from gateway.bootstrap.core import Core
from gateway.bootstrap.time import utc_now
from gateway.bootstrap.webhooks import webhook_acts
from gateway.console.app import build_console
from gateway.console.parts import ConsoleParts
from gateway.domain.errors import Conflict
from gateway.security.passwords import Argon2Passwords

log = structlog.get_logger(__name__)

#: What the first account may do: everything that is done at the console but the desk, which needs an inbox.
FIRST_SCOPES = frozenset({"operate", "reveal"})
FIRST_NAME = "operator"


def accounts_of(core: Core) -> Accounts:
    """Return the use case over the parts of a core."""
    return Accounts(core.store, Argon2Passwords(), utc_now)


def console_app(core: Core, acts: Acts, stopping: Callable[[], bool]) -> Starlette:
    """Return the console over the parts of a core."""
    parts = ConsoleParts(
        deployment=core.deployment,
        store=core.store,
        reads=core.store,
        alerts=core.store,
        acts=acts,
        accounts=accounts_of(core),
        bus=core.bus,
        webhooks=webhook_acts(core),
        history=core.store,
        audit=core.store,
        versions=KeptVersions(core.store),
        reach=core.store,
        now=utc_now,
        zone=core.zone,
        agency_history=core.store,
        groups=IncidentGroups(core.deployment, core.store, core.store),
        replays=Replays(core.deployment, core.store, core.store, core.mint),
        mint=core.mint,
        secret=core.secret,
        secure=core.settings.public.startswith("https://"),
        document_bytes=core.settings.max_body_mb * 1024 * 1024,
        stopping=stopping,
    )
    return build_console(parts)


async def to_console(_request: Request) -> Response:
    """The address as people type it."""
    return RedirectResponse("/console/", 308)


async def first_account(core: Core) -> str:
    """Make sure that somebody can sign in; return ``name:password`` of an account made just now with a password of ours.

    ``DARCHA_FIRST_ACCOUNT`` names one and its password; in the embedded mode without any account one is made. Raises
    ``BadInput`` when the setting is no name and password that an account can have.
    """
    accounts, wanted = accounts_of(core), core.settings.first_account
    if wanted:
        name, _, password = wanted.partition(":")
        if await core.store.account(name.strip().casefold()) is None:
            await _made(accounts, name, password)
        return ""
    if core.settings.embedded and not await accounts.everybody():
        password = new_password()
        return f"{FIRST_NAME}:{password}" if await _made(accounts, FIRST_NAME, password) else ""
    return ""


async def _made(accounts: Accounts, name: str, password: str) -> bool:
    try:
        await accounts.add(name, password, FIRST_SCOPES)
    except Conflict:  # another process was quicker
        return False
    return True
