"""What can go wrong with a private server.

ServerError
├── ServersMissing   the binaries are not installed; the message says what to install and how
└── ServerFailed     it was started and did not come up, or did not do what was asked; the message ends with its log
"""

from __future__ import annotations

from gateway.domain.errors import DarchaError


class ServerError(DarchaError):
    """Base of what private servers raise."""


class ServersMissing(ServerError):
    """The binaries are not there, and installing them was not allowed."""


class ServerFailed(ServerError):
    """The server did not start, or refused what was asked of it."""
