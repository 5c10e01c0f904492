"""``darcha key``: who may come in."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from gateway.application.reads import Client
from gateway.bootstrap.settings import Settings
from gateway.cli.output import BAD_CALL, UNREACHABLE, AsJson, fail, out, show, table
from gateway.domain.errors import DarchaError
from gateway.security.keys import hash_key, new_key

SCOPES = ("submit", "read", "operate", "desk", "metrics", "reveal")

app = typer.Typer(help="API keys of clients.", no_args_is_help=True)


@app.command("new")
def new(
    client: Annotated[str, typer.Argument(help="name of the client; its cases belong to that name")],
    scope: Annotated[list[str], typer.Option(help=f"one or more of {', '.join(SCOPES)}")],
    bound_to: Annotated[str, typer.Option(help="for a desk: AGENCY, AGENCY/BRANCH or office")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, once: the database keeps only its hash. In the embedded mode stop the gateway first."""
    if strange := [s for s in scope if s not in SCOPES]:
        fail(f"there is no scope {strange[0]!r}; there are {', '.join(SCOPES)}", BAD_CALL)
    made = new_key()
    try:
        asyncio.run(_add(made, Client(client, frozenset(scope), bound_to)))
    except DarchaError as error:
        fail(str(error), UNREACHABLE)
    if as_json:
        show({"client": client, "scopes": sorted(scope), "bound_to": bound_to, "key": made})
    else:
        out.print(f"Key of {client}, told only now: {made}", markup=False, soft_wrap=True)


@app.command("list")
def list_clients(as_json: AsJson = False) -> None:
    """List who has keys, and what for. The keys themselves cannot be shown."""
    try:
        clients = asyncio.run(_clients())
    except DarchaError as error:
        fail(str(error), UNREACHABLE)
    found = [{"client": c.name, "scopes": sorted(c.scopes), "bound_to": c.bound_to} for c in clients]
    if as_json:
        show(found)
    else:
        table("", ("client", "scopes", "bound to"), [(c["client"], " ".join(c["scopes"]), c["bound_to"]) for c in found])


async def _add(key: str, client: Client) -> None:
    from gateway.storage import open_store  # noqa: PLC0415 - only this command needs the database

    store = open_store(Settings().database)
    await store.open()
    try:
        await store.add_key(hash_key(key), client)
    finally:
        await store.close()


async def _clients() -> list[Client]:
    from gateway.storage import open_store  # noqa: PLC0415 - only this command needs the database

    store = open_store(Settings().database)
    await store.open()
    try:
        return await store.clients()
    finally:
        await store.close()
