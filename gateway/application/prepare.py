"""The pure half of the dispatcher: condition, mapping, rendering, validation, and the lease (DESIGN section 4).

Everything here happens under the case's lock and before the first release. The bytes are stored once; every later
release of the request sends the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from gateway.application.deployment import Deployment, PinNotLoaded
from gateway.application.release import message_meta
from gateway.domain.applied import give_up, park
from gateway.domain.case_file import CaseFile, Disclosure, StoredMessage
from gateway.domain.errors import DarchaError
from gateway.domain.incident import IncidentKind
from gateway.domain.outcomes import DocumentRef
from gateway.domain.progress import advance, skip
from gateway.domain.request import Request, RequestStatus, Work
from gateway.domain.rules import Rules
from gateway.sdk.adapter import OutgoingRequest
from gateway.sdk.errors import MessageInvalid
from gateway.sdk.mapping import compile_expression


class Preparer:
    """Prepares and leases the requests of a case. ``callback_base`` is the public address of the api, without a slash.

    ``send_within_secs``: how long a release may wait in its lane; ``margin_secs``: what the lease adds to that and to
    the agency's time-out, for the reply to travel.
    """

    def __init__(
        self, deployment: Deployment, callback_base: str, *, send_within_secs: float = 30.0, margin_secs: float = 10.0
    ) -> None:
        self._deployment = deployment
        self._callback_base = callback_base
        self._send_within = timedelta(seconds=send_within_secs)
        self._margin = timedelta(seconds=margin_secs)

    def release(self, file: CaseFile, request: Request) -> bool:
        """Prepare one request and give it a lease. False when there is nothing to send: skipped, or parked.

        Raises ``PinNotLoaded``; ``CatalogueError`` when the agency or its operation is gone.
        """
        rules = self._deployment.rules(file.case.pin)
        rules.operation(request)  # a contract that has lost it is told before any bytes are made, for they are made once
        work = request.work
        if work is Work.SEND and request.released_at is None and not self._prepare(file, request, rules):
            advance(file, rules)
            return False
        if work is not Work.SEND and not self._prepare_lookup(file, request, rules):
            advance(file, rules)
            return False
        self._lease(file, request, rules, work)
        advance(file, rules)
        return True

    def _lease(self, file: CaseFile, request: Request, rules: Rules, work: Work) -> None:
        operation = rules.operation(request)
        if work is Work.SEND:
            file.move(request, "release")
            request.attempts += 1
        else:
            file.touch(request)
            request.lookups += 1
        request.next_at = None
        request.lease_id, request.lease_work = file.mint.uuid(), work
        request.lease_until = self.send_by(file.now) + timedelta(seconds=operation.timeout_secs) + self._margin
        request.released_at = file.now
        number = request.attempts if work is Work.SEND else request.lookups
        facts = {"step": request.step, "request": request.id, "lane": request.lane, "work": work, "attempt": number}
        file.event("request.released", facts)

    def send_by(self, now: datetime) -> datetime:
        """Return the instant after which a worker does not start any more."""
        return now + self._send_within

    def _prepare(self, file: CaseFile, request: Request, rules: Rules) -> bool:
        """Make the bytes. False when the condition says no (skipped) or they cannot be made (parked)."""
        service = self._deployment.rules(request.pin).service if request.pin else rules.service
        step = service.step(request.step)
        seen = rules.context(file, request)
        try:
            if step.when is not None and not rules.evaluate(step.when, seen):
                skip(file, request, "condition")
                return False
            product = rules.evaluate(step.input, seen)
            self._render(file, request, Work.SEND, request.operation, product)
        except MessageInvalid as error:
            park(file, request, IncidentKind.INVALID, f"{step.input.name}: {error}")
            return False
        except PinNotLoaded:
            raise
        except DarchaError as error:
            park(file, request, IncidentKind.RENDER_FAILED, str(error))
            return False
        except Exception as error:  # noqa: BLE001 - an adapter's own bug parks this request and holds up nobody else
            park(file, request, IncidentKind.RENDER_FAILED, f"{type(error).__name__}: {error}")
            return False
        fields = tuple(sorted(".".join(path) for path in compile_expression(step.input).reads()))
        file.disclosures.append(Disclosure(request.id, request.agency, request.branch, fields, file.now))
        return True

    def try_out(self, file: CaseFile, request: Request) -> str:
        """Make the bytes of a request in a file that nobody saves; return why they cannot be made, empty when they can or
        when the step's condition lets it be skipped. Raises as ``release``."""
        if self._prepare(file, request, self._deployment.rules(file.case.pin)) or request.status is not RequestStatus.PARKED:
            return ""
        return request.reason

    def _prepare_lookup(self, file: CaseFile, request: Request, rules: Rules) -> bool:
        lookup = rules.operation(request).lookup
        if lookup is None:
            give_up(file, request, IncidentKind.RENDER_FAILED, "its contract has no lookup for it any more")
            return False
        try:
            product = rules.evaluate(lookup.input, rules.context(file, request))
            self._render(file, request, Work.LOOKUP, lookup.operation, product)
        except PinNotLoaded:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            why = str(error) if isinstance(error, DarchaError) else f"{type(error).__name__}: {error}"
            give_up(file, request, IncidentKind.RENDER_FAILED, f"{lookup.input.name}: {why}")
            return False
        return True

    def _render(self, file: CaseFile, request: Request, work: Work, operation: str, product: Any) -> None:
        case = file.case
        message = self._deployment.adapter(request.contract).render(
            OutgoingRequest(
                message_id=str(request.message_id),
                case_number=case.number,
                operation=operation,
                input=product,
                created_at=request.created_at,
                branch=request.branch,
                reference=request.reference,
                callback_url=f"{self._callback_base}/agencies/{request.agency}",
                documents=documents_of(file, request),
            )
        )
        file.messages.append(StoredMessage(request.id, work, message.body, message_meta(message)))


def documents_of(file: CaseFile, request: Request) -> tuple[DocumentRef, ...]:
    """Return the documents of the application and of the step's latest supplement."""
    given = list(file.case.envelope.get("documents") or ())
    for fact in file.facts:
        if fact.data.get("step") == request.step:
            given += fact.data.get("documents") or ()
    return tuple(
        DocumentRef(str(d["digest"]), str(d.get("name", "")), str(d.get("media_type", "")), str(d.get("kind", "")))
        for d in given
        if d.get("digest")
    )
