"""``darcha``: the commands, each in a file of its own."""

from __future__ import annotations

import typer

from gateway.cli import (
    account,
    agency,
    alert,
    calendar,
    case,
    catalogue,
    clock,
    db,
    decisions,
    demo,
    desk,
    incident,
    key,
    replay,
    request,
    run,
    submit,
    trace,
    webhook,
)

app = typer.Typer(
    name="darcha",
    help="Interoperability gateway between one window and the agencies behind it.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("submit")(submit.submit)
app.command("trace")(trace.trace)
app.add_typer(case.app, name="case")
case.app.command("decide")(decisions.decide)
case.app.command("reopen")(decisions.reopen)
app.add_typer(incident.app, name="incident")
app.add_typer(request.app, name="request")
app.add_typer(replay.app, name="replay")
app.add_typer(alert.app, name="alert")
app.add_typer(desk.app, name="desk")
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(clock.app, name="clock")
app.add_typer(agency.app, name="agency")
app.add_typer(calendar.app, name="calendar")
app.add_typer(webhook.app, name="webhook")
app.add_typer(db.app, name="db")
app.add_typer(key.app, name="key")
app.add_typer(account.app, name="account")
