"""``darcha agency``: from an agency's contract to an agency that is connected, each command in a file of its own."""

from __future__ import annotations

import typer

from gateway.cli import agency_check, agency_new, agency_probe, agency_simulate

app = typer.Typer(help="Agencies.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Agencies."""


app.command("new")(agency_new.new)
app.command("try")(agency_new.try_)
app.command("check")(agency_check.check)
app.command("simulate")(agency_simulate.simulate)
app.command("probe")(agency_probe.probe)
