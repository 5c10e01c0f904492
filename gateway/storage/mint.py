"""Where the rules take chance from in a running gateway."""

from __future__ import annotations

import random
import secrets
from uuid import UUID

import uuid_utils

_random = random.SystemRandom()


class SystemMint:
    """Implements ``gateway.domain.case_file.Mint``."""

    __slots__ = ()

    def uuid(self) -> UUID:
        """Return a new UUIDv7: its order is the order of making."""
        return UUID(int=uuid_utils.uuid7().int)

    def salt(self) -> str:
        """Return 16 random bytes as hex."""
        return secrets.token_hex(16)

    def jitter(self) -> float:
        """Return a number in [0, 1)."""
        return _random.random()
