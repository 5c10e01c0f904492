"""Mistakes in what a contract says of security, addressing, encoding and attachments, for ``darcha catalogue check``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from adapters.soap.outgoing import mode_of
from gateway.sdk import Agency, Flaw
from gateway.sdk.soap import PASSWORD_KINDS
from gateway.sdk.soap.addressing import read_addressing
from gateway.sdk.soap.charsets import encoding_of
from gateway.sdk.soap.saml import CONFIRMATIONS
from gateway.sdk.soap.signature import SIGNABLE, TOKEN_KINDS

_FILE: Final = "agency.yaml"
_KEYS: Final = ("certificate", "confirmation", "key", "sign", "timestamp_secs", "token", "username", "verify")
_LONGEST_SECS: Final = 86_400


def wire_flaws(agency: Agency) -> Iterator[Flaw]:
    """Yield every mistake in ``auth`` of the kinds that go into the envelope, and in the options of the wire."""
    auth, options = agency.auth, agency.options
    if auth.get("kind") == "ws-signature" and not _is_reference(auth.get("certificate")):
        yield Flaw(_FILE, "auth.certificate", "secret://agency/name", "name the secret with the certificate (PEM) of the key")
    yield from _wire("options", options)
    for name, operation in agency.operations.items():
        yield from _wire(f"operations.{name}.options", operation.options)
    given = options.get("security", {})
    if not isinstance(given, Mapping):
        yield Flaw(_FILE, "options.security", f"an object with {', '.join(_KEYS)}", "correct it")
        return
    for key in sorted(set(map(str, given)) - set(_KEYS)):
        yield Flaw(_FILE, f"options.security.{key}", f"one of {', '.join(_KEYS)}", "correct the name")
    yield from _references(auth.get("kind"), given)
    yield from _values(given)
    if "username" in given:
        yield from _username(auth.get("kind"), given["username"])


def _wire(place: str, options: Mapping[str, Any]) -> Iterator[Flaw]:
    for key, read in (("addressing", read_addressing), ("encoding", encoding_of), ("attachments", mode_of)):
        try:
            read(options.get(key))
        except ValueError as error:
            yield Flaw(_FILE, f"{place}.{key}", str(error), "correct it")


def _references(kind: object, given: Mapping[str, Any]) -> Iterator[Flaw]:
    for key in ("key", "certificate", "verify"):
        if key in given and not _is_reference(given[key]):
            yield Flaw(_FILE, f"options.security.{key}", "secret://agency/name", "name the secret; never write it here")
    if "key" in given and "certificate" not in given:
        yield Flaw(_FILE, "options.security.certificate", "the certificate of the key", "name the secret with it (PEM)")
    if "key" in given and kind == "ws-signature":
        yield Flaw(_FILE, "options.security.key", "nothing: auth.secret is the key", "leave it out")
    if given.get("confirmation") == "holder-of-key" and "key" not in given:
        yield Flaw(_FILE, "options.security.key", "the holder's private key", "name the secret with it, or use bearer")


def _values(given: Mapping[str, Any]) -> Iterator[Flaw]:
    seconds = given.get("timestamp_secs", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _LONGEST_SECS:
        yield Flaw(_FILE, "options.security.timestamp_secs", f"seconds, from 0 to {_LONGEST_SECS}", "write it as a number")
    sign = given.get("sign", [])
    if not isinstance(sign, list | tuple) or not set(map(str, sign)) <= set(SIGNABLE):
        yield Flaw(_FILE, "options.security.sign", f"a list of {', '.join(SIGNABLE)}", "correct the names")
    for key, known in (("token", TOKEN_KINDS), ("confirmation", CONFIRMATIONS)):
        if given.get(key, known[0]) not in known:
            yield Flaw(_FILE, f"options.security.{key}", f"one of {', '.join(known)}", "correct it")


def _username(kind: object, given: object) -> Iterator[Flaw]:
    key = "options.security.username"
    if kind == "ws-username":
        yield Flaw(_FILE, key, "nothing: auth is the user name already", "leave it out")
    elif not isinstance(given, Mapping) or not given.get("user") or not _is_reference(given.get("secret")):
        expected = "{user, secret: secret://agency/name, password: digest | text}"
        yield Flaw(_FILE, key, expected, "name the user and the secret")
    elif given.get("password", "digest") not in PASSWORD_KINDS:
        yield Flaw(_FILE, f"{key}.password", "digest or text", "correct it; digest is the default")


def _is_reference(value: object) -> bool:
    return isinstance(value, str) and value.startswith("secret://")
