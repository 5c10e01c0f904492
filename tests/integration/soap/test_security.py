"""WS-Security and WS-Addressing over real HTTP: with our simulator, with soapbar, and with servers that sign or forge."""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import xmlsec
from aiohttp import web
from lxml import etree
from soapbar import SoapApplication
from soapbar.core.wssecurity import UsernameTokenValidator
from zeep.wsse.signature import MemorySignature, _make_sign_key, _sign_envelope_with_key_binary

from adapters.soap import SoapAdapter, SoapSimulator
from adapters.soap.conformance import NS
from gateway.sdk import Agency, Completed, Link, Misconfigured, NotThere, Unknown
from gateway.sdk.simulator import SimulatorOptions
from gateway.sdk.soap import SOAP11, envelope, fault, parse_xml, security_header, with_header
from gateway.sdk.soap.addressing import VERSIONS, relates_header
from gateway.sdk.soap.security import timestamp
from gateway.sdk.testing import FixedSecrets, lend
from tests.integration.soap.test_attachments import serving
from tests.integration.soap.test_others import Land, plot, running
from tests.integration.soap.test_simulator import archive, request
from tests.unit.soap.keyring import pem, secrets
from tests.unit.soap.test_saml import FAR, assertion

KEY, CERTIFICATE = pem("rsa")
USERNAME = {"kind": "ws-username", "user": "darcha", "secret": "secret://a/password"}
SIGNATURE = {"kind": "ws-signature", "secret": "secret://a/rsa-key", "certificate": "secret://a/rsa-cert"}


def secured(auth: dict[str, str], soap: str = "soap", **options: Any) -> Agency:
    described = archive(soap, auth=auth)
    return replace(described, options={**described.options, **options})


@asynccontextmanager
async def simulated(
    described: Agency, theirs: dict[str, str] | None = None, ours: dict[str, str] | None = None
) -> AsyncIterator[tuple[SoapAdapter, SoapSimulator, Link]]:
    known = FixedSecrets(secrets() if theirs is None else theirs)
    simulator = SoapSimulator(described, SimulatorOptions(secrets=known))
    async with simulator, lend(f"{simulator.url}/ws", secrets=ours or secrets()) as link:
        yield SoapAdapter(described), simulator, link


async def outcome_of(adapter: SoapAdapter, link: Link, message_id: str = "plain") -> Any:
    return (await adapter.send(adapter.render(request(message_id)), link)).outcome


# -- the simulator -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("soap", ["soap", "soap12"])
@pytest.mark.parametrize(
    ("auth", "options"),
    [
        (USERNAME, {}),
        (USERNAME, {"password": "text", "security": {"timestamp_secs": 60}}),
        (SIGNATURE, {}),
        (SIGNATURE, {"addressing": True, "attachments": "mtom", "encoding": "windows-1251"}),
        (SIGNATURE, {"security": {"username": {"user": "u", "secret": "secret://a/password"}, "token": "issuer-serial"}}),
    ],
)
async def test_an_agency_lets_us_in(auth: dict[str, str], options: dict[str, Any], soap: str) -> None:
    async with simulated(secured(auth, soap, **options)) as (adapter, _, link):
        assert await outcome_of(adapter, link) == Completed({"order": "O-1"})


@pytest.mark.parametrize(
    ("auth", "wrong"),
    [
        (USERNAME, {"secret://a/password": "another"}),
        (SIGNATURE, {"secret://a/rsa-cert": pem("other")[1]}),
    ],
)
@pytest.mark.parametrize("soap", ["soap", "soap12"])
async def test_an_agency_that_knows_other_credentials_does_not(auth: dict[str, str], wrong: dict[str, str], soap: str) -> None:
    async with simulated(secured(auth, soap), {**secrets(), **wrong}) as (adapter, simulator, link):
        outcome = await outcome_of(adapter, link)
        assert isinstance(outcome, Misconfigured)
        assert "refuses our security header" in outcome.reason
        assert list(simulator.ledger.entries()) == []


async def test_a_message_that_was_changed_on_its_way_is_refused() -> None:
    described = secured(SIGNATURE)
    async with simulated(described) as (adapter, simulator, link):

        async def between(asked: web.BaseRequest) -> web.Response:
            body = (await asked.content.read()).replace(b"school", b"deed")
            headers = {k: v for k, v in asked.headers.items() if k in {"Content-Type", "SOAPAction"}}
            async with link.session.post(link.endpoint, data=body, headers=headers) as got:
                return web.Response(status=got.status, body=await got.read(), content_type="text/xml", charset="utf-8")

        async with serving(between) as url:
            assert isinstance(await outcome_of(adapter, replace(link, endpoint=url)), Misconfigured)
        assert list(simulator.ledger.entries()) == []


async def test_http_carries_credentials_of_its_own_beside_a_signed_envelope() -> None:
    transport = {"kind": "api_key", "header": "X-Key", "secret": "secret://a/password"}
    described = secured(SIGNATURE, transport=transport)
    assert [flaw for flaw in SoapAdapter(described).check() if "transport" in flaw.key] == []
    assert [f.key for f in SoapAdapter(secured(SIGNATURE, transport={"kind": "odd"})).check()] == ["options.transport.kind"]
    async with simulated(described) as (adapter, _, link):
        seen: list[str | None] = []

        async def between(asked: web.BaseRequest) -> web.Response:
            seen.append(asked.headers.get("X-Key"))
            headers = {k: v for k, v in asked.headers.items() if k in {"Content-Type", "SOAPAction"}}
            async with link.session.post(link.endpoint, data=await asked.content.read(), headers=headers) as got:
                return web.Response(status=got.status, body=await got.read(), content_type="text/xml", charset="utf-8")

        async with serving(between) as url:
            assert await outcome_of(adapter, replace(link, endpoint=url)) == Completed({"order": "O-1"})
        assert seen == [secrets()["secret://a/password"]]


async def test_a_lookup_and_a_probe_are_secured_too() -> None:
    async with simulated(secured(SIGNATURE, probe={"operation": "FindOrder", "input": {"MessageId": "?"}})) as (adapter, _, link):
        looked = adapter.render(request("never", "FindOrder"))
        assert (await adapter.lookup("OrderCopy", looked, link)).outcome == NotThere()
        assert (await adapter.probe(link)).ok
    described = secured(SIGNATURE, probe={"operation": "FindOrder", "input": {"MessageId": "?"}})
    bad = {**secrets(), "secret://a/rsa-key": "hunter2"}
    async with simulated(described, ours=bad) as (adapter, _, link):
        health = await adapter.probe(link)
        assert (health.ok, health.misconfigured) == (False, True)
        assert "hunter2" not in health.detail


@pytest.mark.parametrize(
    ("auth", "ours", "says"),
    [
        (SIGNATURE, {"secret://a/rsa-key": "hunter2"}, "secret://a/rsa-key"),
        (SIGNATURE, {"secret://a/rsa-key": pem("other")[0]}, "not that of the certificate"),
        ({**SIGNATURE, "certificate": "secret://a/nobody"}, {}, "secret://a/nobody is not set"),
        ({"kind": "ws-saml", "secret": "secret://a/saml"}, {"secret://a/saml": "<hunter2/>"}, "is no <Assertion>"),
        (USERNAME, {"secret://a/verify": "hunter2"}, "is no PEM certificate"),
    ],
)
async def test_with_credentials_that_are_no_good_nothing_is_sent(
    auth: dict[str, str], ours: dict[str, str], says: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    described = secured(auth, security={"verify": "secret://a/verify"} if "secret://a/verify" in ours else {})
    async with simulated(described, ours={**secrets(), **ours}) as (adapter, simulator, link):
        outcome = await outcome_of(adapter, link)
        assert isinstance(outcome, Misconfigured)
        assert says in outcome.reason
        assert "hunter2" not in outcome.reason + caplog.text
        assert list(simulator.ledger.entries()) == []


async def test_an_assertion_goes_along() -> None:
    seen: list[bytes] = []

    async def agency(asked: web.BaseRequest) -> web.Response:
        seen.append(await asked.content.read())
        return web.Response(body=signed(answered()), content_type="text/xml")

    described = secured({"kind": "ws-saml", "secret": "secret://a/saml"})
    async with serving(agency) as url, lend(url, secrets=secrets(saml=assertion(FAR))) as link:
        assert isinstance(await outcome_of(SoapAdapter(described), link), Completed)
    assert parse_xml(seen[0]).find(".//{*}Security/{urn:oasis:names:tc:SAML:2.0:assertion}Assertion") is not None


# -- soapbar -----------------------------------------------------------------------------------------------------------


class OneUser(UsernameTokenValidator):
    def get_password(self, username: str) -> str | None:
        return "pa<ss" if username == "darcha" else None


@pytest.mark.filterwarnings("ignore:security_validator")
@pytest.mark.parametrize("seconds", [0, 60])
async def test_soapbar_lets_our_user_in_and_no_other(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Land.find_plot.__soap_operation__, "output_namespace", "http://land.example/")
    made = SoapApplication.__init__
    monkeypatch.setattr(SoapApplication, "__init__", lambda s, **more: made(s, security_validator=OneUser(), **more))
    async with running(Land(), "qualified") as (url, described), lend(url, secrets=secrets(wrong="x")) as link:
        options = {"security": {"timestamp_secs": seconds}}
        for auth, let_in in ((USERNAME, True), ({**USERNAME, "secret": "secret://a/wrong"}, False), ({}, False)):
            adapter = SoapAdapter(replace(described, auth=auth, options=options))
            outcome = (await adapter.send(adapter.render(plot()), link)).outcome
            assert isinstance(outcome, Completed) is let_in, outcome


# -- agencies that sign ------------------------------------------------------------------------------------------------


def answered(*headers: str) -> bytes:
    return envelope(
        SOAP11, f'<OrderCopyResponse xmlns="{NS}"><Order>O-7</Order><Ready>true</Ready></OrderCopyResponse>', "".join(headers)
    )


def signed(content: bytes, name: str = "rsa") -> bytes:
    root = parse_xml(with_header(content, security_header(timestamp(60))))
    key = _make_sign_key(*pem(name), None)
    method = xmlsec.Transform.ECDSA_SHA256 if name == "ec" else xmlsec.Transform.RSA_SHA256
    _sign_envelope_with_key_binary(root, key, method, xmlsec.Transform.SHA256)
    return etree.tostring(root)


#: Made when the test runs: what is signed is valid for minutes only.
ANSWERS = {
    "signed": (lambda: signed(answered()), Completed),
    "a signed fault": (lambda: signed(fault(SOAP11, "Client.FailedAuthentication", "no")), Misconfigured),
    "not signed": (answered, Unknown),
    "by another": (lambda: signed(answered(), "other"), Unknown),
    "by another kind of key": (lambda: signed(answered(), "ec"), Unknown),
    "changed": (lambda: signed(answered()).replace(b"O-7", b"O-8"), Unknown),
    "a fault that is not signed": (lambda: fault(SOAP11, "Client", "no"), Unknown),
    "no soap": (lambda: b"<html/>", Unknown),
}


@pytest.mark.parametrize(("make", "expected"), ANSWERS.values(), ids=ANSWERS)
async def test_only_what_the_agency_signed_counts(make: Callable[[], bytes], expected: type) -> None:
    body = make()
    described = secured({}, security={"verify": "secret://a/rsa-cert"})
    adapter = SoapAdapter(described)
    assert [f for f in adapter.check() if "security" in f.key] == []

    async def agency(_: web.BaseRequest) -> web.Response:
        return web.Response(body=body, content_type="text/xml")

    async with serving(agency) as url, lend(url, secrets=secrets()) as link:
        outcome = await outcome_of(adapter, link)
        assert isinstance(outcome, expected), outcome


# -- addressing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["2005/08", "2004/08"])
async def test_an_answer_relates_to_our_message(version: str) -> None:
    described = secured({}, addressing={"version": version})
    async with simulated(described) as (adapter, simulator, link):
        answers: list[web.Response] = []
        write = simulator.write

        def remembered(*given: Any) -> web.Response:
            answers.append(write(*given))
            return answers[-1]

        simulator.write = remembered  # type: ignore[method-assign]  - to look at the answer
        id_ = str(uuid.uuid4())
        assert await outcome_of(adapter, link, id_) == Completed({"order": "O-1"})
        assert isinstance(answers[0].body, bytes)
        assert parse_xml(answers[0].body).findtext(f".//{{{VERSIONS[version]}}}RelatesTo") == f"urn:uuid:{id_}"


@pytest.mark.parametrize(
    ("about", "expected"),
    [(lambda id_: f"urn:uuid:{id_}", Completed), (lambda _: f"urn:uuid:{uuid.UUID(int=0)}", Unknown)],
)
async def test_an_answer_to_another_message_is_unknown(about: Callable[[str], str], expected: type) -> None:
    id_, seen = str(uuid.uuid4()), []

    async def agency(asked: web.BaseRequest) -> web.Response:
        seen.append(parse_xml(await asked.content.read()))
        return web.Response(body=answered(relates_header(VERSIONS["2005/08"], about(id_))), content_type="text/xml")

    async with serving(agency) as url, lend(url, secrets=secrets()) as link:
        outcome = await outcome_of(SoapAdapter(secured(SIGNATURE, addressing=True)), link, id_)
        assert isinstance(outcome, expected), outcome
    assert seen[0].findtext(f".//{{{VERSIONS['2005/08']}}}To") == url
    MemorySignature(KEY, CERTIFICATE).verify(seen[0])
