"""Signatures: made by us and verified by zeep, made by zeep and verified by us, and tampered with."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from lxml import etree
from zeep.exceptions import SignatureVerificationFailed
from zeep.wsse.signature import BinarySignature, _make_sign_key, _sign_envelope_with_key_binary

from adapters.soap import SoapAdapter
from gateway.sdk import DocumentRef
from gateway.sdk.http import EndpointWrong
from gateway.sdk.soap import SOAP11, envelope, parse_xml, security_header, with_header
from gateway.sdk.soap.errors import KeyUnusable, NotTrusted
from gateway.sdk.soap.security import check_username_token, timestamp
from gateway.sdk.soap.signature import DS, ID, Signer
from gateway.sdk.soap.verify import SKEW, time_of, verify_envelope
from tests.unit.soap.keyring import AT, CERTIFICATE, KEY, NS, one, pem, sent, signing, verified_by_zeep
from tests.unit.soap.test_adapter import SMALL, request

# -- our signature -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["direct", "issuer-serial", "ski"])
@pytest.mark.parametrize("name", ["rsa", "ec"])
@pytest.mark.parametrize("soap", ["soap", "soap12"])
def test_zeep_verifies_what_we_sign(token: str, name: str, soap: str) -> None:
    described = signing(name, soap, token=token)
    assert SoapAdapter(described).check() == []
    content = sent(described)
    certificate = pem(name)[1]
    verified_by_zeep(parse_xml(content), certificate)
    verify_envelope(parse_xml(content), certificate)
    root = parse_xml(content)
    algorithms = {str(v) for v in root.xpath("//ds:SignedInfo//@Algorithm", namespaces=NS)}  # type: ignore[union-attr]
    assert algorithms == {
        "http://www.w3.org/2001/10/xml-exc-c14n#",
        f"http://www.w3.org/2001/04/xmldsig-more#{'rsa' if name == 'rsa' else 'ecdsa'}-sha256",
        "http://www.w3.org/2001/04/xmlenc#sha256",
    }
    holder = one(root, "//ds:KeyInfo/wsse:SecurityTokenReference")
    if token == "direct":
        reference = one(holder, "wsse:Reference").get("URI", "")[1:]
        binary = one(root, f"//wsse:BinarySecurityToken[@wsu:Id='{reference}']")
        assert base64.b64decode(binary.text or "") == base64.b64decode("".join(certificate.split("-----")[2].split()))
    elif token == "ski":
        assert one(holder, "wsse:KeyIdentifier").text
        assert one(holder, "wsse:KeyIdentifier").get("ValueType", "").endswith("#X509SubjectKeyIdentifier")
    else:
        assert (one(holder, ".//ds:X509IssuerName").text or "").startswith("CN=")
        assert int(one(holder, ".//ds:X509SerialNumber").text or "") > 0


def test_what_is_signed() -> None:
    def signed(root: etree._Element) -> set[str]:
        ids = [r.get("URI", "")[1:] for r in root.iter(f"{{{DS}}}Reference")]
        return {str(one(root, f"//*[@wsu:Id='{i}']").tag).rpartition("}")[2] for i in ids}

    assert signed(parse_xml(sent(signing()))) == {"Body", "Timestamp"}
    described = signing()
    addressed = replace(described, options={**described.options, "addressing": True})
    root = parse_xml(sent(addressed))
    assert signed(root) == {"Body", "Timestamp", "Action", "MessageID", "ReplyTo", "To"}
    assert one(root, "//*[local-name()='To']").text == "http://archive.example/ws"
    verified_by_zeep(root)
    user = {"user": "u", "secret": "secret://a/password"}
    both = signing(username=user, sign=["Body", "UsernameToken", "BinarySecurityToken"], timestamp_secs=0)
    assert SoapAdapter(both).check() == []
    root = parse_xml(sent(both))
    assert signed(root) == {"Body", "UsernameToken", "BinarySecurityToken"}
    check_username_token(root, "u", "pa<ss")
    verified_by_zeep(root)
    with pytest.raises(KeyUnusable, match="nothing of what"):
        sent(signing(sign=["UsernameToken"]))


def test_a_signature_covers_documents_and_other_encodings() -> None:
    scan = "скан".encode() * 1_500_000  # longer than a text that libxml2 reads by default
    digest = hashlib.sha256(scan).hexdigest()
    described = signing()
    described = replace(described, options={**described.options, "encoding": "windows-1251"})
    value = {**SMALL, "Scan": {"digest": digest}, "Holder": {"Family": "Ғуломов", "Given": "Бек"}}
    document = DocumentRef(digest, "s.pdf", "application/pdf")
    message = SoapAdapter(described).render(request(value, documents=(document,)))
    content = sent(described, message, {digest: scan})
    assert b'encoding="windows-1251"' in content.replace(b"'", b'"')[:60]
    root = parse_xml(content)
    verified_by_zeep(root)
    assert base64.b64decode(one(root, "//*[local-name()='Scan']").text or "") == scan
    assert one(root, "//*[local-name()='Family']").text == "Ғуломов"


TAMPERED = {
    "body": (rb"<(\w+:)?Kind>school<", rb"<\1Kind>deed<"),
    "expires": (rb"<wsu:Expires>20", rb"<wsu:Expires>21"),
    "digest": (rb"<ds:DigestValue>.", b"<ds:DigestValue>/"),
    "signature": (rb"(<ds:SignatureValue>\s*)..", rb"\1//"),
}


@pytest.mark.parametrize(("old", "new"), TAMPERED.values(), ids=TAMPERED)
def test_a_message_that_was_tampered_with_is_found_out(old: bytes, new: bytes) -> None:
    content = re.sub(rb"<(/?)(?:ds:)?(DigestValue|SignatureValue)>", rb"<\1ds:\2>", sent(signing()))
    content = content.replace(b"<ds:", b"<").replace(b"</ds:", b"</")
    broken = re.sub(old.replace(b"<ds:", b"<"), new.replace(b"<ds:", b"<"), content, count=1)
    assert broken != content
    verify_envelope(parse_xml(content), CERTIFICATE)
    for refused, check in (
        (SignatureVerificationFailed, verified_by_zeep),
        (NotTrusted, lambda r: verify_envelope(r, CERTIFICATE)),
    ):
        with pytest.raises(refused):
            check(parse_xml(broken))


def test_another_certificate_does_not_verify() -> None:
    content = sent(signing())
    for name in ("other", "ec"):
        with pytest.raises(NotTrusted, match="broken, or is not of"):
            verify_envelope(parse_xml(content), pem(name)[1])


# -- keys --------------------------------------------------------------------------------------------------------------

ENCRYPTED = KEY.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")


@pytest.mark.parametrize(
    ("key", "certificate", "says"),
    [
        (KEY, pem("other")[1], "not that of the certificate"),
        (KEY, pem("ec")[1], "cannot be read|not that of"),
        (ENCRYPTED, CERTIFICATE, "is encrypted"),
        ("hunter2", CERTIFICATE, "cannot be read"),
        (KEY[:400], CERTIFICATE, "cannot be read"),
        (KEY, "hunter2", "no PEM certificate"),
        (KEY, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "cannot be read"),
        (KEY, "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----", "no PEM certificate"),
        ("", "", "no PEM"),
    ],
)
def test_keys_that_cannot_be_used(key: str, certificate: str, says: str) -> None:
    with pytest.raises(KeyUnusable, match=says) as caught:
        sent(signing(), rsa_key=key, rsa_cert=certificate)
    assert "secret://a/rsa-key" in str(caught.value)
    for secret in (key, certificate, "hunter2"):
        assert not secret or secret not in repr(caught.value)
    assert KEY[40:80] not in repr(Signer(KEY, CERTIFICATE))


def test_a_secret_that_is_not_set() -> None:
    described = signing()
    nobody = replace(described, auth={**described.auth, "certificate": "secret://a/nobody"})
    with pytest.raises(EndpointWrong, match="secret://a/nobody is not set"):
        sent(nobody)


# -- their signature ---------------------------------------------------------------------------------------------------


def signed_by_zeep(method: Any = None, digest: Any = None, name: str = "rsa", stamp: str = "") -> etree._Element:
    import xmlsec  # noqa: PLC0415  - as in the code under test

    key, certificate = pem(name)
    root = parse_xml(with_header(envelope(SOAP11, "<a>1</a>"), security_header(stamp or timestamp(60))))
    made_key = _make_sign_key(key, certificate, None)
    _sign_envelope_with_key_binary(root, made_key, method or xmlsec.Transform.RSA_SHA256, digest or xmlsec.Transform.SHA256)
    assert BinarySignature is not None
    return parse_xml(etree.tostring(root))


def test_we_verify_what_zeep_signs() -> None:
    verify_envelope(signed_by_zeep(), CERTIFICATE)


def test_weak_algorithms_are_not_accepted() -> None:
    import xmlsec  # noqa: PLC0415  - as above

    for method, digest in ((xmlsec.Transform.RSA_SHA1, None), (None, xmlsec.Transform.SHA1)):
        root = signed_by_zeep(method, digest)
        verified_by_zeep(root)
        with pytest.raises(NotTrusted, match="sha1', which is not accepted"):
            verify_envelope(root, CERTIFICATE)


def test_a_time_that_is_over_or_to_come() -> None:
    old = timestamp(60, now=lambda: AT)
    verify_envelope(signed_by_zeep(stamp=old), CERTIFICATE, now=AT + timedelta(seconds=60) + SKEW)
    with pytest.raises(NotTrusted, match="Expires"):
        verify_envelope(signed_by_zeep(stamp=old), CERTIFICATE, now=AT + timedelta(seconds=61) + SKEW)
    with pytest.raises(NotTrusted, match="Created"):
        verify_envelope(signed_by_zeep(stamp=old), CERTIFICATE, now=AT - SKEW - timedelta(seconds=1))
    verify_envelope(signed_by_zeep(stamp=re.sub("Expires>[^<]*<", "Expires>9999-12-31T23:59:59Z<", old)), CERTIFICATE, now=AT)
    with pytest.raises(NotTrusted, match="Expires 'soon'"):
        verify_envelope(signed_by_zeep(stamp=re.sub("Expires>[^<]*<", "Expires>soon<", old)), CERTIFICATE, now=AT)


def test_a_body_that_is_not_the_signed_one() -> None:
    """Signature wrapping: the signed body stands elsewhere, a forged one in its place."""
    root = signed_by_zeep()
    body = one(root, "/s:Envelope/s:Body")
    forged = etree.SubElement(root, body.tag)
    etree.SubElement(forged, "a").text = "2"
    root.insert(1, forged)
    keeper = etree.SubElement(one(root, "//s:Header"), "keeper")
    keeper.append(body)
    verified_by_zeep(root)  # zeep does not see it
    with pytest.raises(NotTrusted, match="does not cover the body"):
        verify_envelope(root, CERTIFICATE)
    forged.set(ID, body.get(ID, ""))
    with pytest.raises(NotTrusted, match="is not one element"):
        verify_envelope(root, CERTIFICATE)
    del forged.attrib[ID]
    forged.set("{http://www.w3.org/XML/1998/namespace}id", body.get(ID, ""))
    with pytest.raises(NotTrusted, match="is not one element"):
        verify_envelope(root, CERTIFICATE)


def _without_signature(root: etree._Element) -> None:
    node = one(root, "//ds:Signature")
    one(root, "//wsse:Security").remove(node)


def _without_header(root: etree._Element) -> None:
    root.remove(one(root, "//s:Header"))


def _second_signature(root: etree._Element) -> None:
    one(root, "//wsse:Security").append(parse_xml(etree.tostring(one(root, "//ds:Signature"))))


def _second_body(root: etree._Element) -> None:
    etree.SubElement(root, f"{{{SOAP11.namespace}}}Body")


def _stylesheet(root: etree._Element) -> None:
    for node in root.iter(f"{{{DS}}}Transform"):
        node.set("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")


def _mac(root: etree._Element) -> None:
    one(root, "//ds:SignatureMethod").set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")


def _whole_document(root: etree._Element) -> None:
    next(root.iter(f"{{{DS}}}Reference")).set("URI", "")


def _elsewhere(root: etree._Element) -> None:
    next(root.iter(f"{{{DS}}}Reference")).set("URI", "http://127.0.0.1:9/x")


def _nothing(root: etree._Element) -> None:
    one(root, "//ds:Signature").remove(one(root, "//ds:SignedInfo"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_without_signature, "is not signed"),
        (_without_header, "is not signed"),
        (_second_signature, "2 signatures"),
        (_second_body, "more than one body"),
        (_stylesheet, "xslt"),
        (_mac, "hmac"),
        (_whole_document, "is not one element"),
        (_elsewhere, "is not one element"),
        (_nothing, "says nothing"),
    ],
)
def test_what_makes_a_signature_worthless(change: Any, says: str) -> None:
    root = signed_by_zeep()
    change(root)
    with pytest.raises(NotTrusted, match=says):
        verify_envelope(root, CERTIFICATE)


def test_what_is_no_envelope_and_what_is_no_certificate() -> None:
    with pytest.raises(NotTrusted, match="no SOAP envelope"):
        verify_envelope(parse_xml(b"<a/>"), CERTIFICATE)
    for certificate in ("", KEY, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"):
        with pytest.raises(KeyUnusable, match="certificate"):
            verify_envelope(signed_by_zeep(), certificate)


def test_times() -> None:
    assert time_of("0001-01-01T00:00:00+05:00") is None
    assert time_of(" 2026-01-15T14:30:00+05:00 ") == time_of("2026-01-15T09:30:00Z") == time_of("2026-01-15T09:30:00") == AT
    assert time_of("") is time_of("tomorrow") is None
