"""A client certificate for an agency (mutual TLS): certificate, key and perhaps the authority to trust, by secret reference.

The context is made once per content and kept: aiohttp keeps connections apart by it, so that agencies with different
certificates never share one.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from gateway.sdk.http import EndpointWrong
from gateway.sdk.link import Secrets


class _Pem(str):
    """PEM text that shows nothing of itself."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<PEM>"


def context_of(auth: Mapping[str, Any], secrets: Secrets) -> ssl.SSLContext | None:
    """Return the context that ``auth`` asks for, ``None`` where it asks for none. Raises ``EndpointWrong``."""
    if not (auth.get("kind") == "mtls" or any(key in auth for key in ("certificate", "key", "ca"))):
        return None
    certificate, key, ca = (_pem(auth, name, secrets) for name in ("certificate", "key", "ca"))
    if auth.get("kind") == "mtls" and not certificate:
        raise EndpointWrong("auth.kind mtls needs a certificate")
    try:
        return _context(certificate, key, ca)
    except (ssl.SSLError, ValueError, OSError) as error:
        names = ", ".join(str(auth[name]) for name in ("certificate", "key", "ca") if name in auth)
        # What OpenSSL says may quote nothing of the key; what Python adds names a file that is gone.
        reason = error.reason if isinstance(error, ssl.SSLError) and error.reason else type(error).__name__
        raise EndpointWrong(f"the certificate or its key cannot be used ({names}): {reason}") from None


def _pem(auth: Mapping[str, Any], name: str, secrets: Secrets) -> _Pem:
    if name not in auth:
        return _Pem("")
    try:
        return _Pem(secrets.get(str(auth[name])))
    except KeyError as error:
        raise EndpointWrong(f"the secret {auth[name]} is not set") from error


@lru_cache(maxsize=256)
def _context(certificate: _Pem, key: _Pem, ca: _Pem) -> ssl.SSLContext:
    context = ssl.create_default_context(cadata=str(ca) or None)
    if certificate:
        # OpenSSL's loader reads files only; this one is readable by us alone and is gone when it has been read.
        with tempfile.TemporaryDirectory(prefix="darcha-") as folder:
            path = Path(folder, "identity.pem")
            path.touch(mode=0o600)
            path.write_text(f"{certificate}\n{key}\n", encoding="ascii")
            context.load_cert_chain(path, password=_no_password)
    return context


def _no_password() -> str:
    """An encrypted key would make OpenSSL ask at the terminal."""
    raise ValueError("the key is encrypted")
