"""``darcha db``: the tables."""

from __future__ import annotations

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
