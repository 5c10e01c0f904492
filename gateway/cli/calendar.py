"""``darcha calendar``: which days work, on what ground, and what a decree changes.

Without a key ``show``, ``diff`` and ``export`` speak of the seeded calendars, which need no gateway; so do ``amend`` and
``import`` with ``--to``. Instead of an id, ``show`` and ``diff`` take a file that ``export`` or ``--to`` wrote.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.calendar_amendment import body_of, changes_of
from gateway.cli.calendar_local import FILE, amended, calendar_of, is_file, write
from gateway.cli.calendar_shown import ics_of, print_calendar, print_diff, week
from gateway.cli.output import BAD_CALL, DEFAULT_URL, WRONG, Address, AsJson, Key, command, err, fail, out, show, table
from gateway.client import GatewayClient
from gateway.domain.calendar import Calendar, CalendarError
from gateway.domain.calendar_json import calendar_from_json, diff_to_json, exceptions_to_json
from gateway.domain.errors import BadInput

app = typer.Typer(help="Calendars of working days.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="as UZ-5: jurisdiction and days of the working week")]
Version = Annotated[str, typer.Option(help="number or name of a version; default: the current one")]
Language = Annotated[str, typer.Option(help="of the names: uz, ru, ky, en")]
Decree = Annotated[str, typer.Option(help="what the amendment rests on")]
Decided = Annotated[list[int] | None, typer.Option(help="a year whose days now stand; may be repeated")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="say what would change and keep nothing")]
Note = Annotated[str, typer.Option(help="a word to whoever reads the version later")]
To = Annotated[Path | None, typer.Option(help=f"write the amended calendar into this {FILE} file; no gateway keeps it")]
IfVersion = Annotated[int | None, typer.Option(help="refuse unless this is the number of the current version")]


@app.command("list")
@command
async def list_calendars(url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """List the calendars of a gateway with their current versions."""
    async with GatewayClient(url, key) as client:
        found = (await client.call("GET", "/v1/calendars"))["items"]
    if as_json:
        show(found)
        return
    rows = [(c["id"], c["version"], c["made_by"], c["decree"], max(c["decided_years"], default=""), c["behind"]) for c in found]
    table("", ("calendar", "version", "by", "decree", "decided until", "clocks behind"), rows)


@app.command("versions")
@command
async def versions(calendar: Name, url: Address = DEFAULT_URL, key: Key = "", as_json: AsJson = False) -> None:
    """List who made each version of a calendar, when and why."""
    async with GatewayClient(url, key) as client:
        found = (await client.call("GET", f"/v1/calendars/{calendar}/versions"))["items"]
    if as_json:
        show(found)
        return
    rows = [(v["number"], v["version"], v["made_at"], v["made_by"], v["decree"], v["note"]) for v in found]
    table("", ("number", "version", "at", "by", "decree", "note"), rows)


@app.command("show")
@command
async def show_calendar(
    calendar: Name,
    year: Annotated[int | None, typer.Option(help="one year; default: this year, and all with --json or --ics")] = None,
    version: Version = "",
    language: Language = "en",
    as_ics: Annotated[bool, typer.Option("--ics", help="print iCalendar")] = False,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Show the days that do not follow the week pattern, each with its ground."""
    if year is None and not (as_json or as_ics):
        year = datetime.now(UTC).year
    shown = await _shown(calendar, version, year, url, key)
    if as_ics:
        sys.stdout.write(ics_of(shown, language).decode())
    elif as_json:
        show(shown)
    else:
        print_calendar(shown, language)


@app.command("export")
@command
async def export(
    calendar: Name,
    file: Annotated[Path, typer.Argument(help="where to write it: .ics or .json")],
    year: Annotated[int | None, typer.Option(help="one year; default: all")] = None,
    version: Version = "",
    language: Language = "en",
    url: Address = DEFAULT_URL,
    key: Key = "",
) -> None:
    """Write a calendar into a file that ``import`` reads back."""
    if file.suffix not in (".ics", ".json"):
        fail(f"{file.name}: write .ics or .json", BAD_CALL)
    shown = await _shown(calendar, version, year, url, key)
    if file.suffix == ".ics":
        content = ics_of(shown, language)
    else:
        content = (json.dumps(shown, ensure_ascii=False, indent=2) + "\n").encode()
    try:
        file.write_bytes(content)
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}", WRONG)
    out.print(f"Written: {file}", markup=False)


@app.command("diff")
@command
async def diff(
    one: Annotated[str, typer.Argument(metavar="A", help="as UZ-5 or UZ-5@VERSION")],
    other: Annotated[str, typer.Argument(metavar="B")],
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Show what two calendars, or two versions of one, see differently: the days that either names."""
    (a, of_a), (b, of_b) = _named(one), _named(other)
    was, now = await _shown(a, of_a, None, url, key), await _shown(b, of_b, None, url, key)
    found = diff_to_json(calendar_from_json(was), calendar_from_json(now))
    weeks = [week(shown["weekend"]) for shown in (was, now)]
    if as_json:
        show(found | {"weekend": {"was": was["weekend"], "now": now["weekend"]}})
        return
    print_diff(found)
    if weeks[0] != weeks[1]:
        out.print(
            f"The weeks differ too, {weeks[0]} → {weeks[1]}; days that no law or decree names are not listed.", markup=False
        )


@app.command("amend")
@command
async def amend(
    calendar: Name,
    decree: Decree,
    off: Annotated[list[str] | None, typer.Option(metavar="DATE[=NAME]", help="a day off; may be repeated")] = None,
    working: Annotated[list[str] | None, typer.Option(metavar="DATE", help="a day of rest that works")] = None,
    plain: Annotated[list[str] | None, typer.Option(metavar="DATE", help="a day that follows the week pattern again")] = None,
    moved: Annotated[list[str] | None, typer.Option(metavar="FROM=TO", help="the rest of one day is taken on another")] = None,
    decided: Decided = None,
    note: Note = "",
    if_version: IfVersion = None,
    dry_run: DryRun = False,
    to: To = None,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Make a further version of a calendar; the clocks in flight are derived anew in the background."""
    body = body_of(decree, note, off or (), working or (), plain or (), moved or (), decided or ())
    if to is not None:
        _write(calendar_from_json(await _shown(calendar, "", None, url, key)), body, to, as_json=as_json)
        return
    async with GatewayClient(url, key) as client:
        await _send(client, calendar, body, if_version, dry_run=dry_run, as_json=as_json)


@app.command("import")
@command
async def import_file(
    file: Annotated[Path, typer.Argument(help=".ics, .yaml or .json")],
    calendar: Annotated[str, typer.Option(help="the calendar that it amends")],
    decree: Decree,
    replace: Annotated[bool, typer.Option(help="in the file's years, take away what it does not name")] = False,
    decided: Decided = None,
    note: Note = "",
    dry_run: DryRun = False,
    to: To = None,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Amend a calendar by what a file says that it does not say yet."""
    from gateway.catalogue.calendar_files import read_file  # noqa: PLC0415 - icalendar is slow to load

    try:
        read = read_file(file)
    except CalendarError as error:
        fail(str(error), WRONG)
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}", BAD_CALL)
    async with GatewayClient(url, key) as client:
        if to is None:
            current = await client.call("GET", f"/v1/calendars/{calendar}")
        else:
            current = await _shown(calendar, "", None, url, key)
        known = calendar_from_json(current)
        found = changes_of(read, known, replace=replace)
        wanted = sorted({*found.get("decided", ()), *(decided or ())} - known.decided_years)
        found = {name: rows for name, rows in found.items() if name != "decided"} | ({"decided": wanted} if wanted else {})
        if not found:
            err.print("Nothing to change: the calendar says all of this already.")
            if as_json:
                show(None)
            return
        body = {"decree": decree, "note": note, **found}
        if to is not None:
            _write(known, body, to, as_json=as_json)
        else:
            await _send(client, calendar, body, current["number"], dry_run=dry_run, as_json=as_json)


def _write(calendar: Calendar, body: Mapping[str, Any], to: Path, *, as_json: bool) -> None:
    if not is_file(to.name):
        fail(f"--to: {to.name} is no {FILE} file", BAD_CALL)
    try:
        made = amended(calendar, body)
        write(made, to)
    except BadInput as error:
        fail("; ".join(f"{problem.pointer}: {problem.message}".removeprefix(": ") for problem in error.problems), BAD_CALL)
    except OSError as error:
        fail(f"{to} cannot be written: {error.strerror}", WRONG)
    changes = diff_to_json(calendar, made)
    if as_json:
        show({"version": made.version, "file": str(to), "changes": changes})
        return
    print_diff(changes)
    out.print(f"Written: {to}", markup=False)


async def _send(
    client: GatewayClient, calendar: str, body: Mapping[str, Any], number: int | None, *, dry_run: bool, as_json: bool
) -> None:
    headers = {} if number is None else {"If-Match": f'"{number}"'}
    params = {"dry_run": "true"} if dry_run else None
    made = await client.call("POST", f"/v1/calendars/{calendar}/amendments", dict(body), headers=headers, params=params)
    if as_json:
        show(made)
        return
    print_diff(made["changes"])
    out.print("Nothing is kept: this was a dry run." if dry_run else f"Kept as version {made['version']}.", markup=False)


async def _shown(calendar: str, version: str, year: int | None, url: str, key: str) -> dict[str, Any]:
    """Return a calendar as the api shows it; without a key, the seeded one; from a file where one is named."""
    if key and not is_file(calendar):
        params = ({"version": version} if version else {}) | ({"year": str(year)} if year is not None else {})
        async with GatewayClient(url, key) as client:
            found: dict[str, Any] = await client.call("GET", f"/v1/calendars/{calendar}", params=params)
        return found
    try:
        made = calendar_of(calendar)
    except CalendarError as error:
        fail(str(error), WRONG)
    if version not in ("", made.version, "1"):
        fail(f"{calendar}@{version} is kept by a gateway: name its address and a key", BAD_CALL)
    return {
        "id": made.id,
        "jurisdiction": made.jurisdiction,
        "weekend": sorted(made.weekend),
        "decided_years": sorted(made.decided_years),
        "number": 1,
        "version": made.version,
        "made_at": None,
        "made_by": "file" if is_file(calendar) else "seed",
        "decree": "",
        "note": "",
        "year": year,
        "provisional": None if year is None else year not in made.decided_years,
        **exceptions_to_json(made, year),
    }


def _named(given: str) -> tuple[str, str]:
    id_, _, version = given.partition("@")
    return id_, version
