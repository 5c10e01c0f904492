"""What every call needs at hand: the parts, who calls, and keys that are being answered now. One for each app."""

from __future__ import annotations

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request

from gateway.api.auth import Authenticator, Caller
from gateway.api.errors import StillRunning
from gateway.api.parts import ApiParts
from gateway.application.acts import Act
from gateway.application.identifiers import BlindIndex
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import Conflict, NotFound
from gateway.domain.number import normalise


class Door:
    """The state of one app, held in ``app.state.door``."""

    def __init__(self, parts: ApiParts) -> None:
        self.parts = parts
        self.authenticator = Authenticator(parts.reads, parts.limits.key_ttl_secs)
        self.blind = BlindIndex(parts.secret)
        self._running: dict[tuple[str, str], asyncio.Event] = {}

    async def begin(self, client: str, key: str) -> None:
        """Wait briefly until no other call of this process has the key, and take it. Raises ``StillRunning``.

        Calls in other processes are settled by the database: the loser of the race re-reads the winner.
        """
        name = (client, key)
        if name in self._running:
            try:
                async with asyncio.timeout(self.parts.limits.running_wait_secs):
                    while (running := self._running.get(name)) is not None:
                        await running.wait()
            except TimeoutError:
                raise StillRunning(self.parts.limits.retry_after_secs) from None
        self._running[name] = asyncio.Event()

    def end(self, client: str, key: str) -> None:
        """Give the key back; who waits for it goes on."""
        self._running.pop((client, key)).set()

    async def case(self, name: str, caller: Caller) -> CaseFile:
        """Return the case by id or number as this caller may see it. Raises ``NotFound`` otherwise."""
        file = await self.parts.reads.case_file(case_name(name), caller.sees)
        if file is None:
            raise no_case(name)
        return file

    async def act(self, name: str, caller: Caller, act: Act, if_match: str | None) -> CaseFile:
        """Do something to a case that this caller may see. Raises what the act raises, ``NotFound``, ``Conflict``."""
        known = case_name(name)
        if not isinstance(known, UUID) or caller.sees:
            known = (await self.case(name, caller)).case.id
        return await self.parts.acts.run(known, act, version_of(if_match))

    async def act_on_request(self, request_id: UUID, act: Act, if_match: str | None = None) -> CaseFile:
        """Do something to the case of a request. Raises as ``act``."""
        case_id = await self.parts.reads.case_of_request(request_id)
        if case_id is None:
            raise NotFound("not_found", f"there is no request {request_id}")
        return await self.parts.acts.run(case_id, act, version_of(if_match))


def case_name(name: str) -> UUID | str:
    """Return the id, or the number in its one spelling. Raises ``NotFound`` when it is neither."""
    try:
        return UUID(name)
    except ValueError:
        pass
    try:
        return normalise(name)
    except ValueError as error:
        raise NotFound("not_found", f"there is no case {name[:60]!r}: {error}") from None


def no_case(name: str) -> NotFound:
    """What is said of a case that is not there, or is not this caller's: the same."""
    return NotFound("not_found", f"there is no case {name[:60]!r}")


def etag(version: int) -> str:
    """Return the ETag of a version of a case."""
    return f'"{version}"'


def version_of(if_match: str | None) -> int | None:
    """Return the version that If-Match asks for; ``None`` when it asks for none or any.

    Raises ``Conflict`` with code ``moved`` when it cannot match.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    for given in if_match.split(","):
        plain = given.strip().strip('"')
        if plain.isdecimal() and not given.strip().startswith("W/") and len(plain) < 12:
            return int(plain)
    raise Conflict("moved", "If-Match names no version of this case; read it again and send its ETag")


def _door(request: Request) -> Door:
    door: Door = request.app.state.door
    return door


DoorDep = Annotated[Door, Depends(_door)]
