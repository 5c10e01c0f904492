"""Steps that are done anew, because a person has ordered it or because what kept them from happening is gone. Pure."""

from __future__ import annotations

from gateway.domain.case_file import CaseFile
from gateway.domain.request import FINISHED, Request
from gateway.domain.request import RequestStatus as S
from gateway.domain.rules import Rules
from gateway.domain.service import Step

_DONE = (S.COMPLETED,)


def plan_anew(file: CaseFile, rules: Rules, old: Request, reason: str, by: str) -> Request:
    """Plan the step of a finished request again: a superseding request, by the contract of today. Raises ``Conflict``."""
    file.move(old, "redo")
    file.event("request.superseded", {"step": old.step, "request": old.id, "anew": True, "reason": reason}, by)
    new = Request(
        id=file.mint.uuid(),
        case_id=old.case_id,
        step=old.step,
        agency=old.agency,
        operation=old.operation,
        message_id=file.mint.uuid(),
        status=S.PLANNED,
        created_at=file.now,
        contract=rules.agency(old.agency).digest,
        supersedes=old.id,
        pin=old.pin,
    )
    file.add_request(new)
    return new


def plan_skipped_anew(file: CaseFile, rules: Rules, reason: str, by: str) -> None:
    """Plan again the steps that were skipped because of a step that can be gone on from now."""
    again = True
    while again:
        again = False
        for step in rules.service.steps:
            request = file.live(step.id)
            if request is not None and request.status is S.SKIPPED and request.reason != "condition" and _open(file, step):
                plan_anew(file, rules, request, reason, by)
                again = True


def _open(file: CaseFile, step: Step) -> bool:
    """Whether nothing that the step needs has ended in vain."""
    needed = [file.live(need) for need in step.needs]
    return all(
        n is not None and (n.status not in FINISHED or n.status in _DONE or (n.status is S.SKIPPED and n.reason == "condition"))
        for n in needed
    )
