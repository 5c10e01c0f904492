"""``darcha request``: repairs of one request, each with a reason."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.cli.output import DEFAULT_URL, WRONG, Address, AsJson, Key, act, command, fail, out, outcome_of, show
from gateway.client import GatewayClient

app = typer.Typer(help="Repairs of one request.", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="why; it stands in the case for good")]
Version = Annotated[int | None, typer.Option("--if-version", help="the case's version as you read it; refused when it has moved")]


async def _do(url: str, key: str, path: str, body: dict[str, Any], version: int | None, as_json: bool) -> None:
    case = await act(url, key, path, body, version, as_json)
    if case is None:
        return
    steps = ", ".join(f"{s['step']} {s['status']}" for s in case["steps"])
    out.print(f"{case['number']} is {case['status']} (version {case['version']}): {steps}", markup=False, soft_wrap=True)


@app.command("retry")
@command
async def retry(
    request: str, reason: Reason, version: Version = None, url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False
) -> None:
    """Send it again now, the same bytes, with a fresh budget of attempts; one in doubt is looked up."""
    await _do(url, key, f"/v1/requests/{request}/retry", {"reason": reason}, version, as_json)


@app.command("cancel")
@command
async def cancel(
    request: str, reason: Reason, version: Version = None, url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False
) -> None:
    """Give it up for good."""
    await _do(url, key, f"/v1/requests/{request}/cancel", {"reason": reason}, version, as_json)


@app.command("resolve")
@command
async def resolve(
    request: str,
    reason: Reason,
    outcome: Annotated[str, typer.Option(help="completed, refused, not_there, …")],
    data: Annotated[str, typer.Option(help="JSON of the outcome's other fields, its documents among them")] = "{}",
    version: Version = None,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Say what became of it, as the agency has told you."""
    body = {"outcome": outcome_of(outcome, data), "reason": reason}
    await _do(url, key, f"/v1/requests/{request}/resolve", body, version, as_json)


@app.command("supersede")
@command
async def supersede(
    request: str,
    reason: Reason,
    branch: str = "",
    current: Annotated[bool, typer.Option("--current-mapping", help="by the mapping of the catalogue as it is now")] = False,
    no_effect: Annotated[bool, typer.Option(help="the agency has said that what was sent had no effect")] = False,
    dry_run: Annotated[bool, typer.Option(help="make the message, say what is wrong with it, change nothing")] = False,
    version: Version = None,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Send the step anew by a new request: to another branch, by the current mapping, or both."""
    path = f"/v1/requests/{request}/supersede"
    body: dict[str, Any] = {"branch": branch, "mapping": "current" if current else "", "no_effect": no_effect, "reason": reason}
    if not dry_run:
        await _do(url, key, path, body, version, as_json)
        return
    async with GatewayClient(url, key) as client:
        tried = await client.call("POST", path, body, params={"dry_run": "true"})
    if as_json:
        show(tried)
    elif tried["would"]:
        out.print("It would be sent. Nothing was changed.", markup=False)
    if not tried["would"]:
        fail(f"{tried['code']}: {tried['text']}", WRONG)


@app.command("late-reply")
@command
async def late_reply(
    request: str,
    verdict: Annotated[str, typer.Argument(help="apply or dismiss")],
    reason: Reason,
    sequence: Annotated[int | None, typer.Option(help="number of the event, where several replies wait")] = None,
    version: Version = None,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Apply or dismiss a reply that contradicts what is known of the request."""
    body = {"verdict": verdict, "sequence": sequence, "reason": reason}
    await _do(url, key, f"/v1/requests/{request}/late-reply", body, version, as_json)
