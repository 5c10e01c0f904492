"""The shapes of calendars: what comes in with an amendment, and what goes out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from gateway.api.bodies import QueryModel, Reason, Short, StrictModel
from gateway.api.shapes import Out
from gateway.domain.amendment import FIRST_YEAR, LAST_YEAR


def _day(value: Any) -> Any:
    """A date as text, and nothing else that pydantic would take for one."""
    if not isinstance(value, str) or len(value) != len("2026-09-01"):
        raise PydanticCustomError("date", "write the date as 2026-09-01")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("date", "write the date as 2026-09-01") from None


Day = Annotated[date, BeforeValidator(_day)]
#: Under another name: fields are called ``date``.
AnyDay = date
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
Names = Annotated[dict[Literal["uz", "ru", "ky", "en"], Short], Field(max_length=4)]
_MOST = 1000


class OffBody(StrictModel):
    """A day off; without names it is an additional one."""

    date: Day
    names: Names = Field(default_factory=dict)


class MoveBody(StrictModel):
    """The rest of one day is taken on another: a weekend's, a holiday's, an Eid's."""

    from_: Day = Field(alias="from")
    to: Day


class ExactOffBody(OffBody):
    """A day off as it is to stand."""

    kind: Literal["holiday", "observed", "additional", "moved_off"] = "holiday"
    decree: Short = ""
    moved_from: Day | None = None


class ExactWorkingBody(StrictModel):
    """A working day as it is to stand."""

    date: Day
    decree: Short = ""
    moved_to: Day | None = None


class AmendmentBody(StrictModel):
    """What is to change, and the decree that it rests on. ``plain`` days follow the week pattern again.

    ``days_off`` and ``working_days`` are exceptions as they are to stand, as a file gives them.
    """

    decree: Reason
    note: str = Field(default="", max_length=2000)
    off: list[OffBody] = Field(default_factory=list, max_length=_MOST)
    working: list[Day] = Field(default_factory=list, max_length=_MOST)
    plain: list[Day] = Field(default_factory=list, max_length=_MOST)
    moved: list[MoveBody] = Field(default_factory=list, max_length=_MOST)
    decided: list[Year] = Field(default_factory=list, max_length=100)
    days_off: list[ExactOffBody] = Field(default_factory=list, max_length=_MOST)
    working_days: list[ExactWorkingBody] = Field(default_factory=list, max_length=_MOST)


class AmendQuery(QueryModel):
    """``dry_run`` says what would change and keeps nothing."""

    dry_run: bool = False


class CalendarQuery(QueryModel):
    """Which version (its number or its name; the current one by default), and which year of it (all by default)."""

    version: Short = ""
    year: Year | None = None


class DiffQuery(QueryModel):
    """Two versions by number or name; the current one where none is named."""

    from_: Short = Field(default="", alias="from")
    to: Short = ""


class DayOffOut(Out):
    """A day that does not work."""

    date: date
    kind: str
    names: dict[str, str]
    decree: str
    moved_from: AnyDay | None


class WorkingDayOut(Out):
    """A day that works against the week pattern."""

    date: date
    decree: str
    moved_to: AnyDay | None


class VersionOut(Out):
    """Who made a version, when and why."""

    number: int
    version: str
    made_at: datetime
    made_by: str
    decree: str
    note: str


class CalendarBrief(VersionOut):
    """The current version of a calendar. ``weekend``: 0 is Monday. ``behind``: clocks still to be derived anew."""

    id: str
    jurisdiction: str
    weekend: list[int]
    decided_years: list[int]
    behind: int


class CalendarList(Out):
    """The calendars."""

    items: list[CalendarBrief]


class CalendarOut(VersionOut):
    """A version of a calendar, or a year of it. ``provisional`` years may still change by decree."""

    id: str
    jurisdiction: str
    weekend: list[int]
    decided_years: list[int]
    year: int | None
    provisional: bool | None
    days_off: list[DayOffOut]
    working_days: list[WorkingDayOut]


class VersionList(Out):
    """The versions of a calendar, the current one first."""

    items: list[VersionOut]


class DayDiffOut(Out):
    """A day that two versions see differently."""

    date: date
    was: dict[str, Any]
    now: dict[str, Any]


class DiffOut(Out):
    """What two versions see differently. Each is named as ``UZ-5@2``."""

    from_: str = Field(alias="from")
    to: str
    days: list[DayDiffOut]
    decided: list[int]
    undecided: list[int]


class AmendedOut(Out):
    """What an amendment made. ``dry_run``: what it would make; nothing is kept."""

    id: str
    number: int
    version: str
    decree: str
    dry_run: bool
    changes: DiffOut
