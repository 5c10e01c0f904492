"""``darcha run``: the gateway, all roles in one process or some of them."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gateway.bootstrap.settings import Settings
from gateway.cli.output import BAD_CALL, UNREACHABLE, WRONG, err, fail
from gateway.domain.errors import CatalogueError, DarchaError
from gateway.telemetry.logs import configure_logging

ROLES = ("api", "dispatcher", "worker", "tracker", "clock", "notifier")


def run(
    role: Annotated[list[str] | None, typer.Option("--role", help=f"one or more of {', '.join(ROLES)}; none: all")] = None,
    agency: Annotated[list[str] | None, typer.Option("--agency", help="a worker's agencies; none: all")] = None,
) -> None:
    """Run the gateway. Settings come from the environment (DARCHA_…)."""
    settings = Settings()
    roles = role or list(ROLES)
    if strange := [r for r in roles if r not in ROLES]:
        fail(f"there is no role {strange[0]!r}; there are {', '.join(ROLES)}", BAD_CALL)
    if settings.embedded and len(roles) < len(ROLES):
        fail("the in-process bus needs all roles in one process; set DARCHA_BROKER_URL to an amqp:// address", BAD_CALL)
    configure_logging(settings.log, settings.log_level)
    try:
        if roles == ["worker"]:
            from gateway.bootstrap.worker_process import run_worker  # noqa: PLC0415 - a worker loads no database library

            asyncio.run(run_worker(settings, agency or []))
        else:
            from gateway.bootstrap.process import run_roles  # noqa: PLC0415 - as above

            asyncio.run(run_roles(settings, roles, _ready))
    except CatalogueError as error:
        fail(str(error), WRONG)
    except DarchaError as error:
        fail(str(error), UNREACHABLE)


def _ready(address: str, key: str, account: str) -> None:
    if key:
        err.print(f"Darcha serves at {address} (API description: {address}/openapi.json)")
        err.print(f"API key, told only now: {key}", markup=False, soft_wrap=True)
    if account:
        name, _, password = account.partition(":")
        err.print(f"Console: {address}/console, name {name}, password, told only now: {password}", markup=False, soft_wrap=True)
