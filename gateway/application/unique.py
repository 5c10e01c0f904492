"""The keyed hash by which the same application is found at two centres, without keeping what it is made of."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any

from gateway.domain.events import canonical


def unique_hash(secret: bytes, service: str, values: Sequence[Any]) -> str:
    """Return the hex HMAC-SHA256 of the service and the values (plain JSON), or ``""`` when every value is missing.

    An application that names nothing of what makes it one of a kind is like no other.
    """
    if all(value is None for value in values):
        return ""
    key = hmac.digest(secret, b"darcha unique", hashlib.sha256)
    return hmac.new(key, canonical([service, list(values)]), hashlib.sha256).hexdigest()
