"""The desk: requests that people answer. Whoever is bound to an inbox sees and answers what stands in it, and nothing else.

Refusal
└── NotBound   the caller is bound to no agency, branch or office that has a desk
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from gateway.application import messages
from gateway.application.acts import Act
from gateway.application.deployment import Deployment
from gateway.application.reads import Client
from gateway.application.redo import stamp
from gateway.domain.applied import Said, apply
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import BadInput, Conflict, NotFound, Refusal
from gateway.domain.outcomes import LookupOutcome, name_of
from gateway.domain.request import Request
from gateway.domain.request import RequestStatus as S
from gateway.domain.rules import Rules

#: A clerk speaks for the agency, not for the transport.
SPOKEN: Final = ("completed", "refused", "accepted", "progress", "needs_applicant", "redirected")
ANSWERABLE: Final = (S.AWAITING_REPLY, S.RELEASED)


class NotBound(Refusal):
    """The caller has no inbox."""

    def __init__(self, message: str) -> None:
        super().__init__("not_bound", message)


@dataclass(frozen=True, slots=True)
class Inbox:
    """What one clerk sees: the tasks of these agencies, of one ``branch`` or (empty) of all."""

    agencies: tuple[str, ...]
    branch: str = ""

    def holds(self, request: Request) -> bool:
        """Return whether a request stands in this inbox."""
        return request.agency in self.agencies and self.branch in ("", request.branch)


def inbox_of(deployment: Deployment, client: Client, *, operates: bool) -> Inbox:
    """Return the inbox that a client is bound to; of an operator who is bound to none, that of everybody. Raises ``NotBound``."""
    catalogue, people, bound = deployment.catalogue, deployment.answered_by_people(), client.bound_to
    if not bound:
        if operates:
            return Inbox(people)
        raise NotBound("this key is bound to no agency, branch or office; make one that is")
    if bound in catalogue.offices:
        return Inbox(tuple(a for a in people if catalogue.agencies[a].branches_are_offices), bound)
    agency, _, branch = bound.partition("/")
    if agency not in people:
        raise NotBound(f"this key is bound to {bound!r}, which has no desk in this catalogue")
    return Inbox((agency,), branch)


def no_task(id_: object) -> NotFound:
    """What is said of a task that is not there, or stands in another inbox: the same."""
    return NotFound("not_found", f"there is no task {id_} in this inbox")


def require_spoken(outcome: LookupOutcome) -> None:
    """Raise ``BadInput`` for an outcome that is not a clerk's to say."""
    if name_of(outcome) not in SPOKEN:
        raise BadInput([messages.problem("/outcome/outcome", "enum", wanted=", ".join(sorted(SPOKEN)))])


def answer(inbox: Inbox, id_: UUID, outcome: LookupOutcome, clerk: str, note: str = "", *, seen: str = "") -> Act:
    """Return the act that answers a task. ``seen`` is the ``stamp`` of the request as the clerk saw it; empty: any.

    The act raises ``NotFound`` for a task of another inbox, and ``Conflict``: ``answered``, or ``task_moved``.
    """

    def act(file: CaseFile, rules: Rules) -> None:
        task = file.requests.get(id_)
        if task is None or not inbox.holds(task):
            raise no_task(id_)
        if task.status not in ANSWERABLE:
            raise Conflict("answered", f"the task is {task.status}; it can be answered while it is awaiting_reply")
        if seen and seen != stamp(file, task):
            raise Conflict("task_moved", "something has happened to the task since it was read; read it again and answer then")
        said = Said(outcome, "clerk", file.now, f"clerk:{clerk}", detail={"note": note} if note else {})
        apply(file, task, said, rules)

    return act
