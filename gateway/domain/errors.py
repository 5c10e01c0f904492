"""What the domain refuses.

DarchaError
├── Refusal            the caller asked for something a rule forbids; nothing has changed
│   ├── BadInput       one or more fields are wrong (``problems`` names each)
│   ├── Conflict       the state of the case does not allow it (any more)
│   └── NotFound       there is no such thing, or the caller may not know of it
└── CatalogueError     the catalogue contradicts itself (a cycle of steps, an unknown agency)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class DarchaError(Exception):
    """Base of every error that Darcha raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule. ``pointer`` is a JSON Pointer into what was sent, ``code`` a stable machine word.

    ``message`` is in English; ``params`` are what the same rule says in other languages (``gateway.application.messages``).
    """

    pointer: str
    code: str
    message: str
    params: Mapping[str, str] = field(default_factory=dict)


class Refusal(DarchaError):
    """A request that a rule forbids. ``code`` is stable, ``message`` says the rule and the way out."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class BadInput(Refusal):
    """The input breaks rules; ``problems`` names field, rule and way out for each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("bad_input", "; ".join(f"{p.pointer or '/'}: {p.message}" for p in problems))
        self.problems = tuple(problems)


class Conflict(Refusal):
    """The state does not allow what was asked."""


class NotFound(Refusal):
    """There is no such thing."""


class CatalogueError(DarchaError):
    """The catalogue contradicts itself."""
