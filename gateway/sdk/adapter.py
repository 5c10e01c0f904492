"""The port that an adapter implements: pure ``render`` and ``parse``, and ``send``, the only part with I/O.

An adapter is made once per contract digest and must be safe to share between tasks: it keeps no state of a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gateway.domain.agency import Agency
from gateway.domain.outcomes import DocumentRef, LookupOutcome, Outcome
from gateway.sdk.link import Link
from gateway.sdk.onboarding import Draft


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """What ``render`` gets. ``input`` is what the mapping produced; ``created_at`` is fixed for the request's life (UTC).

    ``message_id`` is the request's; a lookup carries the message id of the request that it asks about.
    ``reference`` is what the agency gave earlier, if anything.
    """

    message_id: str
    case_number: str
    operation: str
    input: Any
    created_at: datetime
    branch: str = ""
    reference: str = ""
    callback_url: str = ""
    documents: tuple[DocumentRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """One agency message, ready but for security headers and documents. Stored before its first release.

    ``path`` is appended to the endpoint; ``options`` are the adapter's own and must be JSON.
    """

    message_id: str
    operation: str
    body: bytes
    content_type: str
    method: str = "POST"
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    documents: tuple[DocumentRef, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agency said, as it came. ``callback`` is the callback operation's name, empty for a direct answer."""

    operation: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    callback: str = ""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A reply understood. ``blobs`` are the documents that came in it, by SHA-256 digest."""

    outcome: LookupOutcome
    blobs: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback understood: for which request (by the agency's ``reference`` or our ``message_id``), and what it says.

    ``key`` is the agency's own id of this callback where it has one; a repeat under the same key gets the first answer.
    """

    name: str
    parsed: Parsed
    reference: str = ""
    message_id: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the agency is answered on its callback."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Health:
    """What a probe found. ``misconfigured``: credentials, address or certificate are wrong, not merely down."""

    ok: bool
    detail: str = ""
    misconfigured: bool = False


@dataclass(frozen=True, slots=True)
class Flaw:
    """A mistake in a contract: file and key, what was expected and how to mend it."""

    file: str
    key: str
    expected: str
    fix: str


class Adapter(Protocol):
    """One agency's protocol. One that needs no endpoint says so by an attribute ``without_endpoint = True``.

    Errors: ``render`` raises ``MessageInvalid``; ``read_callback`` raises ``CallbackRefused``.
    """

    def check(self) -> list[Flaw]:
        """Return every mistake in the contract, for ``darcha catalogue check``. Empty means usable."""
        ...

    def render(self, request: OutgoingRequest) -> Message:
        """Return the message. Pure and deterministic: the same request gives the same bytes."""
        ...

    def parse(self, reply: Reply) -> Parsed:
        """Return what a direct answer means. Pure, and total: unreadable replies are ``Invalid`` or ``Unknown``."""
        ...

    def parse_lookup(self, looked_up: str, reply: Reply) -> Parsed:
        """Return what the answer of a lookup says about a message of operation ``looked_up``. Pure and total."""
        ...

    async def send(self, message: Message, link: Link) -> Parsed:
        """Deliver once and return the outcome. Never raises for what an agency or a network does."""
        ...

    async def lookup(self, looked_up: str, message: Message, link: Link) -> Parsed:
        """Ask with ``message`` (rendered for the lookup's operation) what became of an earlier one."""
        ...

    def callback_name(self, content_type: str, body: bytes) -> str:
        """Return the callback operation that a body posted to the agency's common address is for.

        Raises ``CallbackRefused`` when it is none of the contract's.
        """
        ...

    def read_callback(self, name: str, headers: Mapping[str, str], body: bytes) -> Callback:
        """Return the callback, validated against the contract. Raises ``CallbackRefused``."""
        ...

    def answer_callback(self, callback: Callback) -> Answer:
        """Return the receipt that the agency expects."""
        ...

    def refuse_callback(self, error: Exception, status: int) -> Answer:
        """Return the refusal in the agency's own terms (a SOAP fault, a problem document). ``status`` is the HTTP status."""
        ...

    async def probe(self, link: Link) -> Health:
        """Resemble real use, change nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a plug-in declares. ``people``: its requests are answered by clerks.

    ``simulator(agency, options)`` is a ``gateway.sdk.simulator.Simulator`` that serves a contract.
    ``contract`` is the kind of contract that it onboards (``wsdl``, ``openapi``); then ``draft(files, mains, wanted)`` reads
    the files (path to bytes) of which ``mains`` are the contract's own, and returns what they describe: all operations, or
    those whose name or name in the contract is in ``wanted``. It raises ``AdapterError`` when nothing of it can be read.
    """

    name: str
    title: str
    make: Callable[[Agency], Adapter]
    people: bool = False
    simulator: Callable[..., Any] | None = None
    contract: str = ""
    draft: Callable[[Mapping[str, bytes], Sequence[str], Sequence[str]], Draft] | None = None
    waivers: Mapping[str, str] = field(default_factory=dict)


__all__ = [
    "Adapter",
    "Answer",
    "Callback",
    "Flaw",
    "Health",
    "Manifest",
    "Message",
    "Outcome",
    "OutgoingRequest",
    "Parsed",
    "Reply",
]
