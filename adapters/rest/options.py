"""What an integrator may say of an operation under ``options`` in agency.yaml.

| option | meaning |
|---|---|
| method, path | which operation of the contract it is, where the name is not its operationId |
| content_type | which of several kinds of body is sent |
| if_match | the parameter whose value is sent as ``If-Match`` (an ETag, in quotation marks or not) |
| at: reference | it is called by the address that the agency gave (``Location``), not by its path |
| pages | how the pages of a list are asked for and joined (see ``pages``) |
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.rest.model import Parameter, RestOperation, essence
from adapters.rest.openapi import OpenApi
from adapters.rest.pages import Pages, PagesWrong
from gateway.sdk import AdapterError, Operation

OPTIONS: Final = ("method", "path", "content_type", "if_match", "at", "pages")


class OptionWrong(AdapterError):
    """An option cannot be used (``key`` beneath ``options``, empty for the operation itself; ``reason``)."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Wanted:
    """An operation of the contract as the integrator wants it called."""

    described: RestOperation
    by_reference: bool = False
    pages: Pages | None = None


def wanted(contract: OpenApi, operation: Operation) -> Wanted:
    """Return the operation as its options say. Raises ``OptionWrong``."""
    options = operation.options
    if strange := sorted(set(options) - set(OPTIONS)):
        raise OptionWrong(strange[0], f"an operation's options are {', '.join(OPTIONS)}")
    described = _described(contract, operation)
    if "content_type" in options:
        described = _by_content_type(described, str(options["content_type"]))
    if "if_match" in options:
        described = _if_match(described, options["if_match"])
    if options.get("at", "reference") != "reference":
        raise OptionWrong("at", "expected the word reference")
    pages = None
    if "pages" in options:
        if described.method != "GET":
            raise OptionWrong("pages", "only GET has pages")
        try:
            pages = Pages.of(options["pages"])
        except PagesWrong as error:
            raise OptionWrong(f"pages.{error.key}" if error.key else "pages", error.reason) from error
    return Wanted(described, "at" in options, pages)


def _described(contract: OpenApi, operation: Operation) -> RestOperation:
    method, path = operation.options.get("method"), operation.options.get("path")
    if method and path:
        found = contract.at(str(method), str(path))
        reason = next((f.reason for f in contract.failed if (f.method, f.path) == (str(method).upper(), str(path))), None)
    else:
        found, reason = contract.operations.get(operation.id), contract.problems.get(operation.id)
    if found is None:
        names = ", ".join(sorted(contract.operations)[:60]) or "none"
        raise OptionWrong("", reason or f"the contract has no such operation; it has {names}")
    return found


def _by_content_type(described: RestOperation, media_type: str) -> RestOperation:
    chosen = [body for body in described.bodies if essence(body.media_type) == essence(media_type)]
    if not chosen:
        known = ", ".join(body.media_type for body in described.bodies) or "none"
        raise OptionWrong("content_type", f"one of {known}, not {media_type!r}")
    return replace(described, bodies=(chosen[0], *(body for body in described.bodies if body is not chosen[0])))


def _if_match(described: RestOperation, name: Any) -> RestOperation:
    if not isinstance(name, str) or not name:
        raise OptionWrong("if_match", "expected the name of a parameter, such as etag")
    kept = tuple(p for p in described.parameters if not (p.where == "header" and p.name.lower() == "if-match"))
    return replace(described, parameters=(*kept, Parameter(name, "header", True, "simple", False, sent_as="If-Match")))
