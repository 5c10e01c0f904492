"""WS-Addressing: what we send, and whether an answer is one to our question."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

import pytest

from adapters.soap import SoapAdapter
from adapters.soap.conformance import NS, agency
from adapters.soap.incoming import check_reply
from adapters.soap.policy import Policy
from gateway.sdk import Agency, CallbackRefused, Expression, Message, MessageInvalid, Operation
from gateway.sdk.soap import SOAP11, envelope, open_envelope, parse_xml
from gateway.sdk.soap.addressing import (
    VERSIONS,
    Addressing,
    default_action,
    message_id_of,
    read_addressing,
    related_to,
    relates_header,
    urn_of,
)
from gateway.sdk.soap.errors import NotTrusted
from gateway.sdk.testing import FixedSecrets
from tests.unit.soap.test_adapter import request

ID = "01975a3e-7c1d-7c3f-9d53-1f2a3b4c5d6e"
NEW, OLD = VERSIONS["2005/08"], VERSIONS["2004/08"]


def addressed(addressing: Any = True, **options: Any) -> Agency:
    return replace(agency(), options={"addressing": addressing, **options})


def blocks(message: Message) -> dict[str, str]:
    opened = open_envelope(parse_xml(message.body))
    return {str(h.tag): "".join(map(str, h.itertext())) for h in opened.headers if "Client" not in str(h.tag)}


def test_the_headers_of_a_message() -> None:
    message = SoapAdapter(addressed()).render(request(message_id=ID))
    assert blocks(message) == {
        f"{{{NEW}}}Action": "urn:OrderCopy",
        f"{{{NEW}}}MessageID": f"urn:uuid:{ID}",
        f"{{{NEW}}}ReplyTo": "http://www.w3.org/2005/08/addressing/anonymous",
    }
    assert message == SoapAdapter(addressed()).render(request(message_id=ID))
    assert SoapAdapter(agency()).render(request(message_id=ID)).options == {}


def test_what_the_contract_says_of_them() -> None:
    wanted = {"version": "2004/08", "reply_to": "callback", "from": "urn:gov", "to": "urn:archive", "action": "urn:a&b"}
    described = replace(addressed(wanted), callbacks=agency().callbacks)
    assert blocks(SoapAdapter(described).render(request(message_id=ID))) == {
        f"{{{OLD}}}Action": "urn:a&b",
        f"{{{OLD}}}MessageID": f"urn:uuid:{ID}",
        f"{{{OLD}}}ReplyTo": "http://gw/agencies/archive/soap",
        f"{{{OLD}}}From": "urn:gov",
        f"{{{OLD}}}To": "urn:archive",
    }
    nowhere = blocks(SoapAdapter(described).render(request(message_id=ID, callback_url="")))
    assert nowhere[f"{{{OLD}}}ReplyTo"] == "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"


def test_an_operation_can_be_without() -> None:
    operations = {"OrderCopy": Operation("OrderCopy", idempotent=True, options={"addressing": False})}
    assert blocks(SoapAdapter(replace(addressed(), operations=operations)).render(request())) == {}


def test_a_lookup_does_not_pass_for_the_message_that_it_asks_about() -> None:
    adapter = SoapAdapter(addressed())
    asked = adapter.render(request({"MessageId": "m"}, operation="FindOrder", message_id=ID))
    told = blocks(asked)[f"{{{NEW}}}MessageID"]
    assert told != f"urn:uuid:{ID}"
    assert uuid.UUID(told.removeprefix("urn:uuid:"))
    assert asked == adapter.render(request({"MessageId": "m"}, operation="FindOrder", message_id=ID))


def test_an_id_that_is_no_uuid_makes_one() -> None:
    assert urn_of("m-1") == urn_of("m-1") != urn_of("m-2")
    assert uuid.UUID(urn_of("m-1").removeprefix("urn:uuid:"))


@pytest.mark.parametrize(
    ("namespace", "action"),
    [
        ("http://archive.example/v1", "http://archive.example/v1/Archive/OrderRequest"),
        ("http://archive.example/v1/", "http://archive.example/v1/Archive/OrderRequest"),
        ("urn:archive", "urn:archive:Archive:OrderRequest"),
    ],
)
def test_the_action_of_a_wsdl_that_names_none(namespace: str, action: str) -> None:
    assert default_action(namespace, "Archive", "OrderRequest") == action


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ("yes", "this is none of it"),
        ([], "this is none of it"),
        ({"version": "2003/03"}, "not '2003/03'"),
        ({"replyTo": "x"}, "replyTo"),
        ({"to": 1}, "to is none"),
    ],
)
def test_an_option_that_is_none_is_a_flaw_and_no_message(option: Any, says: str) -> None:
    adapter = SoapAdapter(addressed(option))
    flaws = [f for f in adapter.check() if f.key == "options.addressing"]
    assert len(flaws) == 1
    assert says in flaws[0].expected
    with pytest.raises(MessageInvalid, match=says):
        adapter.render(request())


def test_an_operation_without_an_action_has_the_one_that_its_names_make_unless_the_contract_names_another() -> None:
    described = addressed()
    silent = described.files["archive.wsdl"].replace(b'soapAction="urn:OrderCopy"', b'soapAction=""')
    described = replace(described, files={**described.files, "archive.wsdl": silent})
    made = "http://archive.example/service/v1/ArchivePort/OrderCopyRequest"
    assert blocks(SoapAdapter(described).render(request()))[f"{{{NEW}}}Action"] == made
    told = SoapAdapter(replace(described, options={"addressing": {"action": "urn:told"}}))
    assert blocks(told.render(request()))[f"{{{NEW}}}Action"] == "urn:told"


def test_off_and_on() -> None:
    assert read_addressing(None) is read_addressing(False) is None
    assert read_addressing(True) == read_addressing({}) == Addressing()


# -- what comes back ---------------------------------------------------------------------------------------------------


def reply(*headers: str) -> bytes:
    return envelope(SOAP11, f'<OrderCopyResponse xmlns="{NS}"><Ready>true</Ready></OrderCopyResponse>', "".join(headers))


def check(content: bytes, kind: str = "text/xml") -> None:
    message = SoapAdapter(addressed()).render(request(message_id=ID))
    check_reply(message, {"Content-Type": kind}, content, Policy(), FixedSecrets())


@pytest.mark.parametrize("namespace", [NEW, OLD])
def test_an_answer_to_another_message_is_not_trusted(namespace: str) -> None:
    check(reply(relates_header(namespace, f"urn:uuid:{ID}")))
    with pytest.raises(NotTrusted, match="it answers the message 'urn:uuid:other'"):
        check(reply(relates_header(namespace, "urn:uuid:other")))


def test_an_answer_that_names_several_messages_names_ours() -> None:
    check(reply(relates_header(NEW, "urn:other"), relates_header(NEW, f"urn:uuid:{ID}")))


@pytest.mark.parametrize("kind", ["http://www.w3.org/2005/08/addressing/reply", "wsa:Reply", "reply"])
def test_the_relationship_of_a_reply(kind: str) -> None:
    made = relates_header(NEW, "urn:other")
    with pytest.raises(NotTrusted):
        check(reply(made.replace("<wsa:RelatesTo", f'<wsa:RelatesTo RelationshipType="{kind}"')))
    check(reply(made.replace("<wsa:RelatesTo", '<wsa:RelatesTo RelationshipType="urn:supersedes"')))


@pytest.mark.parametrize("content", [b"", b"<html>", b"<a/>", reply()], ids=["empty", "malformed", "no soap", "no header"])
def test_what_says_nothing_of_it_is_left_to_the_table(content: bytes) -> None:
    check(content)


def test_header_blocks_of_any_version() -> None:
    opened = open_envelope(parse_xml(reply(f'<a:MessageID xmlns:a="{OLD}"> urn:1 </a:MessageID>', "<RelatesTo>x</RelatesTo>")))
    assert message_id_of(opened.headers) == "urn:1"
    assert related_to(opened.headers) == ()


def test_a_callback_is_known_by_the_message_that_it_relates_to() -> None:
    operation = Operation("OrderCopy", idempotent=True, callback={"CopyReady": Expression('{"outcome": "completed"}', "c")})
    adapter = SoapAdapter(agency(operations={"OrderCopy": operation}))
    ready = f'<CopyReady xmlns="{NS}"><Order>O</Order><Page>1</Page></CopyReady>'
    content = envelope(SOAP11, ready, relates_header(NEW, f"urn:uuid:{ID}"))
    assert adapter.read_callback("CopyReady", {}, content).message_id == ID
    assert adapter.read_callback("CopyReady", {"X-Message-Id": "m-9"}, content).message_id == "m-9"
    with pytest.raises(CallbackRefused):
        adapter.read_callback("CopyReady", {}, envelope(SOAP11, ready))
