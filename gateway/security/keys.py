"""API keys: long and random, shown once, stored as SHA-256.

A key has 256 bits of chance, so a plain hash is as good as a slow one, and a lookup costs microseconds.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

#: Leaked keys are found by their beginning.
PREFIX: Final = "darcha_"
_BYTES: Final = 32


def new_key() -> str:
    """Return a new key: ``darcha_`` and 43 letters, digits, ``-`` and ``_``."""
    return PREFIX + secrets.token_urlsafe(_BYTES)


def hash_key(key: str) -> str:
    """Return the hex SHA-256 under which a key is stored and looked up."""
    return hashlib.sha256(key.encode()).hexdigest()
