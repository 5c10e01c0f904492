"""The port of measuring: what the use cases tell whoever counts. Labels are words of the catalogue or of closed sets.

Most is read off the events that a unit of work recorded, and told only once they are committed: so nothing is counted
that did not happen, and every way in (a worker, a callback, a clerk, the clock) is counted by the same code.
"""

from __future__ import annotations

from typing import Final, Protocol

from gateway.domain.case_file import CaseFile

_VERDICTS: Final = {"reply.recorded": "record", "reply.contradicts": "incident"}


class Measures(Protocol):
    """What is counted. Each call is cheap and never raises."""

    def released(self, agency: str, operation: str, count: int = 1) -> None:
        """Requests went to their lane and the broker has confirmed them."""
        ...

    def replied(self, way: str, verdict: str) -> None:
        """A reply was committed. ``way``: worker, callback, clerk, …; ``verdict``: apply, record, incident."""
        ...

    def decided(self, service: str, outcome: str, seconds: float) -> None:
        """A case was decided ``seconds`` after its receipt."""
        ...

    def breached(self, kind: str) -> None:
        """A clock of that kind ran out."""
        ...

    def delivered(self, kind: str, result: str, count: int = 1) -> None:
        """Deliveries were settled: ``delivered``, ``pending``, ``exhausted``, ``skipped``."""
        ...


class Unmeasured:
    """Counts nothing."""

    def released(self, agency: str, operation: str, count: int = 1) -> None:
        """Count nothing."""

    def replied(self, way: str, verdict: str) -> None:
        """Count nothing."""

    def decided(self, service: str, outcome: str, seconds: float) -> None:
        """Count nothing."""

    def breached(self, kind: str) -> None:
        """Count nothing."""

    def delivered(self, kind: str, result: str, count: int = 1) -> None:
        """Count nothing."""


UNMEASURED: Final = Unmeasured()


def tell(measures: Measures, file: CaseFile) -> None:
    """Tell what the events of a unit of work say. Call it after their commit."""
    for event in file.events:
        payload = event.payload
        if event.type == "case.decided":
            seconds = (file.now - file.case.received_at).total_seconds()
            measures.decided(file.case.service, str(payload["outcome"]), seconds)
        elif event.type == "clock.breached":
            measures.breached(str(payload["kind"]))
        elif "source" in payload:
            measures.replied(str(payload["source"]), _VERDICTS.get(event.type, "apply"))
