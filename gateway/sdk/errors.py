"""What goes wrong at an agency's edge.

AdapterError
├── MessageInvalid     render: the message would not be valid to the agency's own schema (``path``, ``reason``)
├── CallbackRefused    a callback is malformed, hostile or not of the contract (``pointer``, ``code``)
├── NotSent            transport: certainly no byte of the request left
└── SentButLost        transport: bytes left and no readable answer came
"""

from __future__ import annotations

from gateway.domain.errors import DarchaError


class AdapterError(DarchaError):
    """Base of what adapters and transports raise on purpose."""


class MessageInvalid(AdapterError):
    """The message breaks the agency's own schema. Nothing has left."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or '/'}: {reason}")
        self.path = path
        self.reason = reason


class CallbackRefused(AdapterError):
    """A callback that cannot be taken; ``pointer`` names the place, ``code`` the rule."""

    def __init__(self, pointer: str, code: str, message: str) -> None:
        super().__init__(f"{pointer or '/'}: {message}")
        self.pointer = pointer
        self.code = code
        self.message = message


class NotSent(AdapterError):
    """No byte of the request left this machine."""


class SentButLost(AdapterError):
    """The request, or a part of it, left; what became of it is not known."""
