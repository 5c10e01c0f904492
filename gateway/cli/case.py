"""``darcha case`` and ``darcha trace``: where a case stands, every hop, how long each took and who held it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from gateway.cli.output import DEFAULT_URL, WRONG, Address, AsJson, Key, command, duration, fail, out, show, table
from gateway.client import GatewayClient

app = typer.Typer(help="Cases.", no_args_is_help=True)


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


@app.command("certificate")
@command
async def certificate(
    case: str,
    language: Annotated[Literal["uz", "ru", "ky", "en"], typer.Option(help="of the certificate")],
    file: Annotated[Path, typer.Option("--out", metavar="FILE", help="where to write the page (.html)")],
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Issue the certificate of a decision by silence, once in each language, and write it as a page to print."""
    async with GatewayClient(url, key) as client:
        issued = await client.issue_certificate(case, language)
        content = await client.certificate(case, language)
    try:
        file.write_bytes(content)
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}", WRONG)
    if as_json:
        show(issued)
        return
    out.print(f"{issued['number']}: issued {issued['issued_at']} by {issued['issued_by']}, written to {file}", markup=False)


@command
async def trace(case: str, url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """Show the timeline of a case: every event with the time since the one before, and who held it for how long."""
    async with GatewayClient(url, key) as client:
        if as_json:
            events = await client.listed(f"/v1/cases/{case}/events")
            clocks = await client.call("GET", f"/v1/cases/{case}/clocks")
            show({"case": await client.case(case), "events": events, "attribution": clocks["attribution"]})
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
    whose = (await client.call("GET", f"/v1/cases/{found['id']}/clocks"))["attribution"]
    parts = [f"{part['holder']} {part['held_secs']:.2f} s ({_percent(part, whose)})" for part in whose["parts"]]
    if parts:
        out.print("held by: " + ", ".join(parts), markup=False)


def _percent(part: Mapping[str, Any], whose: Mapping[str, Any]) -> str:
    return f"{100 * part['share_secs'] / whose['secs']:.0f} %" if whose["secs"] else "0 %"


def _short(event: Mapping[str, Any]) -> str:
    return str(event["type"]).removeprefix("uz.darcha.").removesuffix(".v1")


def _said(event: Mapping[str, Any]) -> tuple[str, str, str]:
    data = event["data"]
    skip = {"step", "request", "hash"}
    detail = ", ".join(f"{k}={v}" for k, v in data.items() if k not in skip and v not in (None, "", [], {}))
    return _short(event), str(data.get("step") or ""), detail[:160]


def _holders(case: Mapping[str, Any]) -> str:
    return ", ".join(f"{h['holder']} ({h['what']})" for h in case["waiting_on"])
