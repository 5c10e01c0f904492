"""``darcha db``: the tables."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gateway.bootstrap.settings import Settings
from gateway.cli.output import UNREACHABLE, AsJson, fail, out, show
from gateway.domain.errors import DarchaError

app = typer.Typer(help="The database.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The database."""


@app.command("upgrade")
def upgrade(as_json: AsJson = False) -> None:
    """Bring the tables to the newest form. Safe to repeat; the previous release keeps running on the new form."""
    from gateway.bootstrap.core import upgrade_database  # noqa: PLC0415 - only this command needs the database
    from gateway.storage import head  # noqa: PLC0415 - as above

    settings = Settings()
    try:
        upgrade_database(settings)
    except DarchaError as error:
        fail(str(error), UNREACHABLE)
    if as_json:
        show({"revision": head()})
    else:
        out.print(f"The tables are at {head()}.")


@app.command("index")
def index(
    batch: Annotated[int, typer.Option(min=1, max=10_000, help="cases in one transaction")] = 500,
    again: Annotated[bool, typer.Option("--again", help="begin at the first case, not where it ended the last time")] = False,
    as_json: AsJson = False,
) -> None:
    """Index the identifiers of cases that an earlier release took in, so that they are found. Safe to end and to repeat."""
    from gateway.bootstrap.reindex import index_cases  # noqa: PLC0415 - only this command needs the database

    settings = Settings()
    try:
        count = asyncio.run(index_cases(settings, batch=batch, again=again))
    except DarchaError as error:
        fail(str(error), UNREACHABLE)
    if as_json:
        show({"cases": count})
    else:
        out.print(f"{count} cases are indexed.")
