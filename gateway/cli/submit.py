"""``darcha submit``: applications from files, one or many, resumable: a second run makes no second case."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from gateway.cli.output import BAD_CALL, DEFAULT_URL, WRONG, Address, AsJson, Key, command, err, fail, out, show
from gateway.client import GatewayClient, GatewayRefused

#: How many applications are on their way at once.
AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class _Item:
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
    items = list(_read(files))
    answers: list[dict[str, Any]] = []
    async with GatewayClient(url, key) as client:
        gate = asyncio.Semaphore(AT_ONCE)
        with Progress(console=err, disable=not err.is_terminal or len(items) < 2) as progress:
            task = progress.add_task("applications", total=len(items))

            async def one(item: _Item) -> dict[str, Any]:
                async with gate:
                    try:
                        answer = await client.submit(item.application, item.key, dry_run=dry_run)
                        result = {"file": item.place, "ok": True, **answer}
                    except GatewayRefused as error:
                        result = {"file": item.place, "ok": False, "problem": dict(error.problem), "why": str(error)}
                    progress.advance(task)
                    return result

            answers = list(await asyncio.gather(*(one(item) for item in items)))
    refused = [a for a in answers if not a["ok"]]
    if as_json:
        show(answers)
    else:
        for a in answers:
            if a["ok"]:
                out.print(
                    f"{a['file']}: {a.get('number')} {a.get('status')}, due {a.get('due_at')}", markup=False, soft_wrap=True
                )
            else:
                err.print(f"{a['file']}: refused: {a['why']}", style="red", markup=False, soft_wrap=True)
    if refused:
        raise typer.Exit(WRONG)


def _read(files: list[Path]) -> Iterator[_Item]:
    for path in files:
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            fail(f"{path}: {error}", BAD_CALL)
        lines = text.splitlines() if path.suffix == ".ndjson" else [text]
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            place = f"{path}:{number}" if path.suffix == ".ndjson" else str(path)
            try:
                value = json.loads(line)
            except ValueError as error:
                fail(f"{place}: not JSON: {error}", BAD_CALL)
            # An example file holds the application among other things.
            application = value.get("application", value) if isinstance(value, dict) else value
            canonical = json.dumps(application, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
            yield _Item(place, application, f"file-{hashlib.sha256(canonical.encode()).hexdigest()[:40]}")
