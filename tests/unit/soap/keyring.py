"""What tests of WS-Security share: keys made for them (trusted by nobody else), an agency that uses them, what it is sent."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from lxml import etree
from zeep.wsse.signature import MemorySignature

from adapters.soap import SoapAdapter
from adapters.soap.conformance import agency
from adapters.soap.outgoing import made
from adapters.soap.policy import Policy
from gateway.sdk import Agency, Message
from gateway.sdk.soap import SOAP11, SOAP12
from gateway.sdk.soap.signature import DS
from gateway.sdk.testing import lend
from tests.unit.soap.test_adapter import request

FOLDER: Final = Path(__file__).with_name("keys")


def pem(name: str) -> tuple[str, str]:
    """Return private key and certificate."""
    text = (FOLDER / f"{name}-for-tests.pem").read_text("ascii")
    blocks = re.findall(r"-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----\n", text, re.DOTALL)
    return blocks[0], blocks[1]


AT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
KEY, CERTIFICATE = pem("rsa")
NS = {
    "s": SOAP11.namespace,
    "t": SOAP12.namespace,
    "wsse": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd",
    "wsu": "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd",
    "ds": DS,
}


def secrets(**more: str) -> dict[str, str]:
    found = {"secret://a/password": "pa<ss"}
    for name in ("rsa", "ec", "other"):
        key, certificate = pem(name)
        found |= {f"secret://a/{name}-key": key, f"secret://a/{name}-cert": certificate}
    return {**found, **{f"secret://a/{name.replace('_', '-')}": value for name, value in more.items()}}


def signing(name: str = "rsa", soap: str = "soap", **security: Any) -> Agency:
    auth = {"kind": "ws-signature", "secret": f"secret://a/{name}-key", "certificate": f"secret://a/{name}-cert"}
    return replace(agency(soap), auth=auth, options={**agency(soap).options, "security": security})


def sent(described: Agency, message: Message | None = None, documents: dict[str, bytes] | None = None, **more: str) -> bytes:
    """Return the bytes of one attempt."""

    async def once() -> bytes:
        async with lend("http://archive.example/ws", secrets=secrets(**more), documents=documents) as link:
            policy = Policy.of(described.auth, described.options)
            return (await made(message or SoapAdapter(described).render(request()), policy, link))[1]

    return asyncio.run(once())


def verified_by_zeep(root: etree._Element, certificate: str = CERTIFICATE) -> None:
    MemorySignature(KEY, certificate).verify(root)


def one(root: etree._Element, path: str) -> etree._Element:
    found = root.xpath(path, namespaces=NS)
    assert isinstance(found, list)
    assert len(found) == 1, path
    node = found[0]
    assert isinstance(node, etree._Element)
    return node
