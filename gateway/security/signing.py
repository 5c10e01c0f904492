"""Short-lived signed references: how a worker, which has no key of its own, gets and puts what one release needs.

A reference is an address with ``exp`` (Unix seconds) and ``sig`` (HMAC-SHA256 over method, kind, name and ``exp``, under
a key derived from the deployment's secret). Who holds it may do that one thing until then and nothing else.

    ReferenceRefused    the signature is wrong (``code`` ``bad_signature``) or its time is over (``expired``)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from math import floor
from typing import Final
from urllib.parse import quote

from gateway.domain.errors import DarchaError

_PURPOSE: Final = b"darcha signed reference\n"


class ReferenceRefused(DarchaError):
    """A reference that does not open anything (any more)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def sign(secret: bytes, parts: Sequence[str], exp: int) -> str:
    """Return the hex signature over ``parts`` until ``exp`` (Unix seconds)."""
    text = "\n".join((*parts, str(exp))).encode()
    return hmac.digest(hmac.digest(secret, _PURPOSE, hashlib.sha256), text, hashlib.sha256).hex()


def verify(secret: bytes, parts: Sequence[str], exp: int, signature: str, now: datetime) -> None:
    """Return when the signature holds at ``now`` (UTC); takes constant time. Raises ``ReferenceRefused``."""
    if not hmac.compare_digest(sign(secret, parts, exp).encode(), signature.encode()):
        raise ReferenceRefused("bad_signature", "the signature of this reference is wrong")
    if now.timestamp() > exp:
        ended = datetime.fromtimestamp(exp, UTC).isoformat()
        raise ReferenceRefused("expired", f"this reference ended at {ended}; the request will be released again with a new one")


class SignedReferences:
    """Makes references to the api at ``base`` (no slash at the end). Kinds: ``blob``, ``contract``, and ``upload``."""

    def __init__(self, base: str, secret: bytes) -> None:
        self._base = base
        self._secret = secret

    def sign(self, kind: str, name: str, until: datetime) -> str:
        """Return the address: a GET of a blob or contract by digest, or the POST of documents of one lease (``upload``)."""
        exp = floor(until.timestamp())
        signature = sign(self._secret, (kind, name), exp)
        path = f"blobs/{quote(name, safe='')}" if kind == "upload" else f"{kind}/{quote(name, safe='')}"
        return f"{self._base}/refs/{path}?exp={exp}&sig={signature}"
