"""What a call of the gateway can end with, and what is wrong with a webhook that came.

ClientError
├── GatewayUnreachable   no connection, or none in time; the call may be repeated under the same key
├── GatewayRefused       the gateway answered with a problem document (``problem``)
├── StillWaiting         a case is not as it was waited for (``case`` is how it is)
└── WebhookRefused       a message is not to be believed; answer 400 and do nothing
    ├── NotSigned        a header of the three is missing or cannot be read
    ├── WrongSignature   none of its signatures is of a secret that was given
    ├── WrongTime        it was signed too long ago, or in the future: repeated by somebody, or one of the clocks is wrong
    └── NotAnEvent       it is signed well and is no CloudEvents JSON
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.client.types import Case


class ClientError(Exception):
    """Base of what the client raises."""


class GatewayUnreachable(ClientError):
    """The gateway cannot be reached."""


class GatewayRefused(ClientError):
    """The gateway refused; ``status`` is the HTTP status and ``problem`` the RFC 9457 document."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        details = "; ".join(f"{e.get('pointer') or '/'}: {e.get('message')}" for e in problem.get("errors") or ())
        super().__init__(details or str(problem.get("detail") or problem.get("title") or status))
        self.status = status
        self.problem = problem


class StillWaiting(ClientError):
    """The case is not as it was waited for, and the time to wait is over, or it never will be."""

    def __init__(self, case: Case) -> None:
        super().__init__(f"the case {case['number']} is {case['status']}, which is not what was waited for")
        self.case = case


class WebhookRefused(ClientError):
    """A webhook that is not to be believed."""


class NotSigned(WebhookRefused):
    """One of the three headers is missing or cannot be read."""


class WrongSignature(WebhookRefused):
    """None of the signatures is of a secret that was given."""


class WrongTime(WebhookRefused):
    """It was signed too long ago, or in the future."""


class NotAnEvent(WebhookRefused):
    """It is signed well and is no CloudEvents JSON."""
