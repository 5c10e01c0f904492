"""``darcha incident``: what needs a person."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.output import DEFAULT_URL, Address, AsJson, Key, command, out, show, table
from gateway.client import GatewayClient

app = typer.Typer(help="What needs a person.", no_args_is_help=True)


@app.command("list")
@command
async def list_incidents(
    state: Annotated[str, typer.Option(help="open or closed")] = "open",
    kind: str = "",
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """List incidents, newest first."""
    params = {"state": state} | ({"kind": kind} if kind else {})
    async with GatewayClient(url, key) as client:
        found = await client.listed("/v1/incidents", params)
    if as_json:
        show(found)
        return
    rows = [
        (i["id"], i["kind"], i["case_number"] or i["lane"], i["count"], i["opened_at"], i["detail"].get("reason")) for i in found
    ]
    table("", ("id", "kind", "case or lane", "count", "since", "reason"), rows)


@app.command("resolve")
@command
async def resolve(
    incident: str,
    reason: Annotated[str, typer.Option(help="why it is settled")],
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Close an incident with a reason."""
    async with GatewayClient(url, key) as client:
        answer = await client.call("POST", f"/v1/incidents/{incident}/resolve", {"reason": reason})
    if as_json:
        show(answer)
    else:
        out.print(f"Closed: {incident}")


@app.command("groups")
@command
async def groups(kind: str = "", agency: str = "", url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """List the causes of what is open, the largest first, each with the way out."""
    params = {name: value for name, value in (("kind", kind), ("agency", agency)) if value}
    async with GatewayClient(url, key) as client:
        found = await client.listed("/v1/incidents/groups", params)
    if as_json:
        show(found)
        return
    rows = [
        (g["group"], g["kind"], g["agency"] or g["lane"], g["count"], g["cases"], g["example"]["reason"], g["way_out"]["text"])
        for g in found
    ]
    table("", ("group", "kind", "agency", "open", "cases", "such as", "way out"), rows)


@app.command("resolve-group")
@command
async def resolve_group(
    group: str,
    reason: Annotated[str, typer.Option(help="why they are settled")],
    seen_at: Annotated[str, typer.Option(help="when you saw it, with offset: what was opened later stays open")],
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Close the incidents of a group that stood open when it was seen."""
    closed, left = 0, 1
    async with GatewayClient(url, key) as client:
        while left:
            answer = await client.call("POST", f"/v1/incidents/groups/{group}/resolve", {"reason": reason, "seen_at": seen_at})
            closed, left = closed + answer["closed"], answer["left"] if answer["closed"] else 0
    if as_json:
        show({"group": group, "closed": closed})
    else:
        out.print(f"Closed: {closed}")
