"""The rules that a case is worked on with: its pinned service, the agencies, and how expressions and terms are read.

Everything here is pure. ``evaluate`` and ``calendar`` come from outside the domain only because JSONata and the calendars
are libraries and data; both give the same answer for the same arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gateway.domain.agency import Agency, Operation, RetryPolicy
from gateway.domain.calendar import Calendar
from gateway.domain.errors import CatalogueError
from gateway.domain.office import Office
from gateway.domain.service import Expression, Service, Term
from gateway.domain.term_rule import LastInstant

if TYPE_CHECKING:
    from gateway.domain.case_file import CaseFile
    from gateway.domain.request import Request

#: The agency id by which a step addresses the office that took the application.
OFFICE = "office"


@dataclass(frozen=True, slots=True)
class Rules:
    """``context`` builds what expressions see; ``calendar`` returns the current version of a calendar by its id.

    ``settle_secs``: how long after its end a clock waits before it takes effect, so that replies under way count first.
    """

    service: Service
    agencies: Mapping[str, Agency]
    evaluate: Callable[[Expression, Mapping[str, Any]], Any]
    context: Callable[[CaseFile, Request | None], Mapping[str, Any]]
    calendar: Callable[[str], Calendar]
    offices: Mapping[str, Office]
    settle_secs: float = 60.0

    def agency(self, id_: str) -> Agency:
        """Return the current agency of a step. Raises ``CatalogueError`` when the deployment no longer has it."""
        found = self.agencies.get(id_)
        if found is None:
            raise CatalogueError(f"the catalogue has no agency {id_!r}; bring it back or name its successor (succeeded_by)")
        return found

    def operation(self, request: Request) -> Operation:
        """Return the operation of a request. Raises ``CatalogueError`` when the agency's contract has lost it."""
        found = self.agency(request.agency).operations.get(request.operation)
        if found is None:
            raise CatalogueError(f"the contract of {request.agency} has no operation {request.operation!r} any more")
        return found

    def retry_policy(self, request: Request) -> RetryPolicy:
        """Return the retry policy of the request's lane."""
        return self.agency(request.agency).policy_of(request.lane).retry

    def calendar_of(self, term: Term, office: str) -> tuple[Calendar, str]:
        """Return the calendar that a term counts on, the office's own unless the rule names one, and the time zone.

        Raises ``CatalogueError`` when the office or the calendar is not there.
        """
        place = self._office(office)
        return self.calendar(term.calendar or place.calendar), place.time_zone

    def closing_of(self, term: Term, office: str, request: Request | None = None) -> str:
        """Return when the office closes (``HH:MM``) where the last day of the term ends then, else empty.

        For an agency's leg (``request``) the hours of its lane count, where it has any. Raises ``CatalogueError`` when the
        office is not there.
        """
        if term.last_instant is not LastInstant.CLOSING:
            return ""
        agency = None if request is None else self.agencies.get(request.agency)
        hours = "" if agency is None or request is None else agency.policy_of(request.lane).hours
        return (hours or self._office(office).hours).partition("-")[2]

    def zone_of(self, office: str) -> ZoneInfo:
        """Return the time zone whose days count at an office. Raises ``CatalogueError`` when the office is not there."""
        return ZoneInfo(self._office(office).time_zone)

    def _office(self, id_: str) -> Office:
        place = self.offices.get(id_)
        if place is None:
            raise CatalogueError(f"the catalogue has no office {id_!r}, whose calendar and time zone count")
        return place
