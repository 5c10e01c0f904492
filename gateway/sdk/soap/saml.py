"""SAML assertions (1.1 and 2.0) that a secret holds, put into messages as WS-Security's SAML token profile 1.1 says."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from lxml import etree

from gateway.sdk.soap.errors import KeyUnusable, XmlRefused
from gateway.sdk.soap.safe_xml import parse_xml
from gateway.sdk.soap.security import WSSE
from gateway.sdk.soap.signature import DS
from gateway.sdk.soap.verify import time_of

_PROFILE: Final = "http://docs.oasis-open.org/wss/oasis-wss-saml-token-profile"
_WSSE11: Final = "http://docs.oasis-open.org/wss/oasis-wss-wssecurity-secext-1.1.xsd"
_SAML2: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
_SAML1: Final = "urn:oasis:names:tc:SAML:1.0:assertion"
#: namespace → the attribute with its id, the token's type, the type of a reference to it
_KINDS: Final = {
    _SAML2: ("ID", f"{_PROFILE}-1.1#SAMLV2.0", f"{_PROFILE}-1.1#SAMLID"),
    _SAML1: ("AssertionID", f"{_PROFILE}-1.1#SAMLV1.1", f"{_PROFILE}-1.0#SAMLAssertionID"),
}
#: An assertion that begins in so little time is sent already: clocks differ.
_EARLY: Final = timedelta(minutes=1)

CONFIRMATIONS: Final = ("bearer", "holder-of-key")


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion: its XML, and the XML of a reference to it for a signature with the holder's key."""

    xml: str = field(repr=False)
    reference: str
    certificates: tuple[bytes, ...] = ()


def read_assertion(text: str, now: datetime) -> Assertion:
    """Read and check an assertion. Raises ``KeyUnusable`` when it is none, has no id, or its time is over or to come.

    The text is a credential: it is in no error.
    """
    try:
        root = parse_xml(text.strip().encode(), charset="utf-8")  # whatever its declaration says: it is text by now
    except XmlRefused:
        raise KeyUnusable("the SAML assertion is no well-formed XML") from None
    namespace, _, local = str(root.tag)[1:].partition("}")
    if local != "Assertion" or namespace not in _KINDS:
        raise KeyUnusable("the SAML assertion is no <Assertion> of SAML 1.1 or 2.0")
    attribute, kind, by = _KINDS[namespace]
    id_ = root.get(attribute, "")
    if not id_:
        raise KeyUnusable(f"the SAML assertion has no {attribute}")
    for node in root.iter(f"{{{namespace}}}Conditions", f"{{{namespace}}}SubjectConfirmationData"):
        _check_times(node, now)
    reference = etree.Element(f"{{{WSSE}}}SecurityTokenReference", nsmap={"wsse": WSSE, "wsse11": _WSSE11})
    reference.set(f"{{{_WSSE11}}}TokenType", kind)
    etree.SubElement(reference, f"{{{WSSE}}}KeyIdentifier", {"ValueType": by}).text = id_
    return Assertion(
        etree.tostring(root, encoding="unicode"),
        etree.tostring(reference, encoding="unicode"),
        tuple(_certificates(root, namespace)),
    )


def _check_times(node: etree._Element, now: datetime) -> None:
    for name in ("NotOnOrAfter", "NotBefore"):
        text = node.get(name)
        if text is None:
            continue
        at = time_of(text)
        if at is None:
            raise KeyUnusable(f"the SAML assertion's {name} is no time")
        if name == "NotOnOrAfter" and now >= at:
            raise KeyUnusable(f"the SAML assertion ended at {at.isoformat()}; store a new one")
        if name == "NotBefore" and now + _EARLY < at:
            raise KeyUnusable(f"the SAML assertion begins at {at.isoformat()} only")


def _certificates(root: etree._Element, namespace: str) -> list[bytes]:
    found: list[bytes] = []
    for confirmation in root.iter(f"{{{namespace}}}SubjectConfirmation"):
        for node in confirmation.iter(f"{{{DS}}}X509Certificate"):
            try:
                found.append(base64.b64decode("".join((node.text or "").split()), validate=True))
            except binascii.Error:
                raise KeyUnusable("the certificate within the SAML assertion is not base64") from None
    return found
