"""What ``auth`` and ``options.security`` of an agency ask for in the WS-Security header of each message.

- ``auth: {kind: ws-username, user, secret}`` with ``options.password: digest | text``;
- ``auth: {kind: ws-signature, secret, certificate}``: private key and certificate, PEM, both by reference;
- ``auth: {kind: ws-saml, secret}``: the assertion, XML, by reference;
- ``options.security``: ``timestamp_secs`` (how long a message is valid; 0: no Timestamp; 300 with a signature or an
  assertion, else 0), ``sign`` (of ``Body, Timestamp, Addressing, UsernameToken, BinarySecurityToken``; else Body, Timestamp
  and the addressing headers that are there), ``token: direct | issuer-serial | ski``, ``username: {user, secret, password}``
  for a UsernameToken beside another kind, ``key`` and ``certificate`` for a signature beside another kind (with an
  assertion: as its holder, ``confirmation: bearer | holder-of-key``), ``verify``: the certificate, by reference, that the
  agency's replies are signed with;
- ``options.transport``: beside a kind of the envelope, what HTTP carries: ``{kind: mtls, certificate, key}``, ``{kind: basic,
  user, secret}`` and the other kinds of ``gateway.sdk.auth``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from lxml import etree

from gateway.sdk import Agency, Secrets
from gateway.sdk.http import ENVELOPE_AUTH_KINDS, EndpointWrong
from gateway.sdk.soap import SOAP11, Version
from gateway.sdk.soap.errors import KeyUnusable
from gateway.sdk.soap.saml import Assertion, read_assertion
from gateway.sdk.soap.security import new_id, security_header, timestamp, username_token
from gateway.sdk.soap.signature import Signer, security_of, signed_parts, signer_of
from gateway.sdk.soap.verify import verify_envelope

_DEFAULT_SECS: Final = 300.0
#: What is signed where ``sign`` does not say it, as far as it is there.
SIGNED: Final = ("Body", "Timestamp", "Addressing")


def http_auth(agency: Agency) -> Mapping[str, Any]:
    """Return what HTTP itself has to carry: the agency's ``auth``, or ``options.transport`` where that is for the envelope."""
    if agency.auth.get("kind") not in ENVELOPE_AUTH_KINDS:
        return agency.auth
    given = agency.options.get("transport")
    return given if isinstance(given, Mapping) else {"kind": "none"}


@dataclass(frozen=True, slots=True)
class Policy:
    """What each message carries. ``password``, ``key``, ``certificate``, ``assertion`` and ``verify`` are references."""

    user: str = ""
    password: str = ""
    password_kind: str = "digest"  # noqa: S105  - how it is sent, not the password
    key: str = ""
    certificate: str = ""
    assertion: str = ""
    holder: bool = False
    timestamp_secs: float = 0.0
    sign: tuple[str, ...] = SIGNED
    refer: str = "direct"
    verify: str = ""

    @property
    def empty(self) -> bool:
        """Whether messages go out without a security header."""
        return not (self.password or self.key or self.assertion or self.timestamp_secs)

    @classmethod
    def of(cls, auth: Mapping[str, Any], options: Mapping[str, Any]) -> Policy:
        """Read a contract that ``policy_checks`` finds no flaw in; whatever is wrong in another is left out."""
        kind, given = auth.get("kind"), _mapping(options.get("security"))
        name = _mapping(given.get("username"))
        own = kind == "ws-username"
        key = str(auth.get("secret", "") if kind == "ws-signature" else given.get("key", ""))
        assertion = str(auth.get("secret", "")) if kind == "ws-saml" else ""
        seconds = given.get("timestamp_secs", _DEFAULT_SECS if key or assertion else 0.0)
        sign = given.get("sign")
        return cls(
            user=str(auth.get("user", "") if own else name.get("user", "")),
            password=str(auth.get("secret", "") if own else name.get("secret", "")),
            password_kind=str(options.get("password", "digest") if own else name.get("password", "digest")),
            key=key,
            certificate=str(auth.get("certificate", "") if kind == "ws-signature" else given.get("certificate", "")),
            assertion=assertion,
            holder=bool(assertion) and given.get("confirmation", "holder-of-key" if key else "bearer") == "holder-of-key",
            timestamp_secs=float(seconds) if _is_number(seconds) else 0.0,
            sign=tuple(map(str, sign)) if isinstance(sign, list | tuple) else SIGNED,
            refer=str(given.get("token", "direct")),
            verify=str(given.get("verify", "")),
        )

    def header(self, secrets: Secrets, version: Version = SOAP11, *, now: datetime | None = None) -> Header:
        """Return a fresh header. Raises ``EndpointWrong`` when a secret is not set, ``KeyUnusable`` when one is no good."""
        at = now or datetime.now(UTC)
        blocks: list[str] = []
        reference, signer = "", None
        if self.timestamp_secs:
            blocks.append(timestamp(self.timestamp_secs, now=lambda: at))
        if self.password:
            blocks.append(username_token(self.user, text_of(self.password, secrets), self.password_kind, now=lambda: at))
        assertion = None
        if self.assertion:
            with _naming(self.assertion):
                assertion = read_assertion(text_of(self.assertion, secrets), at)
            blocks.append(assertion.xml)
        if self.key:
            with _naming(self.key):
                signer = signer_of(text_of(self.key, secrets), text_of(self.certificate, secrets))
            if self.holder and assertion is not None:
                _check_holder(assertion, signer)
                return Header(security_header(*blocks, version=version), signer, self.sign, assertion.reference)
            if self.refer == "direct":
                reference = new_id("X509")
                blocks.append(signer.binary_token(reference))
        return Header(security_header(*blocks, version=version), signer, self.sign, self.refer, reference)

    def check(self, root: etree._Element, secrets: Secrets) -> None:
        """Verify an envelope of the agency where ``verify`` asks for it. Raises ``NotTrusted``, or as ``header`` does."""
        if self.verify:
            with _naming(self.verify):
                verify_envelope(root, text_of(self.verify, secrets))


@dataclass(frozen=True, slots=True)
class Header:
    """A security header for one attempt: its XML and, with a ``signer``, what is to be signed once it is in its place."""

    xml: str = field(repr=False)  # a password or an assertion may stand in it
    signer: Signer | None = None
    parts: tuple[str, ...] = ()
    refer: str = ""
    reference: str = ""

    def sign(self, root: etree._Element, addressing: str = "") -> None:
        """Sign the envelope that holds this header. ``addressing`` is the namespace of its addressing headers, if any."""
        if self.signer is None:
            return
        targets = signed_parts(root, self.parts, addressing)
        if not targets:
            raise KeyUnusable("nothing of what options.security.sign names is in the message")
        self.signer.sign(targets, security_of(root), self.refer, self.reference)


def text_of(reference: str, secrets: Secrets) -> str:
    """Return a secret that may have lines. Raises ``EndpointWrong`` when it is not set."""
    try:
        return secrets.get(reference)
    except KeyError as error:
        raise EndpointWrong(f"the secret {reference or '(no reference)'} is not set") from error


class _naming:  # noqa: N801  - reads as a statement
    """Say in a ``KeyUnusable`` which secret it is about."""

    def __init__(self, reference: str) -> None:
        self._reference = reference

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, KeyUnusable):
            raise KeyUnusable(f"{self._reference}: {error}") from error


def _check_holder(assertion: Assertion, signer: Signer) -> None:
    if assertion.certificates and signer.der not in assertion.certificates:
        raise KeyUnusable("the SAML assertion is for the holder of another certificate than ours")


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
