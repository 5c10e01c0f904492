"""A service of the register: form, steps, statutory term, standard. Frozen; read by ``gateway.catalogue``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from gateway.domain.case import FactKind
from gateway.domain.term_rule import Silence, Term, Unit, rule_on

__all__ = ["AfterDeadline", "Expression", "Service", "Silence", "Step", "Term", "Text", "Unique", "Unit"]

#: Words in the languages of the deployment: ``uz``, ``ru``, ``ky``, ``en``.
Text = Mapping[str, str]


class AfterDeadline(StrEnum):
    """What the service's rule says when the applicant did not act in time (DESIGN section 6, NeedsApplicant)."""

    REFUSE = "refuse"
    RETURN = "return"
    GO_ON = "go_on"
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True)
class Expression:
    """A JSONata expression and where it stands. ``name`` is the path of its file within the catalogue, or ``file:key``."""

    source: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the service needs from one agency.

    ``needs`` are steps that have to be completed (or skipped by their own condition) first; ``facts`` must have been
    confirmed; ``when`` is the condition; ``after_decision`` steps start once the case is decided.
    ``branch`` is an expression that yields a territory code; empty means that the agency has no branches.
    ``term`` is the rule of the agency's leg; ``later_terms`` are those of applications since a later day (``Term.since``).
    """

    id: str
    agency: str
    operation: str
    input: Expression
    needs: tuple[str, ...] = ()
    facts: tuple[FactKind, ...] = ()
    when: Expression | None = None
    branch: Expression | None = None
    term: Term | None = None
    after_decision: bool = False
    title: Text = field(default_factory=dict)
    later_terms: tuple[Term, ...] = ()

    def term_on(self, day: date) -> Term | None:
        """Return the rule of the leg for an application of a day."""
        return None if self.term is None else rule_on((self.term, *self.later_terms), day)


@dataclass(frozen=True, slots=True)
class Unique:
    """``by``: expressions whose values together identify an application; ``then``: refuse, link or allow."""

    by: tuple[Expression, ...]
    then: str = "refuse"


@dataclass(frozen=True, slots=True)
class Service:
    """One version of a service. ``digest`` covers everything that a case pins of it.

    ``term`` is the rule of the statutory term; ``later_terms`` are those of applications since a later day. ``clocks`` are
    the rules of its other clocks by their kind, in the same order.
    """

    id: str
    version: str
    title: Text
    form: Mapping[str, Any]
    steps: tuple[Step, ...]
    decision: Expression
    term: Term | None = None
    unique: Unique | None = None
    roles: tuple[str, ...] = ("applicant",)
    channels: tuple[str, ...] = ("counter", "portal", "mobile", "post")
    after_deadline: AfterDeadline = AfterDeadline.INCIDENT
    standard: Mapping[str, Any] = field(default_factory=dict)
    labels: Mapping[str, Any] = field(default_factory=dict)
    digest: str = ""
    later_terms: tuple[Term, ...] = ()
    clocks: Mapping[str, tuple[Term, ...]] = field(default_factory=dict)

    def term_on(self, day: date) -> Term | None:
        """Return the rule that an application of a day falls under."""
        return None if self.term is None else rule_on((self.term, *self.later_terms), day)

    def step(self, id_: str) -> Step:
        """Return the step; raises ``KeyError`` when the service has none of that id."""
        for step in self.steps:
            if step.id == id_:
                return step
        raise KeyError(id_)
