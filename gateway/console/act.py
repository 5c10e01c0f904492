"""What an act of an operator is, for ``act_list.py`` and ``repair_acts.py``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.application.acts import Act as Deed
from gateway.console.act_fields import About, Field, Seen
from gateway.console.visit import Visit
from gateway.domain import acts
from gateway.domain.case_file import CaseFile
from gateway.domain.request import Request

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Act:
    """``fits(visit, file, request)``: whether the button is shown; the domain decides when it is done. ``on_request``: it is
    done to a request, else to the case. ``grave``: it cannot be undone. ``look``: what has to be read before the form can be
    shown or done; the form tells it, and the deed finds it among the values as ``seen``."""

    name: str
    fields: tuple[Field, ...]
    fits: Callable[[Visit, CaseFile, Request | None], bool]
    deed: Callable[[Values, str, Request | None], Deed]
    on_request: bool = False
    grave: bool = False
    look: Callable[[About], Awaitable[Seen]] | None = None


def this_one(file: CaseFile, request: Request | None) -> Request:
    """Return the request of the form in the file under its lock."""
    if request is None:
        raise ValueError("an act on a request was asked for without one")
    return acts.request_of(file, request.id)
