"""WS-Security headers (OASIS 1.1): UsernameToken, Timestamp and the block around them, made anew for each attempt.

They are no part of the stored message. Signatures stand in ``signature``, assertions in ``saml``, what comes back in ``verify``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

from gateway.sdk.soap.envelope import SOAP11, Version
from gateway.sdk.soap.errors import NotTrusted

_BASE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE: Final = f"{_BASE}-wssecurity-secext-1.0.xsd"
WSU: Final = f"{_BASE}-wssecurity-utility-1.0.xsd"
_PROFILE: Final = f"{_BASE}-username-token-profile-1.0"
BASE64_BINARY: Final = f"{_BASE}-soap-message-security-1.0#Base64Binary"
X509_PROFILE: Final = f"{_BASE}-x509-token-profile-1.0"

PASSWORD_KINDS: Final = frozenset({"digest", "text"})


def _now() -> datetime:
    return datetime.now(UTC)


def instant(at: datetime) -> str:
    """Return a time as WS-Security writes it: UTC with milliseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def new_id(prefix: str) -> str:
    """Return an id for an element, another each time."""
    return f"{prefix}-{uuid.uuid4().hex}"


def username_token(
    user: str,
    password: str,
    kind: str = "digest",
    *,
    now: Callable[[], datetime] = _now,
    random: Callable[[int], bytes] = os.urandom,
) -> str:
    """Return the token; ``kind`` is one of ``PASSWORD_KINDS``. ``security_header`` puts it into its place.

    The digest is SHA-1 because the profile says so: Base64(SHA-1(nonce + created + password)).
    """
    created = instant(now())
    nonce = random(16)
    encoded = base64.b64encode(nonce).decode()
    if kind == "text":
        named, said = "PasswordText", password
    else:
        named, said = "PasswordDigest", _digest(nonce, created, password)
    return (
        f'<wsse:UsernameToken wsu:Id="{new_id("UT")}"><wsse:Username>{escape(user)}</wsse:Username>'
        f'<wsse:Password Type="{_PROFILE}#{named}">{escape(said)}</wsse:Password>'
        f'<wsse:Nonce EncodingType="{BASE64_BINARY}">{encoded}</wsse:Nonce><wsu:Created>{created}</wsu:Created>'
        "</wsse:UsernameToken>"
    )


def timestamp(seconds: float, *, now: Callable[[], datetime] = _now) -> str:
    """Return a Timestamp that is valid for so many seconds from now."""
    at = now()
    return (
        f'<wsu:Timestamp wsu:Id="{new_id("TS")}"><wsu:Created>{instant(at)}</wsu:Created>'
        f"<wsu:Expires>{instant(at + timedelta(seconds=seconds))}</wsu:Expires></wsu:Timestamp>"
    )


def security_header(*blocks: str, version: Version = SOAP11) -> str:
    """Return the header block around tokens; it must be understood, as that version of SOAP writes it.

    The prefix ``soap`` is the envelope's own (``envelope.envelope``).
    """
    must = "1" if version is SOAP11 else "true"
    return f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" soap:mustUnderstand="{must}">{"".join(blocks)}</wsse:Security>'


def check_username_token(root: etree._Element, user: str, password: str) -> None:
    """Check the UsernameToken of an envelope. Raises ``NotTrusted``; what was sent is not repeated."""
    token = next(root.iter(f"{{{WSSE}}}UsernameToken"), None)
    if token is None:
        raise NotTrusted("it has no UsernameToken")
    said = token.find(f"{{{WSSE}}}Password")
    given = "" if said is None else said.text or ""
    created = token.findtext(f"{{{WSU}}}Created") or ""
    if said is not None and said.get("Type", "").endswith("#PasswordDigest"):
        try:
            nonce = base64.b64decode(token.findtext(f"{{{WSSE}}}Nonce") or "", validate=True)
        except binascii.Error:
            nonce = b""
        password = _digest(nonce, created, password)
    known = hmac.compare_digest(given.encode(), password.encode())
    if (token.findtext(f"{{{WSSE}}}Username") or "") != user or not known:
        raise NotTrusted("its user name or password is wrong")


def _digest(nonce: bytes, created: str, password: str) -> str:
    digest = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()
