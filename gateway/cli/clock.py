"""``darcha clock``: when a term ends, and why, line by line; of a rule, of a service or of a case.

Without a key the seeded calendars count, as with ``darcha calendar``; with one, those of the gateway that it opens.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, date, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn
from zoneinfo import ZoneInfo

import typer

from gateway.application.derivation_words import kind_word, state_word, tell_all
from gateway.bootstrap.settings import Settings
from gateway.catalogue.calendars import IDS
from gateway.catalogue.loader import check_catalogue
from gateway.catalogue.mistakes import CatalogueInvalid, Mistake, nearest
from gateway.catalogue.plugins import find_adapters
from gateway.catalogue.report import as_json as report_json
from gateway.catalogue.report import as_text as report_text
from gateway.catalogue.term_rules import read_rule_file
from gateway.cli.clock_calendar import File, calendar_of
from gateway.cli.clock_input import BadOption, instant, read, zone_of
from gateway.cli.output import BAD_CALL, DEFAULT_URL, WRONG, Address, AsJson, Key, command, err, fail, out, show
from gateway.client import GatewayClient
from gateway.domain.calendar import Calendar, CalendarError
from gateway.domain.catalogue import Catalogue
from gateway.domain.course import ClockRefused, Course, follow
from gateway.domain.office import Office
from gateway.domain.service import Service, Term
from gateway.domain.term import closing_of
from gateway.domain.term_rule import LastInstant

app = typer.Typer(help="When a term ends, and why.", no_args_is_help=True)


class Language(StrEnum):
    """The languages of a derivation."""

    UZ = "uz"
    RU = "ru"
    KY = "ky"
    EN = "en"


class From(StrEnum):
    """Where an extension begins."""

    RAW = "raw"
    ROLLED = "rolled"


Received = Annotated[str, typer.Option(help="when the term was triggered: a date or a time; local unless it has an offset")]
Lang = Annotated[Language, typer.Option("--lang", help="language of the derivation")]


@app.command("due")
@command
async def due(
    rule: Annotated[Path, typer.Option(help="rule.yaml, in the shape of a service's term:")],
    received: Received,
    calendar: Annotated[str, typer.Option(help=f"{', '.join(IDS)}, or a file of calendar export; none: the rule's own")] = "",
    suspend: Annotated[
        list[str] | None, typer.Option(help="FROM..TO[@ground]; a date TO is suspended too; FROM.. is open")
    ] = None,
    extend: Annotated[list[str] | None, typer.Option(help="DAYS@NOTICE")] = None,
    extend_from: Annotated[From | None, typer.Option(help="where an extension begins; none: as the rule says")] = None,
    zone: Annotated[str, typer.Option(help="time zone; none: that of the calendar's country")] = "",
    closing: Annotated[str, typer.Option(help="HH:MM at which the office closes")] = "",
    as_of: Annotated[str, typer.Option(help="what was known then; none: after the last event")] = "",
    calendar_file: File = None,
    lang: Lang = Language.EN,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Tell when a term ends, from a rule and what happened, without a service or a database.

    The seeded calendars count; with a key those of the gateway, as its operators have amended them.
    """
    try:
        term = read_rule_file(rule)
    except CatalogueInvalid as error:
        _mistakes(error.mistakes, as_json=as_json)
    except OSError as error:
        fail(f"--rule: {rule} cannot be read: {error.strerror or error}", BAD_CALL)
    counts = await calendar_of(calendar or term.calendar, calendar_file, url, key)
    if term.last_instant is LastInstant.CLOSING and not closing:
        fail("--closing: the last day of this rule ends when the office closes; write when, like 18:00", BAD_CALL)
    try:
        place = zone_of(zone, counts.id)
        asked = read(term, received, suspend or (), extend or (), place, "" if extend_from is None else str(extend_from))
        known = None if not as_of else instant(as_of, place, "as-of")[0]
        closes = _closing(closing)
        course = follow(asked.term, asked.events, counts, place.key, as_of=known, closing=closes)
    except ClockRefused as error:
        _refused(error, as_json=as_json)
    except CalendarError as error:
        fail(f"--calendar: {error}", WRONG)
    except (ValueError, OverflowError) as error:
        fail(str(error), BAD_CALL)
    _tell(course, counts, asked.assumed, str(lang), as_json=as_json)


@app.command("explain")
@command
async def explain(
    case: Annotated[str, typer.Argument(help="number or id of a case; none with --service")] = "",
    service: Annotated[str, typer.Option(help="a service of the catalogue, without a case")] = "",
    received: Annotated[str, typer.Option(help="with --service: when its term was triggered")] = "",
    office: Annotated[str, typer.Option(help="with --service: the office whose calendar counts; none: the first")] = "",
    root: Annotated[Path | None, typer.Option(help="with --service: the catalogue's folder; none: DARCHA_CATALOGUE")] = None,
    calendar_file: File = None,
    lang: Lang = Language.EN,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Tell how the dates of a case were derived, or with --service and --received when a new case would be due."""
    if bool(case) is bool(service):
        fail("name a case, or --service and --received", BAD_CALL)
    if service:
        if not received:
            fail("--received: say when the term was triggered, like 2026-12-07", BAD_CALL)
        found, place = _chosen(_catalogue(root, as_json=as_json), service, office)
        try:
            term = _rule_for(found, received, place)
        except BadOption as error:
            fail(str(error), BAD_CALL)
        counts = await calendar_of(term.calendar or place.calendar, calendar_file, url, key)
        _service(term, place, counts, received, str(lang), as_json=as_json)
        return
    async with GatewayClient(url, key, language=str(lang)) as client:
        clocks = (await client.call("GET", f"/v1/cases/{case}/clocks"))["items"]
    if as_json:
        show(clocks)
        return
    for clock in clocks:
        _clock(clock, str(lang))


def _catalogue(root: Path | None, *, as_json: bool) -> Catalogue:
    # Not ``load_catalogue``: its warnings, of agencies that cannot be reached, have nothing to do with a date.
    checked = check_catalogue(root or Settings().catalogue_root(), environ=os.environ, adapters=find_adapters())
    if checked.mistakes:
        _mistakes(checked.mistakes, as_json=as_json)
    return checked.catalogue


def _service(term: Term, place: Office, calendar: Calendar, received: str, lang: str, *, as_json: bool) -> None:
    try:
        asked = read(term, received, (), (), zone_of(place.time_zone, calendar.id))
        course = follow(term, asked.events, calendar, place.time_zone, closing=closing_of(place.hours))
    except BadOption as error:
        fail(str(error), BAD_CALL)
    _tell(course, calendar, (), lang, as_json=as_json, since=term.since)


def _rule_for(service: Service, received: str, place: Office) -> Term:
    """Return the rule of an application of that day, the office's."""
    zone = ZoneInfo(place.time_zone)
    day = instant(received, zone, "received")[0].astimezone(zone).date()
    term = service.term_on(day)
    if term is None:
        fail(f"the service {service.id} has no term for applications of {day}", WRONG)
    return term


def _chosen(catalogue: Catalogue, id_: str, office: str) -> tuple[Service, Office]:
    service = catalogue.services.get(id_)
    if service is None:
        fail(f"--service: there is no service {id_!r}; {nearest(id_, catalogue.services)}", BAD_CALL)
    place = catalogue.offices.get(office or next(iter(catalogue.offices), ""))
    if place is None:
        fail(f"--office: there is no office {office!r}; {nearest(office, catalogue.offices)}", BAD_CALL)
    if service.term is None:
        fail(f"the service {id_} has no term", WRONG)
    return service, place


def _closing(text: str) -> time | None:
    if not text:
        return None
    try:
        return closing_of(f"00:00-{text}")
    except ValueError:
        raise BadOption(f"--closing: {text!r} is no time like 18:00") from None


def _tell(
    course: Course, calendar: Calendar, assumed: tuple[str, ...], lang: str, *, as_json: bool, since: date | None = None
) -> None:
    lines = tell_all(course.explanation, lang)
    if as_json:
        show(_json(course, calendar, assumed, lines) | {"since": None if since is None else since.isoformat()})
        return
    end = course.date.isoformat() if course.date is not None else "-"
    out.print(f"{end}  {state_word(course.state, lang)} ({course.state})", style="bold", markup=False, highlight=False)
    for line in lines:
        out.print(f"  {line['text']}", markup=False, highlight=False, soft_wrap=True)
    for year in _unknown(course, calendar):
        out.print(f"  (the calendar names no day of {year}: the week alone says there what works)", markup=False)
    for what in assumed:
        out.print(f"  (the rule says nothing of an {what}; a plain one is assumed)".replace("an s", "a s"), markup=False)


def _unknown(course: Course, calendar: Calendar) -> list[int]:
    """The years that the answer depends on and of which the calendar knows nothing but the week."""
    named = {day.year for day in (*calendar.days_off, *calendar.working_days)}
    asked = {year for line in course.explanation if line.code == "provisional" for year in line.params["years"]}
    return sorted(asked - named)


def _json(course: Course, calendar: Calendar, assumed: tuple[str, ...], lines: list[dict[str, Any]]) -> dict[str, Any]:
    day = {"date": course.date, "raw": course.raw, "earliest": course.earliest}
    return {
        "due_at": None if course.due_at is None else course.due_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        **{name: None if value is None else value.isoformat() for name, value in day.items()},
        "state": str(course.state),
        "provisional": course.provisional,
        "unknown_years": _unknown(course, calendar),
        "calendar": calendar.id,
        "version": calendar.version,
        "suspended_on": list(course.suspended_on),
        "assumed": list(assumed),
        "explanation": lines,
    }


def _clock(clock: dict[str, Any], lang: str) -> None:
    what = f"{kind_word(clock['kind'], lang)} {clock['step']}".strip() + f" ({clock['kind']})"
    title = f"{what}: {clock['due_at'] or '-'}  {state_word(clock['state'], lang)} ({clock['state']})"
    out.print(title, style="bold", markup=False, highlight=False, soft_wrap=True)
    for line in clock["explanation"]:
        out.print(f"  {line.get('text') or line['code']}", markup=False, highlight=False, soft_wrap=True)


def _refused(error: ClockRefused, *, as_json: bool) -> NoReturn:
    if as_json:
        show({"refused": error.code, "message": error.message})
        raise typer.Exit(WRONG)
    fail(f"refused ({error.code}): {error.message}", WRONG)


def _mistakes(mistakes: Sequence[Mistake], *, as_json: bool) -> NoReturn:
    if as_json:
        show(report_json(mistakes))
    else:
        err.print(report_text(mistakes), markup=False, soft_wrap=True)
    raise typer.Exit(WRONG)
