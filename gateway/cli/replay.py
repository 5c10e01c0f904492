"""``darcha replay``: repair many requests at once. First look, then start on exactly what was seen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from gateway.cli.output import DEFAULT_URL, WRONG, Address, AsJson, Key, command, fail, out, show, table
from gateway.client import GatewayClient

app = typer.Typer(help="Repair many requests at once.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="why; it stands in every case that is touched")]
#: How often a replay that is watched is asked about, in seconds.
_ASK: Final = 1.0


@app.command("see")
@command
async def see(
    reason: Reason,
    action: Annotated[str, typer.Option(help="retry, supersede (by the current mapping) or cancel")] = "retry",
    agency: str = "",
    service: str = "",
    step: str = "",
    office: str = "",
    branch: str = "",
    status: Annotated[list[str] | None, typer.Option(help="parked and in_doubt, if left out")] = None,
    request: Annotated[list[str] | None, typer.Option(help="a request by its id; may be repeated")] = None,
    kind: Annotated[str, typer.Option(help="of the open incident about the request")] = "",
    group: Annotated[str, typer.Option(help="group of the open incident, as 'incident groups' shows it")] = "",
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Dry run: say which requests it would be, and of the others why not. Nothing is changed."""
    narrowed = {"agency": agency, "service": service, "step": step, "office": office, "branch": branch}
    filter_: dict[str, Any] = {name: value for name, value in narrowed.items() if value}
    filter_ |= {name: list(value) for name, value in (("statuses", status), ("requests", request)) if value}
    incidents = {name: value for name, value in (("kind", kind), ("group", group)) if value}
    body = {"filter": filter_, "incidents": incidents, "action": action, "reason": reason}
    async with GatewayClient(url, key) as client:
        seen = await client.call("POST", "/v1/replays", body, params={"dry_run": "true"})
        items = await client.listed(f"/v1/replays/{seen['id']}/items")
    if as_json:
        show({**seen, "items": items, "after": ""})
        return
    table("", ("case", "step", "agency", "status", "would", "why not"), [_seen(item) for item in items])
    waiting = seen["progress"]["waiting"]
    out.print(f"{waiting} of {len(items)} would be done ({action}). Nothing was changed.", markup=False)
    if seen["left_off"]:
        out.print("The filter finds more than a set may have: narrow it, or repeat it afterwards.", markup=False)
    if waiting:
        out.print(f"Start with: darcha replay start {seen['id']}", markup=False, soft_wrap=True)


def _seen(item: dict[str, Any]) -> Sequence[object]:
    would = item["result"] == "waiting"
    return (item["case_number"], item["step"], item["agency"], item["status"], "yes" if would else "no", item["text"])


@app.command("start")
@command
async def start(
    seen: Annotated[str, typer.Argument(help="the id that 'replay see' gave")],
    per_minute: Annotated[int, typer.Option(help="so many requests a minute at most; 0: no limit")] = 0,
    watch: Annotated[bool, typer.Option(help="wait until it is over")] = False,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Start on exactly the set that was seen."""
    async with GatewayClient(url, key) as client:
        replay = await client.call("POST", "/v1/replays", {"set": seen, "per_minute": per_minute})
        if watch:
            await _watch(client, replay["id"], as_json)
            return
    show(replay) if as_json else out.print(f"Started: {replay['id']}", markup=False)


@app.command("watch")
@command
async def watch(replay: str, url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """Show how far a replay has come until it is over; exits with 1 when requests have failed again."""
    async with GatewayClient(url, key) as client:
        await _watch(client, replay, as_json)


async def _watch(client: GatewayClient, id_: str, as_json: bool) -> None:
    told = ""
    while True:
        replay = await client.call("GET", f"/v1/replays/{id_}")
        progress = replay["progress"]
        line = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in progress.items() if count) or "nothing"
        if line != told and not as_json:
            out.print(f"{replay['state']}: {line}", markup=False)
            told = line
        if replay["state"] in ("done", "stopped") and not progress["under_way"]:
            break
        await asyncio.sleep(_ASK)
    failed = await client.listed(f"/v1/replays/{id_}/items", {"result": "failed_again"})
    if as_json:
        show({**replay, "failed_again": failed})
    elif failed:
        table("", ("case", "step", "request", "now"), [(i["case_number"], i["step"], i["request"], i["now"]) for i in failed])
    if failed:
        raise typer.Exit(WRONG)


@app.command("list")
@command
async def list_replays(url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """List replays, newest first."""
    async with GatewayClient(url, key) as client:
        found = await client.listed("/v1/replays")
    if as_json:
        show(found)
        return
    rows = [(r["id"], r["state"], r["action"], r["seen_at"], r["started_by"] or r["by"], _counts(r), r["reason"]) for r in found]
    table("", ("id", "state", "action", "seen", "by", "progress", "reason"), rows)


def _counts(replay: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in replay["progress"].items() if count)


@app.command("show")
@command
async def show_replay(
    replay: str,
    result: Annotated[str, typer.Option(help="waiting, under_way, completed_again, failed_again, skipped or refused")] = "",
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Show the requests of a replay and what became of each."""
    async with GatewayClient(url, key) as client:
        found = await client.listed(f"/v1/replays/{replay}/items", {"result": result} if result else None)
    if as_json:
        show(found)
        return
    rows = [(i["case_number"], i["step"], i["agency"], i["result"].replace("_", " "), i["now"], i["text"]) for i in found]
    table("", ("case", "step", "agency", "result", "now", "why"), rows)


@app.command("change")
@command
async def change(
    replay: str,
    to: Annotated[str, typer.Argument(help="pause, resume or stop")],
    reason: Reason,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Pause, resume or stop a replay."""
    if to not in ("pause", "resume", "stop"):
        fail(f"a replay can pause, resume or stop, not {to!r}", 2)
    async with GatewayClient(url, key) as client:
        changed = await client.call("POST", f"/v1/replays/{replay}/{to}", {"reason": reason})
    show(changed) if as_json else out.print(f"{changed['state']}: {_counts(changed)}", markup=False)
