"""``darcha agency new`` and ``darcha agency try``: an agency from its contract, and every operation of it played at once."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from gateway.bootstrap.settings import Settings
from gateway.catalogue.alone import read_agency
from gateway.catalogue.onboarding import report as reports
from gateway.catalogue.onboarding.errors import CallWrong
from gateway.catalogue.onboarding.kinds import OPENAPI, WSDL
from gateway.catalogue.onboarding.new import Made, NothingUsable, Wanted, find_drafter, make
from gateway.catalogue.onboarding.trial import Tried
from gateway.catalogue.onboarding.watching import try_agency
from gateway.catalogue.plugins import find_adapters
from gateway.cli.output import BAD_CALL, DONE, WRONG, AsJson, fail, out, show, table
from gateway.domain.errors import CatalogueError, DarchaError
from gateway.sdk.adapter import Manifest

#: Of what could not be resolved so many lines are printed; all of them stand in README.md and in the report.
_MOST_LINES: Final = 20

Into = Annotated[Path | None, typer.Option("--into", help="folder that holds contracts/; none: DARCHA_CATALOGUE")]
ReportFile = Annotated[Path | None, typer.Option("--report", help="file for the report, JSON; written whatever happens")]


def new(
    name: Annotated[str, typer.Argument(help="id of the agency: the name of its folder under contracts/")],
    wsdl: Annotated[Path | None, typer.Option(help="WSDL: a file, a folder, or a .zip or .tar.gz")] = None,
    openapi: Annotated[Path | None, typer.Option(help="OpenAPI document: a file, a folder, or a .zip or .tar.gz")] = None,
    operation: Annotated[list[str] | None, typer.Option(help="only this operation; may be given several times")] = None,
    schemas: Annotated[list[Path] | None, typer.Option(help="folder of further schemas that the contract refers to")] = None,
    into: Into = None,
    adapter: Annotated[str, typer.Option(help="which adapter, where several read such a contract")] = "",
    title: Annotated[str, typer.Option(help="title of the agency, to be translated in agency.yaml")] = "",
    force: Annotated[bool, typer.Option("--force", help="replace the agency's folder, as a whole")] = False,
    try_now: Annotated[bool, typer.Option("--try", help="play every operation with the simulated agency")] = False,
    report: ReportFile = None,
    as_json: AsJson = False,
) -> None:
    """Write contracts/NAME from a contract: agency.yaml, mappings, examples, tests, a simulator, what is left to decide."""
    if (wsdl is None) == (openapi is None):
        fail("give the contract with --wsdl or --openapi, one of them", BAD_CALL)
    contract, path = (WSDL, wsdl) if wsdl is not None else (OPENAPI, openapi)
    assert path is not None  # noqa: S101  - one of them was given
    chosen = adapter
    try:
        manifest = find_drafter(contract, adapter, find_adapters())
        chosen = manifest.name
        root = into if into is not None else Settings().catalogue_root()
        wanted = Wanted(name, contract, path, root, tuple(operation or ()), tuple(schemas or ()), title, force)
        made = make(wanted, manifest)
    except NothingUsable as error:
        _write(report, error.report)
        _tell(error.report, tried=False, as_json=as_json)
        fail(str(error), WRONG)
    except DarchaError as error:
        _write(report, reports.of_failure(name, chosen, str(path), str(error)))
        fail(str(error), BAD_CALL if isinstance(error, CallWrong) else WRONG)
    tried = _try_written(root, name, manifest, made) if try_now else None
    told = reports.of_draft(name, manifest.name, made.composed, tried, made.left_out)
    _write(report, told)
    _tell(told, tried=try_now, as_json=as_json)
    if not as_json:
        out.print(f"Written: {made.folder}. What is left to decide stands in its README.md.", soft_wrap=True, markup=False)
    if try_now and not reports.went_round(told):
        raise typer.Exit(WRONG)


def try_(
    name: Annotated[str, typer.Argument(help="agency: a folder under contracts/")],
    into: Into = None,
    report: ReportFile = None,
    as_json: AsJson = False,
) -> None:
    """Play every operation of an agency that has an example request with its simulator, and say how far each comes."""
    root = into if into is not None else Settings().catalogue_root()
    try:
        manifests = find_adapters()
        agency = read_agency(root, name, os.environ)
        if agency.adapter not in manifests:
            raise CatalogueError(f"the adapter {agency.adapter!r} of {name} is not installed")
        tried = try_agency(agency, manifests[agency.adapter])
    except DarchaError as error:
        _write(report, reports.of_failure(name, "", "", str(error)))
        fail(str(error), WRONG)
    told = reports.of_agency(agency, tried)
    _write(report, told)
    _tell(told, tried=True, as_json=as_json)
    raise typer.Exit(DONE if reports.went_round(told) else WRONG)


def _try_written(root: Path, name: str, manifest: Manifest, made: Made) -> Mapping[str, Tried]:
    """Play what was written, read back by the catalogue's own reader: so the files are proven, not what was in memory."""
    one_way = [operation.name for operation, _ in made.composed.operations if operation.one_way]
    try:
        return try_agency(read_agency(root, name, os.environ), manifest, one_way=one_way)
    except DarchaError as error:
        return {o.name: Tried(o.name, reason=str(error)) for o, _ in made.composed.operations}


def _write(path: Path | None, report: Mapping[str, Any]) -> None:
    if path is None:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report, ensure_ascii=False, indent=2, default=str) + "\n", "utf-8")
    except OSError as error:
        fail(f"{path}: the report cannot be written: {error.strerror or error}", BAD_CALL)


def _tell(report: Mapping[str, Any], *, tried: bool, as_json: bool) -> None:
    if as_json:
        show(report)
        return
    stages = reports.STAGES[1:] if tried else ()
    rows = [
        (
            row["name"],
            *("yes" if row[stage] else "no" for stage in stages),
            "; ".join([row["reason"], *row["notes"]] if row["reason"] else row["notes"]),
        )
        for row in report["operations"]
    ]
    table(
        f"{report['agency']} ({report['adapter']}), from {report['contract']}",
        ("operation", *(s.replace("_", " ") for s in stages), "why"),
        rows,
    )
    unresolved = report["unresolved"]
    for line in unresolved[:_MOST_LINES]:
        out.print(f"not resolved: {line}", soft_wrap=True, markup=False)
    if len(unresolved) > _MOST_LINES:
        out.print(f"not resolved: {len(unresolved) - _MOST_LINES} more, see README.md", markup=False)
    totals = report["totals"]
    told = ", ".join(f"{totals[stage]} {stage.replace('_', ' ')}" for stage in (reports.STAGES if tried else reports.STAGES[:1]))
    out.print(f"Operations: {told}.", markup=False)
