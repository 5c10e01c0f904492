"""``darcha alert``: what people are told, that somebody has taken it on, and when nobody is to be told."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import uuid4

import typer

from gateway.bootstrap.settings import Settings
from gateway.cli.output import BAD_CALL, DEFAULT_URL, WRONG, Address, AsJson, Key, command, err, fail, out, show, table
from gateway.client import GatewayClient
from gateway.domain.errors import CatalogueError

app = typer.Typer(help="What people are told.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", help="name of the person who does this")]


@app.command("test")
def test(
    to: Annotated[str, typer.Option("--to", help="name of a receiver; all of them, if left out")] = "",
    as_json: AsJson = False,
) -> None:
    """Send a test through every channel that is set, and say what happened at each. Needs no running gateway."""
    from gateway.bootstrap.alerts import try_channels  # noqa: PLC0415 - apprise and the catalogue: only this command needs them

    try:
        receivers, tried, warnings = asyncio.run(try_channels(Settings(), os.environ, uuid4(), to))
    except CatalogueError as error:
        fail(str(error), WRONG)
    for warning in warnings:
        err.print(f"warning: {warning}", markup=False, soft_wrap=True)
    if to and to not in receivers:
        fail(f"there is no receiver {to!r}; there are {', '.join(receivers)}", BAD_CALL)
    if as_json:
        show([{"target": one.target, "address": one.address, "error": one.error} for one in tried])
    else:
        table("", ("receiver", "address", "result"), [(one.target, one.address, one.error or "taken") for one in tried])
    if not tried:
        fail("nobody can be told: set DARCHA_ALERT_URLS, or receivers in alerts.yaml of the catalogue", WRONG)
    if any(one.error for one in tried):
        raise typer.Exit(WRONG)


@app.command("list")
@command
async def list_alerts(
    state: Annotated[str, typer.Option(help="open or over")] = "open",
    kind: str = "",
    agency: str = "",
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """List alerts, newest first."""
    given = {"state": state, "kind": kind, "agency": agency}
    async with GatewayClient(url, key) as client:
        found = await client.listed("/v1/alerts", {name: value for name, value in given.items() if value})
    if as_json:
        show(found)
        return
    rows = [
        (
            a["id"],
            a["kind"],
            a["agency"] or a["service"],
            a["count"],
            a["opened_at"],
            ", ".join(a["told_to"]),
            a["acknowledged_by"],
        )
        for a in found
    ]
    table("", ("id", "kind", "about", "count", "since", "told", "taken on by"), rows)


@app.command("ack")
@command
async def ack(
    alert: str,
    by: By,
    note: Annotated[str, typer.Option(help="what is being done")] = "",
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Take an alert on: it is neither repeated nor escalated any more."""
    async with GatewayClient(url, key) as client:
        answer = await client.call("POST", f"/v1/alerts/{alert}/acknowledge", {"by": by, "note": note})
    if as_json:
        show(answer)
    else:
        out.print(f"{by} has taken on: {alert}", markup=False)


@app.command("silence")
@command
async def silence(
    by: By,
    reason: Annotated[str, typer.Option(help="why nobody is to be told")],
    mins: Annotated[int, typer.Option("--for", min=1, help="how many minutes")] = 60,
    starts_at: Annotated[str, typer.Option("--from", help="RFC 3339 with offset; now, if left out")] = "",
    agency: str = "",
    kind: str = "",
    service: str = "",
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Hold alerts back for a time. A summary tells what was held back when it is over."""
    begins = _begins(starts_at)
    body: dict[str, Any] = {"by": by, "reason": reason, "agency": agency, "kind": kind, "service": service}
    body["ends_at"] = (begins + timedelta(minutes=mins)).isoformat()
    if starts_at:
        body["starts_at"] = begins.isoformat()
    async with GatewayClient(url, key) as client:
        answer = await client.call("POST", "/v1/silences", body)
    if as_json:
        show(answer)
    else:
        out.print(f"Silent until {answer['ends_at']}: {answer['id']}", markup=False)


@app.command("unsilence")
@command
async def unsilence(silence: str, by: By, url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """End a silence now."""
    async with GatewayClient(url, key) as client:
        answer = await client.call("POST", f"/v1/silences/{silence}/end", {"by": by})
    if as_json:
        show(answer)
    else:
        out.print(f"Ended: {silence}", markup=False)


def _begins(written: str) -> datetime:
    if not written:
        return datetime.now(UTC)
    try:
        begins = datetime.fromisoformat(written)
    except ValueError:
        begins = None  # told below
    if begins is None or begins.tzinfo is None:
        fail(f"--from is a time like 2026-12-07T09:00:00+05:00, not {written!r}", BAD_CALL)
    return begins
