"""``darcha calendar``: which days work, on what ground, and what a decree changes.

Without a key ``show``, ``diff`` and ``export`` speak of the seeded calendars, which need no gateway.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.catalogue.calendars import seed
from gateway.cli.calendar_amendment import body_of, changes_of
from gateway.cli.output import BAD_CALL, DEFAULT_URL, WRONG, Address, AsJson, Key, command, err, fail, out, show, table
from gateway.client import GatewayClient
from gateway.domain.calendar import CalendarError
from gateway.domain.calendar_json import calendar_from_json, diff_to_json, exceptions_to_json

app = typer.Typer(help="Calendars of working days.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="as UZ-5: jurisdiction and days of the working week")]
Version = Annotated[str, typer.Option(help="number or name of a version; default: the current one")]
Language = Annotated[str, typer.Option(help="of the names: uz, ru, ky, en")]
Decree = Annotated[str, typer.Option(help="what the amendment rests on")]
Decided = Annotated[list[int] | None, typer.Option(help="a year whose days now stand; may be repeated")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="say what would change and keep nothing")]
Note = Annotated[str, typer.Option(help="a word to whoever reads the version later")]
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
        sys.stdout.write(_ics(shown, language).decode())
    elif as_json:
        show(shown)
    else:
        _print(shown, language)


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
        content = _ics(shown, language)
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
    if as_json:
        show(found)
    else:
        _print_diff(found)


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
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Make a further version of a calendar; the clocks in flight are derived anew in the background."""
    body = body_of(decree, note, off or (), working or (), plain or (), moved or (), decided or ())
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
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Amend a calendar by what a file says that it does not say yet."""
    async with GatewayClient(url, key) as client:
        current = await client.call("GET", f"/v1/calendars/{calendar}")
        try:
            found = changes_of(file, calendar_from_json(current), replace=replace)
        except CalendarError as error:
            fail(str(error), WRONG)
        except OSError as error:
            fail(f"{file} cannot be read: {error.strerror}", BAD_CALL)
        wanted = sorted({*found.get("decided", ()), *(decided or ())} - set(current["decided_years"]))
        found = {name: rows for name, rows in found.items() if name != "decided"} | ({"decided": wanted} if wanted else {})
        if not found:
            err.print("Nothing to change: the calendar says all of this already.")
            if as_json:
                show(None)
            return
        body = {"decree": decree, "note": note, **found}
        await _send(client, calendar, body, current["number"], dry_run=dry_run, as_json=as_json)


async def _send(
    client: GatewayClient, calendar: str, body: Mapping[str, Any], number: int | None, *, dry_run: bool, as_json: bool
) -> None:
    headers = {} if number is None else {"If-Match": f'"{number}"'}
    params = {"dry_run": "true"} if dry_run else None
    made = await client.call("POST", f"/v1/calendars/{calendar}/amendments", dict(body), headers=headers, params=params)
    if as_json:
        show(made)
        return
    _print_diff(made["changes"])
    out.print("Nothing is kept: this was a dry run." if dry_run else f"Kept as version {made['version']}.", markup=False)


async def _shown(calendar: str, version: str, year: int | None, url: str, key: str) -> dict[str, Any]:
    """Return a calendar as the api shows it; without a key, the seeded one."""
    if key:
        params = ({"version": version} if version else {}) | ({"year": str(year)} if year is not None else {})
        async with GatewayClient(url, key) as client:
            found: dict[str, Any] = await client.call("GET", f"/v1/calendars/{calendar}", params=params)
        return found
    try:
        made = seed(calendar)
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
        "made_by": "seed",
        "decree": "",
        "note": "",
        "year": year,
        "provisional": None if year is None else year not in made.decided_years,
        **exceptions_to_json(made, year),
    }


def _named(given: str) -> tuple[str, str]:
    id_, _, version = given.partition("@")
    return id_, version


def _ics(shown: Mapping[str, Any], language: str) -> bytes:
    from gateway.catalogue.calendar_files import write_ics  # noqa: PLC0415 - icalendar is slow to load

    return write_ics(calendar_from_json(shown), shown["year"], language)


def _print(shown: Mapping[str, Any], language: str) -> None:
    ground = f", {shown['decree']}" if shown["decree"] else ""
    out.print(f"{shown['id']} version {shown['version']} by {shown['made_by']}{ground}", markup=False)
    year = shown["year"]
    if year is not None:
        says = "provisional: no decree stands for it yet" if shown["provisional"] else "decided"
        out.print(f"{year} is {says}", markup=False)
    rows = [(d["date"], d["kind"], _name(d["names"], language), d["moved_from"], d["decree"]) for d in shown["days_off"]]
    rows += [(d["date"], "moved_working", "", d["moved_to"], d["decree"]) for d in shown["working_days"]]
    days = [(day, date.fromisoformat(day).strftime("%a"), *more) for day, *more in sorted(rows)]
    table("", ("date", "", "kind", "name", "exchanged with", "decree"), days)


def _print_diff(found: Mapping[str, Any]) -> None:
    out.print(f"{found['from']} → {found['to']}", markup=False)
    rows = [
        (d["date"], d["was"]["kind"], d["now"]["kind"], _name(d["now"]["names"], "en"), d["now"]["decree"]) for d in found["days"]
    ]
    if rows:
        table("", ("date", "was", "is", "name", "decree"), rows)
    for name, says in (("decided", "decided now"), ("undecided", "no longer decided")):
        if found[name]:
            out.print(f"{says}: {', '.join(map(str, found[name]))}", markup=False)


def _name(names: Mapping[str, str], language: str) -> str:
    return names.get(language) or names.get("en") or next(iter(names.values()), "")
