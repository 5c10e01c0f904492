"""Which field of what was asked breaks a rule of a clock, for every door that shows it beside the field."""

from __future__ import annotations

from typing import Final

from gateway.domain.course import ClockRefused

#: By code, where it is not the clock itself.
_FIELDS: Final[dict[str, str]] = {
    **dict.fromkeys(("unknown_ground", "ground_used_up", "name_the_ground", "ground_of_requests", "not_suspended"), "/ground"),
    **dict.fromkeys(("after_expiry", "out_of_order", "twice"), "/from"),
    "notice_after_expiry": "/notice",
    "extension_too_long": "/length",
}


def pointer_of(error: ClockRefused) -> str:
    """Return the JSON pointer of the field: as whoever asked knew it, else by the code."""
    return error.pointer or _FIELDS.get(error.code, "/clock")
