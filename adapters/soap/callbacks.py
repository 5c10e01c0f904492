"""Callbacks of an agency that speaks SOAP: which one it is, what it says, and what the agency is answered.

Expressions see ``{body, status, operation, attachments}`` as those of replies do. A callback that names neither a reference
nor a message id in what its expression makes of it is known by the header ``X-Message-Id``, else by WS-Addressing's
``RelatesTo``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

from lxml import etree

from adapters.soap.incoming import attachments_json, received, related_message
from gateway.sdk import Agency, Answer, Callback, CallbackRefused, Expression, NotThere, Operation
from gateway.sdk.reading import ProductInvalid, read_response
from gateway.sdk.soap import Contract, NotOfContract, XmlRefused, envelope, fault, local_name, open_envelope
from gateway.sdk.soap.attachments import Received
from gateway.sdk.soap.errors import NotMime
from gateway.sdk.template import compile_template, fill

_PROBLEM: Final = "urn:darcha:problem:1"
_REASONS: Final = {
    401: "The credentials are missing or wrong",
    403: "The credentials do not allow this",
    404: "There is no such address",
    413: "The message is too large",
    429: "Too many messages; try again later",
    500: "The gateway failed; try again later",
    503: "The gateway is not ready; try again later",
}


class Callbacks:
    """The callbacks that ``callbacks.operations`` of a contract names."""

    def __init__(self, agency: Agency, contract: Contract) -> None:
        self._contract = contract
        self._specs: dict[str, Mapping[str, Any]] = {
            str(name): spec for name, spec in (agency.callbacks.get("operations") or {}).items() if isinstance(spec, Mapping)
        }
        receipts = agency.options.get("receipts")
        self._receipts: Mapping[str, Any] = receipts if isinstance(receipts, Mapping) else {}
        self._tags: dict[str, str] = {}
        for name, spec in self._specs.items():
            self._tags[contract.element(str(spec.get("element", name))).tag] = name
        self._readers: dict[str, tuple[Operation, Expression]] = {}
        for operation in agency.operations.values():
            for name, expression in operation.callback.items():
                self._readers.setdefault(name, (operation, expression))

    def name(self, content_type: str, body: bytes) -> str:
        """Return the callback's name, by the element in the SOAP body. Raises ``CallbackRefused``."""
        tag = str(_opened({"content-type": content_type}, body)[0].tag)
        if tag not in self._tags:
            raise CallbackRefused("/Body", "unknown_callback", f"{local_name(tag)} is no callback of this contract")
        return self._tags[tag]

    def read(self, name: str, headers: Mapping[str, str], body: bytes) -> Callback:
        """Return the callback, valid to the contract and read by its expression. Raises ``CallbackRefused``."""
        node, got = _opened(headers, body)
        if self._tags.get(str(node.tag)) != name:
            raise CallbackRefused("/Body", "unknown_callback", f"{local_name(str(node.tag))} is not the callback {name!r}")
        if name not in self._readers:
            raise CallbackRefused("/Body", "unknown_callback", f"no operation of the contract reads the callback {name!r}")
        try:
            self._contract.validate(node)
        except NotOfContract as error:
            where = f"/Body/{local_name(str(node.tag))}{error.path}"
            raise CallbackRefused(where, "not_of_contract", error.reason) from error
        operation, expression = self._readers[name]
        data = {
            "body": self._contract.read(node),
            "status": 200,
            "operation": operation.id,
            "attachments": attachments_json(got),
        }
        try:
            product = read_response(expression, data)
        except ProductInvalid as error:
            raise CallbackRefused("/Body", "not_understood", f"it does not lead to an outcome: {error}") from error
        if isinstance(product.parsed.outcome, NotThere):
            raise CallbackRefused("/Body", "not_understood", "not_there is for lookups only")
        message_id = product.message_id
        if not product.reference and not message_id:
            message_id = _header(headers, "x-message-id") or related_message(got.root)
        if not product.reference and not message_id:
            raise CallbackRefused("/Body", "no_reference", "it names neither its reference nor our message id")
        return Callback(name, product.parsed, product.reference, message_id, product.key)

    def answer(self, callback: Callback) -> Answer:
        """Return the receipt: as ``options.receipts`` says, else the callback operation's own empty output, else empty."""
        version = self._contract.version
        spec = self._receipts.get(callback.name)
        text = ""
        if isinstance(spec, Mapping):
            data = {
                "name": callback.name,
                "reference": callback.reference,
                "message_id": callback.message_id,
                "key": callback.key,
            }
            value = fill(compile_template(f"options.receipts.{callback.name}", spec.get("body") or {}), data)
            text, _ = self._contract.build(self._contract.element(str(spec.get("element", ""))), value)
        else:
            output = self._output_of(callback.name)
            if output:
                try:
                    text, _ = self._contract.build(self._contract.element(output), {})
                except NotOfContract:  # the receipt has required fields that nobody described: an empty body is all we can say
                    text = ""
        return Answer(200, version.content_type(), envelope(version, text))

    def refuse(self, error: Exception, status: int) -> Answer:
        """Return a fault: ``Client`` below 500, ``Server`` from there; the detail names pointer and rule."""
        version = self._contract.version
        detail = ""
        if isinstance(error, CallbackRefused):
            detail = (
                f'<problem xmlns="{_PROBLEM}"><pointer>{escape(error.pointer)}</pointer><code>{escape(error.code)}</code>'
                f"<message>{escape(_printable(error.message))}</message></problem>"
            )
        # Whatever else went wrong is ours; the agency is told no more than the status says.
        reason = error.message if isinstance(error, CallbackRefused) else _REASONS.get(status, "The callback cannot be taken")
        code = "Client" if status < 500 else "Server"
        return Answer(status, version.content_type(), fault(version, code, _printable(reason), detail=detail))

    def _output_of(self, name: str) -> str:
        tag = next((tag for tag, known in self._tags.items() if known == name), "")
        found = next((o for o in self._contract.operations.values() if o.input == tag), None)
        return "" if found is None else found.output or ""


def _opened(headers: Mapping[str, str], content: bytes) -> tuple[etree._Element, Received]:
    try:
        got = received(headers, content)
        opened = open_envelope(got.root)
    except NotMime as error:
        raise CallbackRefused("", "not_mime", error.reason) from error
    except XmlRefused as error:
        raise CallbackRefused("", f"xml_{error.code}", error.reason) from error
    except NotOfContract as error:
        raise CallbackRefused(error.path, "not_soap", error.reason) from error
    if opened.fault is not None or opened.body is None:
        raise CallbackRefused("/Body", "not_soap", "the SOAP Body holds no callback")
    return opened.body, got


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")


def _printable(text: str) -> str:
    """Return text without the characters that XML cannot carry: a refusal quotes what was sent."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
