"""``darcha account``: who may sign in at the console."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from gateway.bootstrap.settings import Settings
from gateway.cli.output import BAD_CALL, UNREACHABLE, WRONG, AsJson, fail, out, show, table
from gateway.domain.errors import BadInput, DarchaError, Refusal

if TYPE_CHECKING:
    from gateway.application.accounts import Accounts

T = TypeVar("T")
app = typer.Typer(help="Accounts of the console. In the embedded mode stop the gateway first.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="name of the person's account")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="read the password from the first line of the input; none: made")
]


@app.command("add")
def add(
    name: Name,
    scope: Annotated[list[str], typer.Option(help="one or more of read, operate, desk, reveal")],
    bound_to: Annotated[str, typer.Option(help="for a desk: AGENCY, AGENCY/BRANCH or office; for a reader: a client")] = "",
    language: Annotated[str, typer.Option(help="uz, ru, ky or en; none: the browser's")] = "",
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Make an account. A password that is made here is printed, once: the database keeps only its hash."""
    if language not in ("", "uz", "ru", "ky", "en"):
        fail(f"there is no language {language!r}; there are uz, ru, ky and en", BAD_CALL)
    password, made = _password(from_stdin=password_stdin)
    account = _with(lambda accounts: accounts.add(name, password, scope, bound_to=bound_to, language=language))
    shown = {"name": account.name, "scopes": sorted(account.scopes), "bound_to": account.bound_to, "language": account.language}
    _tell(f"Account {account.name} is made.", shown, password if made else "", as_json=as_json)


@app.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """List the accounts. Passwords cannot be shown."""
    found = [
        {
            "name": a.name,
            "scopes": sorted(a.scopes),
            "bound_to": a.bound_to,
            "language": a.language,
            "state": a.state,
            "created_at": a.created_at.isoformat(),
        }
        for a in _with(lambda accounts: accounts.everybody())
    ]
    if as_json:
        show(found)
    else:
        rows = [(a["name"], " ".join(a["scopes"]), a["bound_to"], a["language"], a["state"]) for a in found]
        table("", ("name", "scopes", "bound to", "language", "state"), rows)


@app.command("password")
def password(name: Name, password_stdin: FromStdin = False, as_json: AsJson = False) -> None:
    """Set a new password and end all sessions of the account."""
    given, made = _password(from_stdin=password_stdin)
    _with(lambda accounts: accounts.set_password(name, given))
    _tell(f"The password of {name} is changed; its sessions have ended.", {"name": name}, given if made else "", as_json=as_json)


@app.command("disable")
def disable(name: Name) -> None:
    """Let somebody in no longer, and end all sessions of the account. What it did stays on record."""
    _with(lambda accounts: accounts.set_state(name, "disabled"))
    out.print(f"Account {name} is disabled.", markup=False)


@app.command("enable")
def enable(name: Name) -> None:
    """Let somebody in again."""
    _with(lambda accounts: accounts.set_state(name, "active"))
    out.print(f"Account {name} is active.", markup=False)


@app.command("remove")
def remove(name: Name) -> None:
    """Remove an account, its sessions and the filters it kept. What it did stays on record."""
    _with(lambda accounts: accounts.remove(name))
    out.print(f"Account {name} is removed.", markup=False)


def _password(*, from_stdin: bool) -> tuple[str, bool]:
    """Return the password, and whether it was made here."""
    from gateway.application.accounts import new_password  # noqa: PLC0415 - only this command needs it

    if not from_stdin:
        return new_password(), True
    return sys.stdin.readline().rstrip("\r\n"), False


def _tell(text: str, shown: Mapping[str, object], password: str, *, as_json: bool) -> None:
    if as_json:
        show({**shown, **({"password": password} if password else {})})
        return
    out.print(text, markup=False, soft_wrap=True)
    if password:
        out.print(f"Password, told only now: {password}", markup=False, soft_wrap=True)


def _with(work: Callable[[Accounts], Awaitable[T]]) -> T:
    """Do something with the accounts of the database that the settings name; a refusal ends the command and says why."""
    try:
        return asyncio.run(_run(work))
    except BadInput as error:
        fail("; ".join(problem.message for problem in error.problems), BAD_CALL)
    except Refusal as error:
        fail(error.message, WRONG)
    except DarchaError as error:
        fail(str(error), UNREACHABLE)


async def _run(work: Callable[[Accounts], Awaitable[T]]) -> T:
    from gateway.application.accounts import Accounts  # noqa: PLC0415 - only these commands need the database
    from gateway.security.passwords import Argon2Passwords  # noqa: PLC0415 - as above
    from gateway.storage import open_store  # noqa: PLC0415 - as above

    store = open_store(Settings().database)
    await store.open()
    try:
        return await work(Accounts(store, Argon2Passwords(), lambda: datetime.now(UTC)))
    finally:
        await store.close()
