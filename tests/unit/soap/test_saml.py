"""SAML assertions: put into the header, bound to a key, refused when they are no good."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from lxml import etree

from adapters.soap import SoapAdapter
from adapters.soap.conformance import agency
from gateway.sdk import Agency
from gateway.sdk.soap import parse_xml
from gateway.sdk.soap.errors import KeyUnusable
from gateway.sdk.soap.saml import read_assertion
from gateway.sdk.soap.signature import DS
from tests.unit.soap.keyring import AT, CERTIFICATE, one, pem, sent, verified_by_zeep

# -- SAML --------------------------------------------------------------------------------------------------------------


def assertion(
    ends: datetime = AT + timedelta(days=1), begins: datetime = AT, *, version: int = 2, certificate: str = "", id_: str = "_a1"
) -> str:
    times = f'NotBefore="{begins.isoformat()}" NotOnOrAfter="{ends.isoformat()}"'
    key = ""
    if certificate:
        text = "".join(certificate.split("-----")[2].split())
        key = (
            f'<ds:KeyInfo xmlns:ds="{DS}"><ds:X509Data><ds:X509Certificate>{text}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>'
        )
    if version == 2:
        subject = f"<SubjectConfirmation><SubjectConfirmationData>{key}</SubjectConfirmationData></SubjectConfirmation>"
        named = f'xmlns="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id_}" Version="2.0"'
    else:
        subject = f"<SubjectConfirmation>{key}</SubjectConfirmation>"
        named = f'xmlns="urn:oasis:names:tc:SAML:1.0:assertion" AssertionID="{id_}" MajorVersion="1" MinorVersion="1"'
    return f"<Assertion {named}><Issuer>idp &amp; ко</Issuer><Subject>{subject}</Subject><Conditions {times}/></Assertion>"


def with_saml(**security: Any) -> Agency:
    return replace(agency(), auth={"kind": "ws-saml", "secret": "secret://a/token"}, options={"security": security})


FAR = datetime.now(UTC) + timedelta(days=1)


@pytest.mark.parametrize("version", [1, 2])
def test_an_assertion_of_a_bearer(version: int) -> None:
    assert [f for f in SoapAdapter(with_saml()).check() if "security" in f.key or "auth" in f.key] == []
    text = assertion(FAR, version=version)
    root = parse_xml(sent(with_saml(), token=f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'))
    found = one(root, "//wsse:Security/*[local-name()='Assertion']")
    assert etree.tostring(found, method="c14n", exclusive=True) == etree.tostring(
        parse_xml(text.encode()), method="c14n", exclusive=True
    )
    assert one(root, "//wsu:Timestamp") is not None
    assert root.find(f".//{{{DS}}}Signature") is None


@pytest.mark.parametrize(("version", "kind"), [(1, "#SAMLAssertionID"), (2, "#SAMLID")])
def test_the_holder_of_the_key_signs(version: int, kind: str) -> None:
    described = with_saml(key="secret://a/rsa-key", certificate="secret://a/rsa-cert")
    root = parse_xml(sent(described, token=assertion(FAR, version=version, certificate=CERTIFICATE)))
    verified_by_zeep(root)
    reference = one(
        root, "/s:Envelope/s:Header/wsse:Security/ds:Signature/ds:KeyInfo/wsse:SecurityTokenReference/wsse:KeyIdentifier"
    )
    assert reference.text == "_a1"
    assert reference.get("ValueType", "").endswith(kind)
    assert root.find(".//{*}BinarySecurityToken") is None
    with pytest.raises(KeyUnusable, match="holder of another certificate"):
        sent(described, token=assertion(FAR, version=version, certificate=pem("other")[1]))
    bearer = with_saml(key="secret://a/rsa-key", certificate="secret://a/rsa-cert", confirmation="bearer")
    root = parse_xml(sent(bearer, token=assertion(FAR)))
    verified_by_zeep(root)
    assert one(root, "//wsse:BinarySecurityToken") is not None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (assertion(AT), "ended at 2026-01-15T09:30:00"),
        (assertion(begins=AT + timedelta(minutes=2)), "begins at 2026-01-15T09:32:00"),
        (assertion(version=1, ends=AT - timedelta(days=1)), "ended at"),
        (assertion().replace(AT.isoformat(), "soon"), "NotBefore is no time"),
        (
            assertion().replace("<SubjectConfirmationData>", '<SubjectConfirmationData NotOnOrAfter="2020-01-01T00:00:00Z">'),
            "2020",
        ),
        (assertion(id_=""), "has no ID"),
        ("<Assertion/>", "is no <Assertion> of SAML"),
        ("hunter2", "no well-formed XML"),
        ("<!DOCTYPE Assertion><Assertion/>", "no well-formed XML"),
        ("", "no well-formed XML"),
        (assertion(certificate="-----x-----!!!-----").replace("!!!", "A"), "not base64"),
    ],
)
def test_assertions_that_cannot_be_used(text: str, says: str) -> None:
    with pytest.raises(KeyUnusable, match=says) as caught:
        read_assertion(text, AT)
    assert "hunter2" not in repr(caught.value) + repr(caught.value.__cause__)


def test_an_expired_assertion_names_its_secret() -> None:
    with pytest.raises(KeyUnusable, match=r"^secret://a/token: the SAML assertion ended"):
        sent(with_saml(), token=assertion(AT))


def test_an_assertion_is_text_whatever_encoding_it_declares_and_shows_nothing() -> None:
    text = assertion(id_="_ид")
    read = read_assertion(f'<?xml version="1.0" encoding="windows-1251"?>{text}', AT)
    assert read.xml == read_assertion(text, AT).xml
    assert "_ид" in read.xml
    assert "<saml" not in repr(read)
    assert "Conditions" not in repr(read)
