"""``darcha case``: where cases stand."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from gateway.cli.output import DEFAULT_URL, WRONG, Address, AsJson, Key, command, fail, out, show, table
from gateway.client import GatewayClient

app = typer.Typer(help="Cases.", no_args_is_help=True)
#: After these nothing more is to be expected.
_LAST: Final = ("case.closed", "case.withdrawn")


@app.command("list")
@command
async def list_cases(
    number: Annotated[str, typer.Option(help="a number or its beginning")] = "",
    service: str = "",
    status: str = "",
    outcome: str = "",
    office: str = "",
    agency: str = "",
    channel: str = "",
    reference: str = "",
    client_name: Annotated[str, typer.Option("--client", help="whose cases; for operators")] = "",
    clock: Annotated[str, typer.Option(help="where the statutory clock stands: running, suspended, breached, ...")] = "",
    incident: Annotated[str, typer.Option(help="the kind of an open incident")] = "",
    due_before: Annotated[str, typer.Option(metavar="TIME", help="undecided and due before, as 2026-01-31T18:00:00+05:00")] = "",
    identifier: Annotated[
        bool, typer.Option("--identifier", help="of the applicant; asked for, so that it stays out of the shell's history")
    ] = False,
    retrying: Annotated[bool, typer.Option("--retrying", help="only those with a request that is tried again")] = False,
    attention: Annotated[bool, typer.Option("--attention", help="only those that need attention")] = False,
    sort: Annotated[Literal["received", "due"], typer.Option(help="newest first, or least time remaining first")] = "received",
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """List cases, newest first."""
    wanted = {"number": number, "service": service, "status": status, "outcome": outcome, "office": office, "agency": agency}
    wanted |= {"channel": channel, "reference": reference, "client": client_name, "clock_status": clock, "incident": incident}
    wanted |= {"due_before": due_before, "sort": sort if sort != "received" else ""}
    wanted |= {"retrying": "true" if retrying else "", "needs_attention": "true" if attention else ""}
    params = {name: value for name, value in wanted.items() if value}
    whose = typer.prompt("Identifier of the applicant", hide_input=True) if identifier else ""
    async with GatewayClient(url, key) as client:
        cases = await _of_person(client, params, whose) if whose else await client.listed("/v1/cases", params)
    if as_json:
        show(cases)
        return
    rows = [(c["number"], c["service"], c["status"], c["outcome"], c["due_at"], _holders(c)) for c in cases]
    table("", ("number", "service", "status", "outcome", "due", "waiting on"), rows)


async def _of_person(client: GatewayClient, params: Mapping[str, str], identifier: str) -> list[dict[str, Any]]:
    """Return all cases of a person: the identifier goes in a body, for addresses are written to logs."""
    flags = {name: True for name in ("retrying", "needs_attention") if name in params}
    body: dict[str, Any] = {**params, **flags, "identifier": {"value": identifier}}
    found: list[dict[str, Any]] = []
    while True:
        page = await client.call("POST", "/v1/cases/search", body)
        found += page["items"]
        if not page["after"]:
            return found
        body["after"] = page["after"]


@app.command("follow")
@command
async def follow(
    case: str,
    after: Annotated[int, typer.Option(min=0, help="sequence number of the last event known")] = 0,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Show the events of a case as they come, until the case is closed or withdrawn. With --json: one object a line."""
    async with GatewayClient(url, key) as client:
        found = await client.case(case)
        async with aclosing(client.stream(f"/v1/cases/{found['id']}/events/stream", str(after or ""))) as events:
            async for event, _ in events:
                if as_json:
                    out.print_json(data=event, indent=None)
                else:
                    at = datetime.fromisoformat(event["time"]).strftime("%Y-%m-%d %H:%M:%S")
                    what, step, detail = _said(event)
                    out.print(f"{at}  {what:28} {step:16} {detail}", markup=False, soft_wrap=True)
                if _short(event) in _LAST:
                    return


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


def _short(event: Mapping[str, Any]) -> str:
    return str(event["type"]).removeprefix("uz.darcha.").removesuffix(".v1")


def _said(event: Mapping[str, Any]) -> tuple[str, str, str]:
    data = event["data"]
    skip = {"step", "request", "hash"}
    detail = ", ".join(f"{k}={v}" for k, v in data.items() if k not in skip and v not in (None, "", [], {}))
    return _short(event), str(data.get("step") or ""), detail[:160]


def _holders(case: Mapping[str, Any]) -> str:
    return ", ".join(f"{h['holder']} ({h['what']})" for h in case["waiting_on"])
