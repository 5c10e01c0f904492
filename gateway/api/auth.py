"""Who calls, and what the key allows. Keys are looked up by hash and remembered for a few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import Depends
from starlette.requests import Request

from gateway.api.errors import Forbidden, Unauthenticated
from gateway.application.reads import Client, Reads
from gateway.security.keys import hash_key

_REMEMBERED: Final = 4096
#: A key that is not known is asked for again soon: it may have been made just now.
_UNKNOWN_SECS: Final = 1.0
_MAX_KEY: Final = 256


class Scope(StrEnum):
    """What a key may be allowed. ``operate`` includes ``read``, for all cases; the others see what is theirs.

    ``reveal`` looks at the bytes of messages, of any case, and is included in nothing.
    """

    SUBMIT = "submit"
    READ = "read"
    OPERATE = "operate"
    DESK = "desk"
    METRICS = "metrics"
    REVEAL = "reveal"


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of the key of this call."""

    client: Client

    @property
    def name(self) -> str:
        """The client's name."""
        return self.client.name

    def may(self, scope: Scope) -> bool:
        """Return whether the key has the scope."""
        scopes = self.client.scopes
        return scope in scopes or (scope is Scope.READ and Scope.OPERATE in scopes)

    @property
    def sees(self) -> str:
        """The client whose cases this caller sees; empty for operators, who see all."""
        return "" if self.may(Scope.OPERATE) else self.client.name

    @property
    def actor(self) -> str:
        """How events name this caller."""
        return f"operator:{self.name}" if self.may(Scope.OPERATE) else f"client:{self.name}"


class Authenticator:
    """Finds the caller of a request. ``ttl_secs`` is how long a withdrawn key may still open the door."""

    def __init__(self, reads: Reads, ttl_secs: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._reads = reads
        self._ttl = ttl_secs
        self._clock = clock
        self._known: dict[str, tuple[Caller | None, float]] = {}

    async def caller(self, request: Request, *scopes: Scope) -> Caller:
        """Return the caller when the key has one of ``scopes``. Raises ``Unauthenticated`` or ``Forbidden``."""
        key = _presented(request)
        if not key or len(key) > _MAX_KEY:
            raise Unauthenticated
        caller = await self._look_up(hash_key(key))
        if caller is None:
            raise Unauthenticated("this key is not known")
        if not any(caller.may(scope) for scope in scopes):
            wanted = " or ".join(scopes)
            raise Forbidden("forbidden", f"this key lacks the scope {wanted}")
        request.scope["darcha.client"] = caller.name
        return caller

    async def _look_up(self, hashed: str) -> Caller | None:
        known = self._known.get(hashed)
        if known is not None and self._clock() < known[1]:
            return known[0]
        client = await self._reads.client_of_key(hashed)
        caller = Caller(client) if client is not None else None
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[hashed] = (caller, self._clock() + (self._ttl if caller is not None else min(self._ttl, _UNKNOWN_SECS)))
        return caller


def _presented(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return key.strip()
    return request.headers.get("x-api-key", "").strip()


def _needs(*scopes: Scope) -> Callable[[Request], Coroutine[Any, Any, Caller]]:
    async def dependency(request: Request) -> Caller:
        authenticator: Authenticator = request.app.state.door.authenticator
        return await authenticator.caller(request, *scopes)

    return dependency


Reader = Annotated[Caller, Depends(_needs(Scope.READ))]
Submitter = Annotated[Caller, Depends(_needs(Scope.SUBMIT))]
#: Clerks and operators send documents too.
Sender = Annotated[Caller, Depends(_needs(Scope.SUBMIT, Scope.DESK, Scope.OPERATE))]
#: What the front office does to its own case, and the operator to any.
Actor = Annotated[Caller, Depends(_needs(Scope.SUBMIT, Scope.OPERATE))]
#: The register of services is open to every key.
Anyone = Annotated[Caller, Depends(_needs(*Scope))]
Operator = Annotated[Caller, Depends(_needs(Scope.OPERATE))]
Clerk = Annotated[Caller, Depends(_needs(Scope.DESK))]
Revealer = Annotated[Caller, Depends(_needs(Scope.REVEAL))]
Scraper = Annotated[Caller, Depends(_needs(Scope.METRICS, Scope.OPERATE))]
