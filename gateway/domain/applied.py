"""An outcome arrives for a request: the one way in for replies (DESIGN section 4).

A synchronous answer, a callback, a poll, a clerk, an operator: all become ``Said`` and go through ``apply``. The table
in ``transitions.py`` says whether it counts; this file says with what else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from gateway.domain import outcomes as o
from gateway.domain.case_file import Attempt, CaseFile
from gateway.domain.clock_ends import by_word
from gateway.domain.clocks import end_clocks
from gateway.domain.escalating import takes_over_at, watch
from gateway.domain.events import fingerprint
from gateway.domain.incident import Incident, IncidentKind, TimerKind
from gateway.domain.lapsing import run_on
from gateway.domain.outcomes import LookupOutcome, name_of, outcome_to_json
from gateway.domain.request import Request, Work
from gateway.domain.request import RequestStatus as S
from gateway.domain.retry import is_last, next_attempt
from gateway.domain.rules import Rules
from gateway.domain.succession import inherits
from gateway.domain.transitions import Do, overruled, verdict

#: What a transport says, or we say of a reply: it counts only for the release that it belongs to.
TRANSPORT: Final = (o.RetryLater, o.Unknown, o.Invalid, o.Misconfigured, o.NotThere)
#: Work of a request that the agency may have: asking what became of it.
_ASKING: Final = (Work.LOOKUP, Work.POLL)
#: How long a lookup that cannot be made waits for its rule or contract to be mended.
_ASK_AGAIN: Final = timedelta(hours=1)


#: Incidents whose cause is gone once the agency has answered.
_ANSWERED: Final = (
    IncidentKind.EXHAUSTED,
    IncidentKind.IN_DOUBT,
    IncidentKind.INVALID,
    IncidentKind.NO_REPLY,
    IncidentKind.RENDER_FAILED,
    IncidentKind.TIME_RUNS_OUT,
)


@dataclass(frozen=True, slots=True)
class Said:
    """What came for a request. ``source``: worker, callback, clerk, operator or clock. ``received_at`` is at our edge (UTC).

    ``lease_id`` and ``work`` are those of the release that it answers; a callback has none. ``overrules``: a person applies
    what contradicts the request as it stands (``late_replies.py``).
    """

    outcome: LookupOutcome
    source: str
    received_at: datetime
    actor: str = "gateway"
    lease_id: UUID | None = None
    work: Work = Work.SEND
    detail: dict[str, Any] = field(default_factory=dict)
    overrules: bool = False


def apply(file: CaseFile, request: Request, said: Said, rules: Rules) -> None:
    """Apply, record or open an incident, as the table says. The caller then calls ``advance``."""
    outcome = said.outcome
    ours = said.lease_id is not None and said.lease_id == request.lease_id
    if isinstance(outcome, o.Redirected) and outcome.branch == request.branch:
        outcome = o.Invalid("branch", f"redirected to {outcome.branch}, the branch that it came from")
    answer = overruled(request.status, outcome) if said.overrules else verdict(request.status, outcome)
    if said.lease_id is not None:
        _record_attempt(file, request, said)
    stale = said.lease_id is not None and not ours and isinstance(outcome, TRANSPORT)
    if stale or answer.do is Do.RECORD or (not ours and _repeats_receipt(request, outcome)):
        if ours:
            _end_lease(file, request)
        own = not request.reference or inherits(file, request)
        if isinstance(outcome, o.Accepted) and outcome.reference and own:
            # A callback by our message id has overtaken the receipt; later ones will name the agency's reference.
            file.touch(request)
            request.reference = outcome.reference
        file.event("reply.recorded", _facts(request, said), said.actor)
        return
    if answer.do is Do.INCIDENT:
        if ours:
            _end_lease(file, request)
        _contradiction(file, request, said)
        return
    asked = request.lease_work in _ASKING
    if ours or not isinstance(outcome, TRANSPORT):
        _end_lease(file, request)
    _act(file, request, said, outcome, answer.to or request.status, rules, asked=asked)


def _repeats_receipt(request: Request, outcome: LookupOutcome) -> bool:
    received = isinstance(outcome, o.Accepted) and request.status is S.AWAITING_REPLY
    return received and getattr(outcome, "reference", "") in ("", request.reference)


def _act(file: CaseFile, request: Request, said: Said, outcome: LookupOutcome, to: S, rules: Rules, *, asked: bool) -> None:
    """``asked``: it was being looked up or polled just now."""
    file.touch(request)
    by_word(file, outcome, min(said.received_at, file.now))
    if not isinstance(outcome, o.RetryLater | o.Misconfigured):  # those two say that nobody has seen it
        request.sent_at = request.sent_at or said.received_at
    match outcome:
        case o.Completed():
            request.data = {**request.data, **outcome.data}
            _finish(file, request, said, to, "request.completed")
            _end_clocks(file, request, said, outcome.decided_at, rules)
        case o.Refused():
            request.reason = outcome.reason
            _finish(file, request, said, to, "request.refused")
            _end_clocks(file, request, said, outcome.decided_at, rules)
        case o.Accepted():
            request.reference = outcome.reference or request.reference
            _wait_for_reply(file, request, said, to, outcome.poll_after, rules, asked=asked)
            file.event("request.accepted", _facts(request, said), said.actor)
        case o.Progress():
            request.data = {**request.data, "progress": {"code": outcome.code, "text": outcome.text, **outcome.data}}
            _wait_for_reply(file, request, said, to, None, rules, asked=asked)
            file.event("request.progressed", _facts(request, said), said.actor)
        case o.NeedsApplicant():
            _reached(file, said)
            request.reference = outcome.reference or request.reference
            request.reason, request.until, request.next_at = outcome.what, outcome.until, None
            request.outcome = outcome_to_json(outcome)
            file.set_status(request, to)
            file.clear_timer(TimerKind.NO_REPLY, request.id)
            if outcome.until is not None:
                file.set_timer(TimerKind.APPLICANT_DEADLINE, request.id, outcome.until)
            file.event("request.needs_applicant", _facts(request, said), said.actor)
        case o.Redirected():
            _redirect(file, request, said, outcome, rules)
        case o.RetryLater() | o.Unknown() | o.NotThere() | o.Misconfigured():
            _transport(file, request, said, outcome, to, rules)
        case o.Invalid():
            if to is S.IN_DOUBT:
                _in_doubt(file, request, said, rules)
                return
            park(
                file, request, IncidentKind.INVALID, f"{outcome.path}: {outcome.reason}" if outcome.path else outcome.reason, said
            )


def _end_clocks(file: CaseFile, request: Request, said: Said, dated: datetime | None, rules: Rules) -> None:
    at = min(said.received_at, file.now)
    run_on(file, rules, at)
    end_clocks(file, f"step {request.step}", at, dated)


def _transport(
    file: CaseFile,
    request: Request,
    said: Said,
    outcome: o.RetryLater | o.Unknown | o.NotThere | o.Misconfigured,
    to: S,
    rules: Rules,
) -> None:
    """The transport's word: send again, look up, or give up and call a person."""
    operation = rules.operation(request)
    if to is S.AWAITING_REPLY:
        again = file.now + timedelta(seconds=rules.retry_policy(request).cap_secs)
        request.next_at = again if operation.lookup is not None else None
        file.event("request.poll_failed", _facts(request, said), said.actor)
        return
    if isinstance(outcome, o.NotThere):
        lookup = operation.lookup
        by_hand = said.source == "operator"  # a person has asked the agency; their word is as good as a contract's
        if not by_hand and (lookup is None or not lookup.absence_conclusive):
            _doubtful(file, request, "the agency knows nothing of it, which its contract does not call conclusive")
            return
        if by_hand:
            request.attempts = 0
        if is_last(request.attempts, rules.retry_policy(request), file.now, request.due_at):
            park(file, request, IncidentKind.EXHAUSTED, f"sent {request.attempts} times and never there: {outcome.reason}", said)
            return
        _schedule(file, request, said, S.READY, file.now, "request.not_there")
        return
    if request.status is S.IN_DOUBT or (isinstance(outcome, o.Unknown) and not operation.idempotent):
        _in_doubt(file, request, said, rules)
        return
    if isinstance(outcome, o.Misconfigured):
        request.attempts = max(0, request.attempts - 1)  # no attempt is spent: nobody saw the message
        pause = rules.agency(request.agency).policy_of(request.lane).breaker.pause_secs
        _schedule(file, request, said, S.READY, file.now + timedelta(seconds=pause), "request.retrying")
        return
    if said.detail.get("started") is False:
        request.attempts = max(0, request.attempts - 1)  # a worker that stopped, or came too late, has not tried
    after = outcome.after if isinstance(outcome, o.RetryLater) else None
    at = _next(file, request, request.attempts, rules, after)
    if at is None:
        park(file, request, IncidentKind.EXHAUSTED, outcome.reason, said)
        return
    _schedule(file, request, said, S.READY, at, "request.retrying")
    watch(file, request)


def _next(file: CaseFile, request: Request, tries: int, rules: Rules, after: float | None) -> datetime | None:
    """When it is tried again within the legal time left."""
    return next_attempt(
        tries,
        rules.retry_policy(request),
        file.now,
        after=after,
        deadline=request.due_at,
        escalate_at=takes_over_at(file, request),
        jitter=file.mint.jitter(),
    )


def _schedule(file: CaseFile, request: Request, said: Said, to: S, at: datetime, event: str) -> None:
    file.set_status(request, to)
    request.next_at = at
    file.event(event, {**_facts(request, said), "next_at": at}, said.actor)


def _in_doubt(file: CaseFile, request: Request, said: Said, rules: Rules) -> None:
    """It may or may not have been acted on. Look it up once things have settled; where that cannot be, call a person."""
    first = request.status is not S.IN_DOUBT
    file.set_status(request, S.IN_DOUBT)
    lookup = rules.operation(request).lookup
    at: datetime | None = None
    if lookup is not None and first:
        request.lookups = 0
        at = file.now + timedelta(seconds=lookup.settled_after_secs)
    elif lookup is not None:
        at = _next(file, request, request.lookups, rules, None)
    request.next_at = at
    file.event("request.in_doubt", {**_facts(request, said), "next_at": at}, said.actor)
    if at is not None:
        watch(file, request)
    else:
        _doubtful(file, request, "there is no way to look it up" if lookup is None else "looking it up did not succeed")


def _doubtful(file: CaseFile, request: Request, why: str) -> None:
    request.next_at = None
    fingerprint = f"{IncidentKind.IN_DOUBT}:{request.id}"
    detail = {"number": file.case.number, "step": request.step, "reason": why, "message_id": request.message_id}
    file.open_incident(
        Incident(IncidentKind.IN_DOUBT, fingerprint, detail, file.case.id, request.id, request.agency, request.lane)
    )


def give_up(file: CaseFile, request: Request, kind: IncidentKind, reason: str) -> None:
    """No release can be made of it. What the agency may have already is not parked, for then it would look like something
    that can simply be sent again: it stays as it is, is asked about later, and a person is called."""
    if request.work not in _ASKING:
        park(file, request, kind, reason)
        return
    _end_lease(file, request)
    request.next_at = file.now + _ASK_AGAIN
    detail = {"number": file.case.number, "step": request.step, "status": request.status, "reason": reason}
    fingerprint = f"{kind}:{request.id}"
    file.open_incident(Incident(kind, fingerprint, detail, file.case.id, request.id, request.agency, request.lane))


def park(file: CaseFile, request: Request, kind: IncidentKind, reason: str, said: Said | None = None) -> None:
    """Give up on a request visibly: parked, with an open incident (promise 4)."""
    _end_lease(file, request)
    file.move(request, "park")
    request.reason, request.next_at = reason, None
    facts = {"step": request.step, "request": request.id, "reason": reason, "kind": kind}
    file.event("request.parked", facts if said is None else facts | _callback(said))
    detail = {"number": file.case.number, "step": request.step, "reason": reason, "attempts": request.attempts}
    if said is not None:
        detail["outcome"] = name_of(said.outcome)
    incident = Incident(kind, f"{kind}:{request.id}", detail, file.case.id, request.id, request.agency, request.lane)
    file.open_incident(incident)


def _reached(file: CaseFile, said: Said) -> None:
    """Terms are judged by when a word reached our edge, however late it is applied."""
    file.reached_at = max(file.reached_at or said.received_at, said.received_at)


def _finish(file: CaseFile, request: Request, said: Said, to: S, event: str) -> None:
    file.set_status(request, to)
    _reached(file, said)
    request.outcome = outcome_to_json(said.outcome)
    request.next_at, request.finished_at, request.until = None, file.now, None
    for timer in (TimerKind.NO_REPLY, TimerKind.APPLICANT_DEADLINE, TimerKind.ESCALATION):
        file.clear_timer(timer, request.id)
    for kind in _ANSWERED:
        file.recover(f"{kind}:{request.id}", "the agency has answered")
    file.event(event, {**_facts(request, said), "answer": fingerprint(request.outcome)}, said.actor)


def _wait_for_reply(
    file: CaseFile, request: Request, said: Said, to: S, poll_after: float | None, rules: Rules, *, asked: bool
) -> None:
    """Wait for a callback, and ask again where that is possible: an answer that settles nothing never ends the polling."""
    operation = rules.operation(request)
    again = request.status is S.AWAITING_REPLY
    planned = request.next_at if again else None
    if operation.lookup is None:
        planned = None
    elif poll_after is not None:
        planned = file.now + timedelta(seconds=poll_after)
    elif asked and planned is None:
        planned = file.now + timedelta(seconds=rules.retry_policy(request).cap_secs)
    file.set_status(request, to)
    file.clear_timer(TimerKind.APPLICANT_DEADLINE, request.id)
    request.until, request.next_at = None, planned
    # That it has our message is no news the second time: an agency that says nothing else is a silent one.
    news = isinstance(said.outcome, o.Progress) or not again
    if operation.reply_within_secs is not None and news:
        file.set_timer(TimerKind.NO_REPLY, request.id, file.now + timedelta(seconds=operation.reply_within_secs))


def _redirect(file: CaseFile, request: Request, said: Said, outcome: o.Redirected, rules: Rules) -> None:
    """Not theirs: a superseding request to the branch that they name, unless it does not exist or was tried before."""
    agency = rules.agency(request.agency)
    tried = {r.branch for r in file.requests.values() if r.step == request.step}
    if agency.branch(outcome.branch) is None or outcome.branch in tried:
        why = "was tried already" if outcome.branch in tried else "is not in the contract"
        park(file, request, IncidentKind.REDIRECT_LOOP, f"redirected to branch {outcome.branch!r}, which {why}", said)
        return
    file.set_status(request, S.SUPERSEDED)
    request.outcome, request.finished_at, request.next_at = outcome_to_json(outcome), file.now, None
    file.event("request.redirected", {**_facts(request, said), "to": outcome.branch}, said.actor)
    supersede(file, request, agency.lane_of(outcome.branch), outcome.branch)


def supersede(file: CaseFile, old: Request, lane: str, branch: str) -> Request:
    """Add the request that stands in the place of ``old`` from now on: new message id, new bytes, ready at once."""
    new = Request(
        id=file.mint.uuid(),
        case_id=old.case_id,
        step=old.step,
        agency=old.agency,
        operation=old.operation,
        message_id=file.mint.uuid(),
        status=S.READY,
        created_at=file.now,
        branch=branch,
        lane=lane,
        next_at=file.now,
        ready_at=file.now,
        due_at=old.due_at,
        contract=old.contract,
        reference=old.reference,
        data=old.data,
        supersedes=old.id,
    )
    file.add_request(new)
    file.event("request.ready", {"step": new.step, "request": new.id, "branch": branch, "supersedes": old.id})
    return new


def _contradiction(file: CaseFile, request: Request, said: Said) -> None:
    """It contradicts what is known: kept as an event, and a person applies or dismisses it."""
    facts = _facts(request, said)
    file.event("reply.contradicts", {**facts, "said": outcome_to_json(said.outcome)}, said.actor)
    detail = {"number": file.case.number, "step": request.step, "status": request.status, "said": outcome_to_json(said.outcome)}
    fingerprint = f"{IncidentKind.CONTRADICTION}:{request.id}"
    file.open_incident(
        Incident(IncidentKind.CONTRADICTION, fingerprint, detail, file.case.id, request.id, request.agency, request.lane)
    )


def _end_lease(file: CaseFile, request: Request) -> None:
    file.touch(request)
    request.lease_id = request.lease_until = request.lease_work = None


def _record_attempt(file: CaseFile, request: Request, said: Said) -> None:
    number = request.lookups if said.work is Work.LOOKUP else request.attempts
    detail = {"source": said.source, **said.detail, **{k: v for k, v in outcome_to_json(said.outcome).items() if k != "data"}}
    file.attempts.append(
        Attempt(request.id, number, said.work, name_of(said.outcome), detail, request.released_at, said.received_at)
    )


def _facts(request: Request, said: Said) -> dict[str, Any]:
    facts: dict[str, Any] = {"step": request.step, "request": request.id, "agency": request.agency, "source": said.source}
    facts["outcome"] = name_of(said.outcome)
    reason = getattr(said.outcome, "reason", "") or getattr(said.outcome, "what", "")
    if reason:
        facts["reason"] = reason
    if request.reference:
        facts["reference"] = request.reference
    return facts | _callback(said)


def _callback(said: Said) -> dict[str, Any]:
    """Which callback said it: its name in the contract, and its id in the inbox."""
    return {key: said.detail[key] for key in ("callback", "inbox") if key in said.detail}
