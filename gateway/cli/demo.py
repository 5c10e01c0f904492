"""``darcha demo``: the examples of the catalogue through a whole gateway and simulated agencies, on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import tempfile
import time
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from gateway.bootstrap.settings import Settings
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.cli.examples import Example, Played, Player, read_examples
from gateway.cli.output import UNREACHABLE, WRONG, err, fail, out, table
from gateway.cli.town import ROLES, Town, TownError
from gateway.cli.trace import print_timeline
from gateway.client import ClientError, GatewayClient
from gateway.domain.errors import DarchaError
from gateway.servers import PostgresServer, RabbitmqServer, ServerError, require_postgres, require_rabbitmq
from gateway.telemetry.logs import configure_logging


def demo(
    full: Annotated[bool, typer.Option("--full", help="PostgreSQL and RabbitMQ, and a process a role")] = False,
    serve: Annotated[bool, typer.Option("--serve", help="keep serving; submit nothing")] = False,
    keep: Annotated[Path | None, typer.Option(help="folder for data, logs and ledgers; none: a new one")] = None,
) -> None:
    """Show the whole path: simulated agencies, a gateway, every example of the catalogue, and what became of it."""
    configure_logging(level="ERROR")  # the agencies' addresses are chosen here, so their absence is no news
    try:
        ended = asyncio.run(_until_told(_demo(full=full, serve=serve, folder=(keep or _folder(serve=serve)).absolute())))
    except (TownError, ServerError, ClientError, DarchaError) as error:
        fail(str(error), UNREACHABLE)
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise typer.Exit(0) from None
    if not ended:
        raise typer.Exit(WRONG)


async def _until_told(work: Coroutine[Any, Any, bool]) -> bool:
    """SIGTERM ends it as Ctrl-C does: what was started is stopped first."""
    task = asyncio.ensure_future(work)
    with contextlib.suppress(NotImplementedError):  # a loop without signals, as on Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _folder(*, serve: bool) -> Path:
    return Path("var") / "run" if serve else Path(tempfile.mkdtemp(prefix="darcha-demo-"))


async def _demo(*, full: bool, serve: bool, folder: Path) -> bool:
    settings = Settings()
    root = settings.catalogue_root()
    catalogue = load_catalogue(root, environ=os.environ, adapters=find_adapters())
    async with AsyncExitStack() as stack:
        servers = await _servers(stack) if full else {"DARCHA_BROKER_URL": "memory://", "DARCHA_DATABASE_URL": ""}
        if serve:
            servers["DARCHA_PORT"] = os.environ.get("DARCHA_PORT", "8080")
        town = Town(folder, root, catalogue, servers)
        stack.push_async_callback(town.stop)
        began = time.monotonic()
        await town.start_simulators()
        if full:
            await town.migrate()
        await town.start_gateway(ROLES if full else ())
        err.print(f"Gateway and {len(town.simulators)} simulated agencies were ready after {time.monotonic() - began:.1f} s.")
        if serve:
            return await _serve(town, root)
        return await _play(town, read_examples(root))


async def _servers(stack: AsyncExitStack) -> dict[str, str]:
    """Start a private PostgreSQL and RabbitMQ, unless the environment names servers."""
    database, broker = os.environ.get("DARCHA_DATABASE_URL", ""), os.environ.get("DARCHA_BROKER_URL", "")
    if not database:
        require_postgres()
        postgres = PostgresServer()
        stack.push_async_callback(asyncio.to_thread, postgres.destroy)
        await asyncio.to_thread(postgres.start)
        database = postgres.url
    if not broker:
        require_rabbitmq()
        rabbitmq = RabbitmqServer()
        stack.push_async_callback(asyncio.to_thread, rabbitmq.destroy)
        await asyncio.to_thread(rabbitmq.start)
        broker = rabbitmq.url
    return {"DARCHA_DATABASE_URL": database, "DARCHA_BROKER_URL": broker}


async def _serve(town: Town, root: Path) -> bool:
    example = next(iter(read_examples(root)), None)
    body = town.folder / "application.json"
    if example is not None:
        text = json.dumps(example.content["application"], ensure_ascii=False, indent=2)
        await asyncio.to_thread(body.write_text, text, "utf-8")
    out.print(f"Address: {town.address}", soft_wrap=True)
    out.print(f"Key: {town.key}", markup=False, soft_wrap=True)
    name, password = town.account
    out.print(f"Console: {town.address}/console  name: {name}  password: {password}", markup=False, soft_wrap=True)
    out.print("Submit an example application:", soft_wrap=True)
    out.print(
        f"  curl -sS {town.address}/v1/applications -H 'Authorization: Bearer {town.key}'"
        f" -H 'Idempotency-Key: {secrets.token_hex(8)}' -H 'Content-Type: application/json' --data @{body}",
        markup=False,
        soft_wrap=True,
    )
    out.print("Ctrl-C ends it.")
    process = next(iter(p for name, p in town.processes.items() if name in ("gateway", "api")))
    await process.wait()
    return False


async def _play(town: Town, examples: Sequence[Example]) -> bool:
    began = time.monotonic()
    async with GatewayClient(town.address, town.key) as client:
        with _Board(examples) as board:
            player = Player(client, tell=board.tell)
            results = await asyncio.gather(*(_one(player, e, board) for e in examples))
        for played in results:
            await print_timeline(client, played.case["id"], title=f"{played.example.name}: {played.example.title}")
        incidents = await client.listed("/v1/incidents", {"state": "open"})
    _summary(results, len(incidents), time.monotonic() - began)
    for name in town.processes:
        err.print(f"{name}: {town.memory_mb(name):.0f} MiB resident")
    return all(not p.problems for p in results)


async def _one(player: Player, example: Example, board: _Board) -> Played:
    played = await player.play(example, f"demo-{secrets.token_hex(8)}")
    board.done(example.name, played)
    return played


def _summary(results: Sequence[Played], incidents: int, seconds: float) -> None:
    rows = []
    for p in results:
        ended = f"{p.case.get('status')} {p.case.get('outcome') or ''}".strip()
        rows.append(("✓" if not p.problems else "✗", p.example.name, p.case.get("number"), ended, f"{p.seconds:.1f} s"))
    table("Summary", ("", "example", "case", "ended", "after"), rows)
    for p in results:
        for problem in p.problems:
            err.print(f"✗ {p.example.name}: {problem}", style="red", markup=False, soft_wrap=True)
    good = sum(not p.problems for p in results)
    out.print(f"{good} of {len(results)} cases ended as their examples say, in {seconds:.1f} s; open incidents: {incidents}.")


class _Board:
    """A bar and a table while examples run; plain lines when the output is no terminal."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._states = {e.name: "waiting" for e in examples}
        self._plain = not out.is_terminal
        self._bar = Progress(
            TextColumn("cases ended as expected"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=out
        )
        self._task = self._bar.add_task("cases", total=len(examples))
        self._live = Live(console=out, refresh_per_second=8, get_renderable=self._render)

    def __enter__(self) -> _Board:
        if not self._plain:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if not self._plain:
            self._live.stop()

    def tell(self, name: str, what: str) -> None:
        """Show a new state of an example."""
        if self._states.get(name) == what:
            return
        self._states[name] = what
        if self._plain:
            out.print(f"{name}: {what}", markup=False, soft_wrap=True)

    def done(self, name: str, played: Played) -> None:
        """Show that an example ended."""
        self.tell(name, "ended as expected" if not played.problems else f"NOT as expected: {played.problems[0]}")
        if not played.problems:
            self._bar.advance(self._task)

    def _render(self) -> Table:
        grid = Table.grid(padding=(0, 2))
        grid.add_row(self._bar)
        states: Mapping[str, str] = self._states
        for name, what in states.items():
            grid.add_row(f"{name}", what)
        return grid
