"""Passwords of people, kept as argon2id (RFC 9106). The work runs in threads, a few at once: each takes memory on purpose."""

from __future__ import annotations

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

#: 19 MiB, two rounds, one lane: OWASP's least, some 20 ms on a small server, and no burden for a small container.
_MEMORY_KIB: Final = 19 * 1024
_ROUNDS: Final = 2
_AT_ONCE: Final = 4


class Argon2Passwords:
    """Implements ``gateway.application.accounts.Passwords``."""

    def __init__(self, *, memory_kib: int = _MEMORY_KIB, rounds: int = _ROUNDS) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=1, type=Type.ID)
        #: What a password is compared with when there is no account of that name: it takes as long.
        self._nobody = self._hasher.hash("nobody's password")
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """Return what to store."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, hashed: str, password: str) -> bool:
        """Return whether the password is the one; always ``False``, and as slow, when ``hashed`` is empty."""
        async with self._turns:
            return await asyncio.to_thread(self._verify, hashed or self._nobody, password) and bool(hashed)

    def stale(self, hashed: str) -> bool:
        """Return whether the hash was made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(hashed)

    def _verify(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False
