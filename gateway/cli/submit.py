"""``darcha submit``: applications from files, one or many, resumable: a second run makes no second case."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from gateway.cli.output import (
    BAD_CALL,
    DEFAULT_URL,
    UNREACHABLE,
    WRONG,
    Address,
    AsJson,
    Key,
    command,
    err,
    fail,
    out,
    refusal_code,
    show,
)
from gateway.client import GatewayClient, GatewayRefused, GatewayUnreachable

#: How many applications are on their way at once.
AT_ONCE = 32

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One application to hand in. ``place`` is the file, and the line in it; ``key`` is the same for the same content."""

    place: str
    application: Any
    key: str


@command
async def submit(
    files: Annotated[list[Path], typer.Argument(help="JSON files, or NDJSON (.ndjson) with one application a line")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check everything, keep nothing")] = False,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Hand in applications. The key of each is made from its content, so that a repeated run gets the first answers."""
    items = list(read_items(files))
    async with GatewayClient(url, key) as client:
        results = await _hand_in(client, items, dry_run=dry_run)
    if as_json:
        show(results)
    else:
        for result in results:
            _say(result, dry_run=dry_run)
    code = exit_code(results)
    if code == UNREACHABLE:
        done = sum(r["ok"] for r in results)
        fail(f"{done} of {len(results)} were handed in; the same command again goes on where this one ended", code)
    if code:
        raise typer.Exit(code)


async def _hand_in(client: GatewayClient, items: Sequence[Item], *, dry_run: bool) -> list[Result]:
    """Submit all, some at once. Once the gateway is away, what was not begun is left for the next run."""
    gate = asyncio.Semaphore(AT_ONCE)
    away = ""
    with Progress(console=err, disable=not err.is_terminal or len(items) < 2) as progress:
        task = progress.add_task("applications", total=len(items))

        async def one(item: Item) -> Result:
            nonlocal away
            async with gate:
                if away:
                    return {"file": item.place, "ok": False, "away": True, "why": away}
                try:
                    return {"file": item.place, "ok": True, **await client.submit(item.application, item.key, dry_run=dry_run)}
                except GatewayUnreachable as error:
                    away = str(error)
                    return {"file": item.place, "ok": False, "away": True, "why": away}
                except GatewayRefused as error:
                    refused = {"status": error.status, "problem": dict(error.problem), "why": str(error)}
                    return {"file": item.place, "ok": False, "away": refusal_code(error.status) == UNREACHABLE, **refused}
                finally:
                    progress.advance(task)

        return list(await asyncio.gather(*(one(item) for item in items)))


def exit_code(results: Sequence[Mapping[str, Any]]) -> int:
    """Return 0 when all were taken, 3 when the gateway was away for one, else 1."""
    if any(r.get("away") for r in results):
        return UNREACHABLE
    return 0 if all(r["ok"] for r in results) else WRONG


def _say(result: Result, *, dry_run: bool) -> None:
    if not result["ok"]:
        how = "not handed in" if result["away"] else "refused"
        err.print(f"{result['file']}: {how}: {result['why']}", style="red", markup=False, soft_wrap=True)
        return
    due = f", due {result['due_at']}" if result.get("due_at") else ""
    what = "would be taken" if dry_run else f"{result.get('number')} {result.get('status')}"
    out.print(f"{result['file']}: {what}{due}", markup=False, soft_wrap=True)


def read_items(files: Sequence[Path]) -> Iterator[Item]:
    """Yield the applications of all files. Ends the command with code 2 at the first that cannot be read."""
    for path in files:
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            fail(f"{path}: {error}", BAD_CALL)
        many = path.suffix == ".ndjson"
        for number, line in enumerate(text.split("\n") if many else [text], start=1):
            if many and not line.strip():
                continue
            place = f"{path}:{number}" if many else str(path)
            try:
                value = json.loads(line)
            except ValueError as error:
                fail(f"{place}: not JSON: {error}", BAD_CALL)
            # An example file holds the application among other things.
            application = value.get("application", value) if isinstance(value, dict) else value
            canonical = json.dumps(application, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            yield Item(place, application, f"file-{hashlib.sha256(canonical.encode()).hexdigest()[:40]}")
