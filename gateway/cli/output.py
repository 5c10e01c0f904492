"""How commands speak: tables for people, JSON with ``--json``, and one meaning for each exit code."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import wraps
from typing import Annotated, Any, Final, NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from gateway.client import GatewayClient, GatewayRefused, GatewayUnreachable

DONE: Final = 0
WRONG: Final = 1
BAD_CALL: Final = 2
UNREACHABLE: Final = 3

#: A file or a pipe has no width of its own; tables there are wide enough not to break words.
out = Console(width=None if sys.stdout.isatty() else 160)
err = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
Address = Annotated[str, typer.Option("--url", envvar="DARCHA_URL", help="address of the gateway")]
Key = Annotated[str, typer.Option("--key", envvar="DARCHA_KEY", help="API key")]
DEFAULT_URL: Final = "http://127.0.0.1:8080"

P = ParamSpec("P")
R = TypeVar("R")


def command(run: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, R]:
    """Make a synchronous command of an async one; a refusal exits with 1 or 2, a gateway that is away with 3."""

    @wraps(run)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return asyncio.run(run(*args, **kwargs))
        except GatewayRefused as error:
            fail(f"refused ({error.status}): {error}", refusal_code(error.status))
        except GatewayUnreachable as error:
            fail(str(error), UNREACHABLE)

    return call


def outcome_of(name: str, data: str) -> dict[str, Any]:
    """Return the outcome of that name with the fields that ``--data`` says in JSON; ends the command when it is no object."""
    try:
        fields = json.loads(data)
    except ValueError as error:
        fail(f"--data is not JSON: {error}", BAD_CALL)
    if not isinstance(fields, dict):
        fail('--data has to be a JSON object, as {"code": "…", "reason": "…"}', BAD_CALL)
    return {"outcome": name, **fields}


async def act(url: str, key: str, path: str, body: dict[str, Any], version: int | None, as_json: bool) -> dict[str, Any] | None:
    """Do something to a case and return the case as it is then; ``None`` when it was shown as JSON already."""
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    async with GatewayClient(url, key) as client:
        case: dict[str, Any] = await client.call("POST", path, body, headers=headers)
    if as_json:
        show(case)
        return None
    return case


def refusal_code(status: int) -> int:
    """Return the exit code for an HTTP status: the call was wrong, the gateway is not fit, or the thing is not as thought."""
    if status in (502, 503, 504):
        return UNREACHABLE
    return BAD_CALL if status in (400, 401, 403, 413, 415, 422) else WRONG


def fail(message: str, code: int) -> NoReturn:
    """Say why on the error stream and end with ``code``."""
    err.print(message, style="red", markup=False, soft_wrap=True)
    raise typer.Exit(code)


def show(data: Any) -> None:
    """Print JSON, one document."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=str) + "\n")


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table."""
    made = Table(title=title or None, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(made)


def duration(since: datetime, until: datetime) -> str:
    """Return a span of time as people say it."""
    secs = (until - since).total_seconds()
    if secs < 1:
        return f"{secs * 1000:.0f} ms"
    if secs < 120:
        return f"{secs:.1f} s"
    if secs < 7200:
        return f"{secs / 60:.0f} min"
    return f"{secs / 86400:.1f} days" if secs > 172800 else f"{secs / 3600:.1f} h"
