"""``darcha desk``: the inbox of people, from the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway.cli.output import DEFAULT_URL, Address, AsJson, Key, command, out, outcome_of, show, table
from gateway.client import GatewayClient

app = typer.Typer(help="The inbox of people.", no_args_is_help=True)


@app.command("list")
@command
async def list_tasks(url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """List open tasks, the earliest legal deadline first."""
    async with GatewayClient(url, key) as client:
        found = await client.listed("/v1/desk")
    if as_json:
        show(found)
        return
    rows = [(t["request"], t["case_number"], t["agency"], t["branch"], t["operation"], t["due_at"]) for t in found]
    table("", ("request", "case", "agency", "branch", "operation", "due"), rows)


@app.command("answer")
@command
async def answer(
    request: str,
    outcome: Annotated[str, typer.Option(help="completed, refused, …")] = "completed",
    data: Annotated[str, typer.Option(help="JSON of the outcome's other fields")] = "{}",
    note: str = "",
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Answer a task with an outcome."""
    answered = outcome_of(outcome, data)
    async with GatewayClient(url, key) as client:
        said = await client.answer_desk(request, {"outcome": answered, "note": note})
    if as_json:
        show(said)
    else:
        out.print(f"Answered: {request} is {outcome}.")
