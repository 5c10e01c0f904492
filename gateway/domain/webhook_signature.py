"""Signatures of webhooks, as Standard Webhooks 1.0 has them: HMAC-SHA256 over ``id.timestamp.body``. Sender and client share it.

The secret is ``whsec_`` and base64; a header names a signature for each secret that is valid, separated by spaces, so that a
receiver can change over while both are.

    DarchaError
    └── BadSecret    the secret is not base64, or has too few or too many bytes to sign with
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from gateway.domain.errors import DarchaError

PREFIX: Final = "whsec_"
VERSION: Final = "v1"
ID_HEADER: Final = "webhook-id"
TIME_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"
#: Bytes of a secret, as the specification has it.
_BYTES: Final = range(24, 65)


class BadSecret(DarchaError):
    """What was given as a secret cannot sign."""


def key_of(secret: str) -> bytes:
    """Return the key that a secret spells; the prefix may be missing. Raises ``BadSecret``, which never repeats the secret."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise BadSecret(f"a secret of a webhook is {PREFIX} and base64, as it was shown when it was made") from None
    if len(key) not in _BYTES:
        raise BadSecret(f"a secret of a webhook has {_BYTES.start} to {_BYTES.stop - 1} bytes, not {len(key)}")
    return key


def secret_of(key: bytes) -> str:
    """Return the secret that spells a key."""
    return PREFIX + base64.b64encode(key).decode()


def derived(gateway_secret: bytes, webhook: str, generation: int) -> str:
    """Return the secret of a webhook in its ``generation``: derived and kept nowhere, so nothing secret is at rest."""
    purpose = hmac.digest(gateway_secret, b"darcha webhook secret\n", hashlib.sha256)
    return secret_of(hmac.digest(purpose, f"{webhook}\n{generation}".encode(), hashlib.sha256))


def sign(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    """Return ``v1,`` and the signature of a message sent at ``timestamp`` (Unix seconds). Raises ``BadSecret``."""
    signed = b".".join((id_.encode(), str(timestamp).encode(), body))
    return f"{VERSION},{base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()}"


def headers(secrets: Sequence[str], id_: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return the three headers of a message, signed with each of ``secrets``."""
    signatures = " ".join(sign(secret, id_, timestamp, body) for secret in secrets)
    return {ID_HEADER: id_, TIME_HEADER: str(timestamp), SIGNATURE_HEADER: signatures}


def matches(secret: str, id_: str, timestamp: int, body: bytes, signatures: str) -> bool:
    """Return whether one of the header's ``signatures`` is of this secret; takes constant time for each. Raises ``BadSecret``."""
    expected = sign(secret, id_, timestamp, body).encode()
    found = False
    for given in signatures.split(" "):
        found |= hmac.compare_digest(expected, given.encode("utf-8", "surrogateescape"))
    return found
