"""``darcha case``: where cases stand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from gateway.cli.output import DEFAULT_URL, WRONG, Address, AsJson, Key, command, fail, out, show, table
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


def _holders(case: Mapping[str, Any]) -> str:
    return ", ".join(f"{h['holder']} ({h['what']})" for h in case["waiting_on"])
