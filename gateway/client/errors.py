"""What a call of the gateway can end with.

ClientError
├── GatewayUnreachable   no connection, or none in time; the call may be repeated under the same key
└── GatewayRefused       the gateway answered with a problem document (``problem``)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
