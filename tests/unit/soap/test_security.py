"""WS-Security: the header, the user name, the time, and what a contract may say of them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from adapters.soap import SoapAdapter
from adapters.soap.conformance import agency
from adapters.soap.policy import Policy
from gateway.sdk.soap import SOAP11, SOAP12, Version, envelope, parse_xml, security_header, username_token, with_header
from gateway.sdk.soap.addressing import VERSIONS, relates_header
from gateway.sdk.soap.errors import NotTrusted
from gateway.sdk.soap.security import check_username_token, timestamp
from gateway.sdk.soap.signature import ID
from tests.unit.soap.keyring import AT, one, sent, signing
from tests.unit.soap.test_adapter import request

# -- the token ---------------------------------------------------------------------------------------------------------


def test_the_username_token_is_made_as_the_profile_says() -> None:
    nonce = b"0123456789abcdef"
    token = username_token("darcha", "pa<ss", now=lambda: AT, random=lambda _: nonce)
    root = parse_xml(with_header(envelope(SOAP12, "<a/>"), security_header(token, version=SOAP12)))
    said = {str(c.tag).rpartition("}")[2]: c.text for c in one(root, "//wsse:UsernameToken")}
    digest = hashlib.sha1(nonce + b"2026-01-15T09:30:00.000Z" + b"pa<ss", usedforsecurity=False).digest()
    assert said == {
        "Username": "darcha",
        "Password": base64.b64encode(digest).decode(),
        "Nonce": base64.b64encode(nonce).decode(),
        "Created": "2026-01-15T09:30:00.000Z",
    }
    plain = username_token("darcha", "pa<ss", "text", now=lambda: AT, random=lambda _: nonce)
    assert "pa&lt;ss" in plain
    assert "#PasswordText" in plain


@pytest.mark.parametrize(("version", "must"), [(SOAP11, "1"), (SOAP12, "true")])
def test_the_header_must_be_understood(version: Version, must: str) -> None:
    root = parse_xml(with_header(envelope(version, "<a/>"), security_header(timestamp(60), version=version)))
    assert one(root, "//wsse:Security").get(f"{{{version.namespace}}}mustUnderstand") == must


def test_a_timestamp_is_as_long_as_it_is_told() -> None:
    root = parse_xml(with_header(envelope(SOAP11, "<a/>"), security_header(timestamp(90, now=lambda: AT))))
    assert one(root, "//wsu:Created").text == "2026-01-15T09:30:00.000Z"
    assert one(root, "//wsu:Expires").text == "2026-01-15T09:31:30.000Z"


def test_a_user_with_a_timestamp_anew_each_time() -> None:
    described = replace(
        agency(),
        auth={"kind": "ws-username", "user": "darcha", "secret": "secret://a/password"},
        options={"security": {"timestamp_secs": 60}},
    )
    first, second = sent(described), sent(described)
    assert first != second
    for content in (first, second):
        root = parse_xml(content)
        check_username_token(root, "darcha", "pa<ss")
        assert one(root, "//wsu:Timestamp/wsu:Expires").text
        assert b"pa<ss" not in content
        assert b"pa&lt;ss" not in content
        for user, password in (("other", "pa<ss"), ("darcha", "wrong")):
            with pytest.raises(NotTrusted, match="user name or password"):
                check_username_token(root, user, password)
    with pytest.raises(NotTrusted, match="no UsernameToken"):
        check_username_token(parse_xml(envelope(SOAP11, "")), "darcha", "x")


# -- check -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("auth", "security", "key"),
    [
        ({"kind": "ws-signature", "secret": "secret://a/b"}, {}, "auth.certificate"),
        ({"kind": "ws-signature", "certificate": "secret://a/b"}, {}, "auth.secret"),
        ({"kind": "ws-saml"}, {}, "auth.secret"),
        ({}, "strict", "options.security"),
        ({}, {"timestamp": 1}, "options.security.timestamp"),
        ({}, {"timestamp_secs": "300"}, "options.security.timestamp_secs"),
        ({}, {"timestamp_secs": -1}, "options.security.timestamp_secs"),
        ({}, {"timestamp_secs": True}, "options.security.timestamp_secs"),
        ({}, {"sign": "Body"}, "options.security.sign"),
        ({}, {"sign": ["Head"]}, "options.security.sign"),
        ({}, {"token": "x509"}, "options.security.token"),
        ({}, {"confirmation": "sender"}, "options.security.confirmation"),
        ({}, {"confirmation": "holder-of-key"}, "options.security.key"),
        ({}, {"key": "-----BEGIN", "certificate": "secret://a/b"}, "options.security.key"),
        ({}, {"key": "secret://a/b"}, "options.security.certificate"),
        ({"kind": "ws-signature"}, {"key": "secret://a/b"}, "options.security.key"),
        ({}, {"verify": "cert.pem"}, "options.security.verify"),
        ({}, {"username": {"user": "u"}}, "options.security.username"),
        ({}, {"username": {"user": "u", "secret": "secret://a/b", "password": "plain"}}, "options.security.username.password"),
        ({"kind": "ws-username"}, {"username": {}}, "options.security.username"),
    ],
)
def test_mistakes_are_found(auth: dict[str, Any], security: Any, key: str) -> None:
    flaws = SoapAdapter(replace(agency(), auth=auth, options={"security": security})).check()
    found = [flaw for flaw in flaws if flaw.key == key]
    assert found, flaws
    assert found[0].fix


def test_addressing_headers_of_a_version_that_nobody_asked_for_are_not_signed() -> None:
    described = signing()
    message = SoapAdapter(described).render(request())
    strange = replace(message, body=with_header(message.body, relates_header(VERSIONS["2005/08"], "urn:x")))
    root = parse_xml(sent(described, strange))
    assert one(root, "//*[local-name()='RelatesTo']").get(ID) is None


def test_a_header_shows_nothing_of_the_password_in_it() -> None:
    class Known:
        def get(self, reference: str) -> str:
            return f"hush of {reference}"

    header = Policy(user="me", password="secret://a/p", password_kind="text").header(Known())
    assert "hush of secret://a/p" in header.xml
    assert "hush" not in repr(header)
