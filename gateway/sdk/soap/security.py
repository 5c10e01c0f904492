"""WS-Security UsernameToken (OASIS 1.1), made anew for each attempt: it is no part of the stored message."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from xml.sax.saxutils import escape

_BASE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE: Final = f"{_BASE}-wssecurity-secext-1.0.xsd"
WSU: Final = f"{_BASE}-wssecurity-utility-1.0.xsd"
_PROFILE: Final = f"{_BASE}-username-token-profile-1.0"
_ENCODING: Final = f"{_BASE}-soap-message-security-1.0#Base64Binary"

PASSWORD_KINDS: Final = frozenset({"digest", "text"})


def username_token(
    user: str,
    password: str,
    kind: str = "digest",
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    random: Callable[[int], bytes] = os.urandom,
) -> str:
    """Return the header block; ``kind`` is one of ``PASSWORD_KINDS``.

    The digest is SHA-1 because the profile says so: Base64(SHA-1(nonce + created + password)).
    """
    created = now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    nonce = random(16)
    encoded = base64.b64encode(nonce).decode()
    if kind == "text":
        named, said = "PasswordText", password
    else:
        digest = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
        named, said = "PasswordDigest", base64.b64encode(digest).decode()
    return (
        f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" soap:mustUnderstand="1"><wsse:UsernameToken>'
        f"<wsse:Username>{escape(user)}</wsse:Username>"
        f'<wsse:Password Type="{_PROFILE}#{named}">{escape(said)}</wsse:Password>'
        f'<wsse:Nonce EncodingType="{_ENCODING}">{encoded}</wsse:Nonce><wsu:Created>{created}</wsu:Created>'
        "</wsse:UsernameToken></wsse:Security>"
    )
