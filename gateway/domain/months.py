"""Months and years: the corresponding day, or the last day of a month that has none.

Civil Code of Uzbekistan art. 147, of Kyrgyzstan art. 193, of Kazakhstan art. 174; Regulation 1182/71 art. 3(2)(c). The
day is that of the event: two months from 31 January end on 31 March.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

_DAY = timedelta(days=1)


def corresponding(event: date, months: int) -> date:
    """Return the day of the event's number ``months`` months later, the last day of the month where it has no such day."""
    year, month = _month(event, months)
    return date(year, month, min(event.day, monthrange(year, month)[1]))


def before_corresponding(first: date, months: int) -> date:
    """Return the last day of a term whose first day ``first`` counts: the day before the corresponding one.

    As section 188(2) and (3) of the German Civil Code: where the month has no such day, it is the month's last.
    """
    year, month = _month(first, months)
    if first.day == 1:
        return date(year, month, 1) - _DAY
    return date(year, month, min(first.day - 1, monthrange(year, month)[1]))


def _month(day: date, months: int) -> tuple[int, int]:
    past = day.year * 12 + day.month - 1 + months
    return past // 12, past % 12 + 1
