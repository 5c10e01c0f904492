"""What the console itself refuses. Errors of the domain become pages too, see ``app.py``.

Refusal
├── NotAllowed    the account lacks the scope
├── FormRefused   the form does not come from a page of this session; open the page again and repeat
└── TooLarge      the form is larger than forms are
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.application import messages
from gateway.application.clock_fields import pointer_of
from gateway.console.scopes import Scope
from gateway.console.texts import TEXTS
from gateway.console.words import say
from gateway.domain.course import ClockRefused
from gateway.domain.errors import BadInput, Problem, Refusal


class NotAllowed(Refusal):
    """The account lacks the scope."""

    def __init__(self, scopes: Sequence[Scope]) -> None:
        super().__init__("not_allowed", f"this needs the scope {' or '.join(scopes)}")


class FormRefused(Refusal):
    """The form does not come from a page of this session."""

    def __init__(self) -> None:
        super().__init__("form_refused", "the form does not come from a page of this session; open the page again and repeat")


class TooLarge(Refusal):
    """The form is larger than forms are."""

    def __init__(self, most: int) -> None:
        super().__init__("too_large", f"the form is larger than {most} bytes")


@dataclass(frozen=True, slots=True)
class Shown:
    """A problem as an error summary shows it: ``field`` is the name of the form's field, empty for the whole form."""

    field: str
    text: str


def problems_of(error: Refusal, language: str) -> list[Shown]:
    """Return what a form page says of a refusal, each beside its field where it has one."""
    if isinstance(error, BadInput):
        return [Shown(_field(problem.pointer), _told(problem, language)) for problem in error.problems]
    pointer = pointer_of(error) if isinstance(error, ClockRefused) else ""
    return [Shown(_field(pointer), _told(Problem(pointer, error.code, error.message), language))]


def _field(pointer: str) -> str:
    return {"from": "since"}.get(pointer.strip("/"), pointer.strip("/").replace("/", "_"))


def _told(problem: Problem, language: str) -> str:
    """The rule in words: the console's own, the application's, else as the domain said it."""
    if f"problem.{problem.code}" in TEXTS:
        return say(f"problem.{problem.code}", language, **problem.params)
    return messages.localise(problem, language)
