"""``darcha case decide`` and ``darcha case reopen``: decisions that a person records."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.cli.output import DEFAULT_URL, Address, AsJson, Key, act, command, out

Authority = Annotated[str, typer.Option(help="who decides")]
Ground = Annotated[str, typer.Option(help="on what ground")]
Basis = Annotated[str, typer.Option("--legal-basis", help="by which law")]
Given = Annotated[str, typer.Option("--given", help="when the authority gave it, with offset")]
Reason = Annotated[str, typer.Option(help="why it is recorded by hand")]
Version = Annotated[int | None, typer.Option("--if-version", help="the case's version as you read it; refused when it has moved")]
Document = Annotated[list[str] | None, typer.Option(help="SHA-256 of a document sent before; may be repeated")]


async def _record(url: str, key: str, path: str, body: dict[str, Any], version: int | None, as_json: bool) -> None:
    case = await act(url, key, path, body, version, as_json)
    if case is None:
        return
    last = case["decisions"][-1]
    out.print(f"{case['number']} is {case['status']}: {last['kind']}, {last['outcome']}", markup=False)


@command
async def decide(
    case: str,
    outcome: Annotated[str, typer.Option(help="granted, partly_granted, refused, returned or lapsed")],
    authority: Authority,
    ground: Ground,
    legal_basis: Basis,
    given: Given,
    reason: Reason,
    kind: Annotated[str, typer.Option(help="correction or reversal, where a decision stands")] = "decision",
    document: Document = None,
    version: Version = None,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Record a decision: where the rule yields none, or to correct or reverse the one that stands."""
    body = _body(authority, ground, legal_basis, given, reason, document) | {"outcome": outcome, "kind": kind}
    await _record(url, key, f"/v1/cases/{case}/decide", body, version, as_json)


@command
async def reopen(
    case: str,
    authority: Authority,
    ground: Ground,
    legal_basis: Basis,
    given: Given,
    reason: Reason,
    kind: Annotated[str, typer.Option(help="annulment or reversal")] = "annulment",
    step: Annotated[list[str] | None, typer.Option(help="a step that is done anew; may be repeated")] = None,
    document: Document = None,
    version: Version = None,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Take the standing decision away, and let the case go on."""
    body = _body(authority, ground, legal_basis, given, reason, document) | {"kind": kind, "steps": step or []}
    await _record(url, key, f"/v1/cases/{case}/reopen", body, version, as_json)


def _body(authority: str, ground: str, legal_basis: str, given: str, reason: str, documents: list[str] | None) -> dict[str, Any]:
    said = {"authority": authority, "ground": ground, "legal_basis": legal_basis, "date_given": given, "reason": reason}
    return {**said, "documents": [{"digest": digest} for digest in documents or ()]}
