"""The signature on what an agency sends, checked by the one certificate that it may be of.

What makes a verified signature worthless is checked first (W3C XML Signature Best Practices): that the signed element is the
body that will be read, that no id stands twice, that no transform rewrites what is signed, that no weak algorithm is used.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from lxml import etree

from gateway.sdk.soap.envelope import VERSIONS
from gateway.sdk.soap.errors import KeyUnusable, NotTrusted
from gateway.sdk.soap.safe_xml import namespace_of
from gateway.sdk.soap.security import WSU
from gateway.sdk.soap.signature import DS, ID, SECURITY, SIGNATURE, TIMESTAMP, certificate_der, loaded

#: How far the agency's clock may be from ours.
SKEW: Final = timedelta(minutes=5)

_MORE: Final = "http://www.w3.org/2001/04/xmldsig-more#"
_SIGNED_BY: Final = frozenset({f"{_MORE}{kind}-sha{bits}" for kind in ("rsa", "ecdsa") for bits in (256, 384, 512)})
_DIGESTS: Final = frozenset(
    {"http://www.w3.org/2001/04/xmlenc#sha256", f"{_MORE}sha384", "http://www.w3.org/2001/04/xmlenc#sha512"}
)
_CANONICAL: Final = frozenset(
    {
        "http://www.w3.org/2001/10/xml-exc-c14n#",
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
        "http://www.w3.org/2006/12/xml-c14n11",
    }
)
_ID_NAMES: Final = (ID, "Id", "ID", "id", "AssertionID", "{http://www.w3.org/XML/1998/namespace}id")


def verify_envelope(root: etree._Element, certificate: str, *, now: datetime | None = None) -> None:
    """Check that the envelope's body is signed with the key of ``certificate`` (PEM), and that its time is not over.

    Raises ``NotTrusted`` with what is wrong, ``KeyUnusable`` when the certificate cannot be read.
    """
    xmlsec = loaded()
    if not certificate_der(certificate):
        raise KeyUnusable("the agency's certificate is no PEM certificate (-----BEGIN CERTIFICATE-----)")
    security, body = _parts(root)
    signatures = security.findall(SIGNATURE)
    if len(signatures) != 1:
        raise NotTrusted("it is not signed" if not signatures else f"it has {len(signatures)} signatures; one is expected")
    signature = signatures[0]
    context = xmlsec.SignatureContext()
    targets = _targets(root, signature)
    if body not in targets:
        raise NotTrusted("its signature does not cover the body")
    for target in targets:
        context.register_id(target, "Id", WSU)
    try:
        context.key = xmlsec.Key.from_memory(certificate.encode(), xmlsec.KeyFormat.CERT_PEM, None)
    except (xmlsec.Error, ValueError) as error:
        raise KeyUnusable("the agency's certificate cannot be read") from error
    try:
        context.verify(signature)
    except (xmlsec.Error, ValueError) as error:
        raise NotTrusted("its signature is broken, or is not of the agency's certificate") from error
    _check_time(security.find(TIMESTAMP), now or datetime.now(UTC))


def _parts(root: etree._Element) -> tuple[etree._Element, etree._Element]:
    version = VERSIONS.get(namespace_of(str(root.tag)))
    if version is None:
        raise NotTrusted("it is no SOAP envelope")
    bodies = root.findall(f"{{{version.namespace}}}Body")
    found = root.findall(f"{{{version.namespace}}}Header/{SECURITY}")
    if not found:
        raise NotTrusted("it is not signed")
    if len(bodies) != 1 or len(found) != 1:
        raise NotTrusted("it has more than one body or security header")
    return found[0], bodies[0]


def _targets(root: etree._Element, signature: etree._Element) -> list[etree._Element]:
    info = signature.find(f"{{{DS}}}SignedInfo")
    if info is None:
        raise NotTrusted("its signature says nothing of what is signed")
    _allowed(info.find(f"{{{DS}}}CanonicalizationMethod"), _CANONICAL)
    _allowed(info.find(f"{{{DS}}}SignatureMethod"), _SIGNED_BY)
    by_id: dict[str, list[etree._Element]] = {}
    for element in root.iter(etree.Element):
        for name in _ID_NAMES:
            if (value := element.get(name)) is not None:
                by_id.setdefault(value, []).append(element)
    found: list[etree._Element] = []
    for reference in info.findall(f"{{{DS}}}Reference"):
        for transform in reference.iterfind(f"{{{DS}}}Transforms/{{{DS}}}Transform"):
            _allowed(transform, _CANONICAL)
        _allowed(reference.find(f"{{{DS}}}DigestMethod"), _DIGESTS)
        uri = reference.get("URI", "")
        named = by_id.get(uri[1:], []) if uri[:1] == "#" else []
        if len(named) != 1 or named[0].get(ID) != uri[1:]:
            raise NotTrusted(f"what its signature refers to ({uri[:80]!r}) is not one element with that wsu:Id")
        found += named
    return found


def _allowed(node: etree._Element | None, algorithms: frozenset[str]) -> None:
    algorithm = "" if node is None else node.get("Algorithm", "")
    if algorithm not in algorithms:
        raise NotTrusted(f"its signature uses {algorithm[:120]!r}, which is not accepted")


def _check_time(node: etree._Element | None, now: datetime) -> None:
    for name in ("Expires", "Created"):
        text = node.findtext(f"{{{WSU}}}{name}") if node is not None else None
        if text is None:
            continue
        at = time_of(text)
        if at is None or (at < now - SKEW if name == "Expires" else at > now + SKEW):
            raise NotTrusted(f"its time {name} {text.strip()[:40]!r} is not within {SKEW} of now")


def time_of(text: str) -> datetime | None:
    """Return an ``xs:dateTime`` as a time in UTC (where it names no zone, it is UTC); ``None`` when it is none."""
    try:
        made = datetime.fromisoformat(text.strip())
        return made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)
    except (ValueError, OverflowError):  # in UTC it may be before the year 1 or after 9999
        return None
