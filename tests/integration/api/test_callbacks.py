"""Callbacks as real contracts have them: JSON and SOAP, hostile and merely wrong."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from lxml import etree

from tests.integration.api.conftest import Town
from tests.unit.api.asgi import Answer

REST = "/agencies/preschool-ministry/callbacks/Position"
BEARER = "Bearer ministry-secret"
SOAP = "/agencies/cadastre/soap"
BASIC = "Basic " + base64.b64encode(b"cadastre:cadastre-secret").decode()
POSITION = {"callbackId": "C-1", "reference": "Q-7", "position": 4}
ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
REFUSED = """<soapenv:Envelope xmlns:soapenv="http://www.w3.org/2003/05/soap-envelope" xmlns:e="http://cadastre.example/extract/v3">
  <soapenv:Body><e:ExtractRefused><e:EventId>E-1</e:EventId><e:OrderNumber>E-2026a001</e:OrderNumber><e:Code>Arrest</e:Code>
  <e:Reason>Under arrest</e:Reason><e:LegalBasis>Article 9</e:LegalBasis><e:RefusedAt>2026-09-01T09:00:00+05:00</e:RefusedAt>
  </e:ExtractRefused></soapenv:Body></soapenv:Envelope>"""


async def post_rest(town: Town, body: Any, **headers: str) -> Answer:
    return await town.stranger.post(REST, body, **{"authorization": BEARER, **headers})


async def post_soap(town: Town, body: bytes | str, url: str = SOAP, **headers: str) -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    return await town.stranger.post(
        url, raw, **{"authorization": BASIC, "content_type": "application/soap+xml; charset=utf-8", **headers}
    )


async def kept(town: Town) -> list[tuple[str, str]]:
    return [(item.name, item.reference) for item, _, _ in await town.store.claim_callbacks(100)]


async def test_one_that_matches_nothing_yet_is_kept_and_a_repeat_gets_its_first_answer(town: Town) -> None:
    first = await post_rest(town, POSITION)
    again = await post_rest(town, json.dumps(POSITION, indent=1).encode(), content_type="application/json")
    assert first.status in (200, 202, 204)
    assert (again.status, again.body) == (first.status, first.body)
    assert await kept(town) == [("Position", "Q-7")]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"not json", ""),
        (b'{"callbackId": "\xff"}', ""),
        (b'{"callbackId": "a", "callbackId": "b", "reference": "r", "position": 1}', ""),
        ({**POSITION, "position": "four"}, "/position"),
        ({**POSITION, "surprise": 1}, ""),
        ({"reference": "r"}, ""),
    ],
)
async def test_json_that_the_contract_does_not_know(town: Town, body: Any, pointer: str) -> None:
    answer = await post_rest(town, body, content_type="application/json")
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert await kept(town) == []


async def test_strangers_are_refused(town: Town) -> None:
    assert (await post_rest(town, POSITION, authorization="Bearer wrong")).status == 401
    answer = await post_soap(town, REFUSED, authorization=BEARER)
    assert answer.status == 401
    assert fault(answer)
    assert await kept(town) == []


def fault(answer: Answer) -> str:
    """The code of a SOAP 1.2 fault, without its prefix."""
    root = etree.fromstring(answer.body)
    codes = root.findall(f".//{{{ENVELOPE}}}Fault/{{{ENVELOPE}}}Code/{{{ENVELOPE}}}Value")
    assert len(codes) == 1, answer.body
    return str(codes[0].text).rpartition(":")[2]


async def test_a_soap_callback_by_the_common_address_or_its_own(town: Town) -> None:
    first = await post_soap(town, REFUSED)
    assert first.status == 200, first.body
    again = await post_soap(town, REFUSED.replace("<e:Reason>", "\n<e:Reason>"))
    assert again.body == first.body
    own = await post_soap(town, REFUSED.replace("E-1", "E-2"), "/agencies/cadastre/callbacks/ExtractRefused")
    assert own.status == 200
    assert sorted(await kept(town)) == [("ExtractRefused", "E-2026a001")] * 2


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not xml",
        "<unclosed>",
        REFUSED.replace("<e:Code>Arrest</e:Code>", ""),
        REFUSED.replace("ExtractRefused", "ExtractLost"),
        REFUSED.replace("2026-09-01T09:00:00+05:00", "yesterday"),
        REFUSED.replace("<e:Code>", "<e:Extra>1</e:Extra><e:Code>"),
        "<!DOCTYPE soapenv:Envelope>" + REFUSED,
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + REFUSED.replace("Under arrest", "&e;"),
        '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + REFUSED.replace("Under arrest", "&b;"),
        REFUSED.replace(ENVELOPE, "http://example/not-soap"),
        REFUSED.encode("utf-16")[:-41],
        REFUSED.encode()[:-40] + b"\xff" + REFUSED.encode()[-40:],
    ],
)
async def test_xml_that_is_malformed_hostile_or_not_what_was_asked_for(town: Town, body: str | bytes) -> None:
    answer = await post_soap(town, body)
    assert answer.status == 400
    assert fault(answer) == "Sender"
    assert b"root:" not in answer.body
    assert await kept(town) == []


async def test_the_body_has_to_be_of_the_operation_in_the_address(town: Town) -> None:
    answer = await post_soap(town, REFUSED, "/agencies/cadastre/callbacks/ExtractReady")
    assert answer.status == 400
    assert fault(answer) == "Sender"
    assert await kept(town) == []
