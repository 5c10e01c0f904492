"""``darcha case`` and ``darcha trace``: where a case stands, every hop, how long each took and who held it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from gateway.cli.output import DEFAULT_URL, Address, AsJson, Key, command, duration, out, show, table
from gateway.client import GatewayClient

app = typer.Typer(help="Cases.", no_args_is_help=True)

#: Which event begins a hold, and by whom; the holder's time runs until the next event of that request.
_HOLDERS = {
    "request.ready": "gateway",
    "request.retried": "gateway",
    "request.given_back": "gateway",
    "request.not_there": "gateway",
    "request.retrying": "transport",
    "request.in_doubt": "transport",
    "request.released": "agency",
    "request.accepted": "agency",
    "request.progressed": "agency",
    "request.needs_applicant": "applicant",
    "request.parked": "gateway",
}
#: What is said of a request without handing it to anybody else.
_SAID_ONLY = frozenset(
    {"reply.recorded", "reply.contradicts", "request.poll_failed", "request.resolved", "applicant.deadline_passed"}
)
#: Cases in which nothing is held any more.
_OVER = frozenset({"closed", "withdrawn"})


@app.command("list")
@command
async def list_cases(
    service: str = "",
    status: str = "",
    office: str = "",
    agency: str = "",
    attention: Annotated[bool, typer.Option(help="only those that need attention")] = False,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """List cases, newest first."""
    wanted = {"service": service, "status": status, "office": office, "agency": agency}
    params = {k: v for k, v in wanted.items() if v} | ({"needs_attention": "true"} if attention else {})
    async with GatewayClient(url, key) as client:
        cases = await client.listed("/v1/cases", params)
    if as_json:
        show(cases)
        return
    rows = [(c["number"], c["service"], c["status"], c["outcome"], c["due_at"], _holders(c)) for c in cases]
    table("", ("number", "service", "status", "outcome", "due", "waiting on"), rows)


@app.command("show")
@command
async def show_case(case: str, url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """Show one case by number or id."""
    async with GatewayClient(url, key) as client:
        found = await client.case(case)
    if as_json:
        show(found)
        return
    for name in ("number", "service", "office", "status", "outcome", "received_at", "due_at", "needs_attention"):
        out.print(f"{name:16} {found.get(name)}", markup=False)
    table(
        "", ("step", "agency", "status", "reason"), [(s["step"], s["agency"], s["status"], s["reason"]) for s in found["steps"]]
    )


@command
async def trace(case: str, url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """Show the timeline of a case: every event with the time since the one before, and who held it for how long."""
    async with GatewayClient(url, key) as client:
        if as_json:
            show({"case": await client.case(case), "events": await client.listed(f"/v1/cases/{case}/events")})
            return
        await print_timeline(client, case)


async def print_timeline(client: GatewayClient, case: str, title: str = "") -> None:
    """Print the timeline of a case."""
    found = await client.case(case)
    events = await client.listed(f"/v1/cases/{found['id']}/events")
    out.print(f"\n{title or found['service']}  [{found['number']}]", style="bold", markup=False, soft_wrap=True)
    rows = []
    before: datetime | None = None
    for event in events:
        at = datetime.fromisoformat(event["time"])
        rows.append((at.strftime("%H:%M:%S.%f")[:-3], f"+{duration(before or at, at)}", *_said(event)))
        before = at
    table("", ("time", "since", "what", "step", "detail"), rows)
    held = held_by(events, None if found["status"] in _OVER else datetime.now(UTC))
    if held:
        out.print("held by: " + ", ".join(f"{who} {secs:.2f} s" for who, secs in held.items()), markup=False)


def held_by(events: Sequence[Mapping[str, Any]], until: datetime | None = None) -> dict[str, float]:
    """Return holder → seconds, summed over the requests of a case from its events.

    ``until``: what is held still counts up to then; without it only what has ended counts.
    """
    since: dict[str, tuple[str, datetime]] = {}
    held: dict[str, float] = {}
    for event in events:
        request = event["data"].get("request")
        if request is None:
            continue
        at = datetime.fromisoformat(event["time"])
        kind = _short(event)
        if kind in _SAID_ONLY:
            continue
        if request in since:
            who, began = since[request]
            held[who] = held.get(who, 0.0) + (at - began).total_seconds()
        if kind in _HOLDERS:
            since[request] = (_HOLDERS[kind], at)
        else:
            since.pop(request, None)
    if until is not None:
        for who, began in since.values():
            held[who] = held.get(who, 0.0) + max(0.0, (until - began).total_seconds())
    return held


def _short(event: Mapping[str, Any]) -> str:
    return str(event["type"]).removeprefix("uz.darcha.").removesuffix(".v1")


def _said(event: Mapping[str, Any]) -> tuple[str, str, str]:
    data = event["data"]
    skip = {"step", "request", "hash"}
    detail = ", ".join(f"{k}={v}" for k, v in data.items() if k not in skip and v not in (None, "", [], {}))
    return _short(event), str(data.get("step") or ""), detail[:160]


def _holders(case: Mapping[str, Any]) -> str:
    return ", ".join(f"{h['holder']} ({h['what']})" for h in case["waiting_on"])
