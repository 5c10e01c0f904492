"""A request that supersedes another, and the agency's reference that it has from it until the agency gives its own.

While the agency has not answered the successor, what comes under that reference is about the message before: it was
under way when the successor was made, or has overtaken the answer of an agency that keeps its references. Which of the
two, that answer says. So a word that leaves the matter open waits for it: taken at once it would stand in the place of
a message that was never sent, or of an answer that is looked for no longer. A word that ends the matter counts at once.
"""

from __future__ import annotations

from typing import Final

from gateway.domain import outcomes as o
from gateway.domain.case_file import CaseFile
from gateway.domain.outcomes import LookupOutcome
from gateway.domain.request import Request
from gateway.domain.request import RequestStatus as S

#: The agency has not said anything of the message yet.
_UNANSWERED: Final = frozenset({S.READY, S.RELEASED, S.IN_DOUBT, S.PARKED})
#: Words after which something more is expected of the agency or the applicant.
_OPEN: Final = (o.Accepted, o.Progress, o.NeedsApplicant, o.Redirected)


def inherits(file: CaseFile, request: Request) -> bool:
    """Whether the request has its reference, or its having none, only from the one that it supersedes."""
    old = None if request.supersedes is None else file.requests.get(request.supersedes)
    return old is not None and old.reference == request.reference


def too_early(file: CaseFile, request: Request, outcome: LookupOutcome) -> bool:
    """Whether a word that does not name the request itself has to wait until the agency has answered the request."""
    return isinstance(outcome, _OPEN) and request.status in _UNANSWERED and inherits(file, request)
