"""Awkward contracts of invented agencies, and what ``darcha agency new --try`` says of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lxml import etree
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.sdk.soap import Contract, parse_xml
from gateway.sdk.soap.safe_xml import XSI, local_name

HERE: Final = Path(__file__).parent
SOAP: Final = HERE / "awkward"
REST: Final = HERE / "awkward_rest"


@dataclass(frozen=True)
class Onboarded:
    """What the command said: its exit code, its report, and the folder that it wrote."""

    code: int
    report: Mapping[str, Any]
    folder: Path

    @property
    def stages(self) -> dict[str, str]:
        """How far each operation came: ``BVR`` for built, valid and round trip, a dash for what was not reached."""
        letters = (("B", "built"), ("V", "valid"), ("R", "round_trip"))
        return {o["name"]: "".join(c if o[stage] else "-" for c, stage in letters) for o in self.report["operations"]}

    def row(self, name: str) -> Any:
        """Return the report's line on an operation."""
        return next(o for o in self.report["operations"] if o["name"] == name)


def onboard(root: Path, kind: str, contract: Path, *more: str) -> Onboarded:
    """Onboard a contract as an integrator would: by the command, with ``--try``. ``kind`` is ``wsdl`` or ``openapi``."""
    report = root / "report.json"
    call = ["agency", "new", "invented", f"--{kind}", str(contract), "--into", str(root), "--try", "--report", str(report)]
    result = CliRunner().invoke(app, [*call, *more])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception  # a crash is no honest answer
    return Onboarded(result.exit_code, json.loads(report.read_text("utf-8")), root / "contracts" / "invented")


def files_of(folder: Path) -> dict[str, bytes]:
    """Return a contract's files as the catalogue hands them to an adapter."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def contract_of(name: str, **changes: bytes | str) -> Contract:
    """Return the SOAP contract of one of the agencies here."""
    return Contract(files_of(SOAP / name) | {k: v for k, v in changes.items() if isinstance(v, bytes)}, f"{name}.wsdl")


def built(contract: Contract, operation: str, value: Any) -> str:
    """Return the body of a request. Raises ``NotOfContract``."""
    return contract.build_message(contract.request(contract.operations[operation]), value)[0]


def read(contract: Contract, operation: str, text: str, *, reply: bool = False) -> Any:
    """Return what a body's single element reads as, as a request or as a reply."""
    known = contract.operations[operation]
    return contract.read_message([parse_xml(text.encode())], contract.reply(known) if reply else contract.request(known))


def canonical(xml: str | bytes | etree._Element) -> Any:
    """Return an element in a form in which prefixes do not count, those within ``xsi:type`` neither."""
    node = xml if isinstance(xml, etree._Element) else parse_xml(xml.encode() if isinstance(xml, str) else xml)
    attributes = {}
    for name, value in node.attrib.items():
        text = str(value)
        if name == f"{{{XSI}}}type" or local_name(str(name)) == "arrayType":
            prefix, _, local = text.rpartition(":")
            text = f"{{{node.nsmap.get(prefix or None)}}}{local}"
        attributes[str(name)] = text
    children = [canonical(child) for child in node]
    return str(node.tag), attributes, ("" if children else node.text or ""), children
