"""What goes wrong in a simulated agency.

AdapterError
└── SimulatorError
    ├── RulesInvalid     simulator.yaml or a fault specification is wrong (file, key, what was expected)
    └── CallUnreadable   a call that the agency's contract does not know (``status``, ``reason``)
"""

from __future__ import annotations

from gateway.sdk.errors import AdapterError


class SimulatorError(AdapterError):
    """Base of what a simulated agency raises on purpose."""


class RulesInvalid(SimulatorError):
    """``simulator.yaml`` or a fault specification is wrong. The message names key, rule and way out."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


class CallUnreadable(SimulatorError):
    """A call that is not of the contract. It is refused with ``status`` and stands in no ledger."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
