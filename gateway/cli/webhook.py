"""``darcha webhook``: what receivers of front offices are told, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from gateway.cli.output import BAD_CALL, DEFAULT_URL, WRONG, Address, AsJson, Key, command, fail, out, show, table
from gateway.client import GatewayClient

app = typer.Typer(help="What receivers of front offices are told.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="id of the webhook")]


@app.command("add")
@command
async def add(
    address: Annotated[str, typer.Argument(help="where events go, https://…")],
    event: Annotated[list[str] | None, typer.Option("--event", help="case.decided, case.* or *; may be given again")] = None,
    service: Annotated[str, typer.Option(help="only of cases of this service")] = "",
    office: Annotated[str, typer.Option(help="only of cases of this office")] = "",
    description: str = "",
    client: Annotated[str, typer.Option(help="whose cases; for operators")] = "",
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Subscribe to the events of one's own cases. The secret is shown this once."""
    async with GatewayClient(url, key) as gateway:
        made = await gateway.webhooks.add(
            address, event or ["*"], filter={"service": service, "office": office}, description=description, client=client
        )
    if as_json:
        show(made)
        return
    out.print(f"Webhook {made['id']}", markup=False)
    out.print(f"Secret, shown this once: {made['secret']}", markup=False, soft_wrap=True)


@app.command("list")
@command
async def list_webhooks(url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """List webhooks, newest first."""
    async with GatewayClient(url, key) as gateway:
        found = await gateway.webhooks.list()
    if as_json:
        show(found)
        return
    rows = [(w["id"], w["client"], w["url"], ", ".join(w["events"]), w["state"], w["failures"]) for w in found]
    table("", ("id", "client", "address", "events", "state", "failures in a row"), rows)


@app.command("show")
@command
async def show_webhook(webhook: Id, url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """Show one webhook."""
    async with GatewayClient(url, key) as gateway:
        found = await gateway.webhooks.get(webhook)
    if as_json:
        show(found)
        return
    given = found["filter"]
    secrets = ", ".join(f"{s['generation']}" + (f" until {s['retires_at']}" if s["retires_at"] else "") for s in found["secrets"])
    rows = [
        ("client", found["client"]),
        ("address", found["url"]),
        ("events", ", ".join(found["events"])),
        ("service", given.get("service")),
        ("office", given.get("office")),
        ("description", found["description"]),
        ("state", f"{found['state']} {found['reason']}".strip()),
        ("failures in a row", found["failures"]),
        ("rests until", found["rests_until"]),
        ("secrets", secrets),
    ]
    table("", ("", found["id"]), [row for row in rows if row[1]])


@app.command("rotate")
@command
async def rotate(
    webhook: Id,
    hours: Annotated[float, typer.Option(min=0, max=168, help="how long the secret before signs beside the new one")] = 24,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Make a new secret. It is shown this once."""
    async with GatewayClient(url, key) as gateway:
        made = await gateway.webhooks.rotate(webhook, overlap_secs=round(hours * 3600))
    if as_json:
        show(made)
    else:
        out.print(f"Secret, shown this once: {made['secret']}", markup=False, soft_wrap=True)


@app.command("test")
@command
async def test(webhook: Id, url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """Send a test now and say what the receiver answered."""
    async with GatewayClient(url, key) as gateway:
        told = await gateway.webhooks.test(webhook)
    if as_json:
        show(told)
    else:
        out.print(told["error"] or f"The receiver took it: {told['status']}, {told['secs']:.3f} s", markup=False, soft_wrap=True)
    if told["error"]:
        raise typer.Exit(WRONG)


@app.command("pause")
@command
async def pause(
    webhook: Id,
    reason: Annotated[str, typer.Option(help="why")],
    url: Address = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Send nothing until it is resumed; nothing is lost."""
    async with GatewayClient(url, key) as gateway:
        await gateway.webhooks.pause(webhook, reason)
    out.print(f"Paused: {webhook}", markup=False)


@app.command("resume")
@command
async def resume(webhook: Id, url: Address = DEFAULT_URL, key: Key = "") -> None:
    """Go on where it stood, also after it was disabled."""
    async with GatewayClient(url, key) as gateway:
        await gateway.webhooks.resume(webhook)
    out.print(f"Goes on: {webhook}", markup=False)


@app.command("deliveries")
@command
async def deliveries(
    webhook: Id,
    state: Annotated[str, typer.Option(help="pending, claimed, delivered, exhausted or skipped")] = "",
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """List deliveries, newest first."""
    async with GatewayClient(url, key) as gateway:
        found = await gateway.webhooks.deliveries(webhook, state)
    if as_json:
        show(found)
        return
    rows = [(d["id"], d["type"], d["case"], d["state"], d["attempts"], d["next_at"], d["error"]) for d in found]
    table("", ("id", "event", "case", "state", "tries", "next", "error"), rows)


@app.command("resend")
@command
async def resend(
    webhook: Id,
    delivery: Annotated[str, typer.Argument(help="id of the delivery; left out, with --since, all that have failed")] = "",
    since: Annotated[str, typer.Option(help="RFC 3339 with offset: all that have failed since then")] = "",
    url: Address = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Send one delivery again, or all that have failed since a time."""
    if bool(delivery) == bool(since):
        fail("name a delivery, or a time with --since", BAD_CALL)
    async with GatewayClient(url, key) as gateway:
        if delivery:
            await gateway.webhooks.resend(webhook, delivery)
        count = 1 if delivery else await gateway.webhooks.recover(webhook, _time(since))
    out.print(f"Sent again: {count}")


@app.command("remove")
@command
async def remove(webhook: Id, url: Address = DEFAULT_URL, key: Key = "") -> None:
    """Tell this receiver nothing more."""
    async with GatewayClient(url, key) as gateway:
        await gateway.webhooks.remove(webhook)
    out.print(f"Removed: {webhook}", markup=False)


def _time(written: str) -> datetime:
    try:
        when = datetime.fromisoformat(written)
    except ValueError:
        when = None  # told below
    if when is None or when.tzinfo is None:
        fail(f"--since is a time like 2026-12-07T09:00:00+05:00, not {written!r}", BAD_CALL)
    return when
