"""``darcha agency check``: what is wrong in an agency's folder, without the rest of the catalogue."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.bootstrap.settings import Settings
from gateway.catalogue.alone import check_agency, names_wanted
from gateway.catalogue.plugins import find_adapters
from gateway.catalogue.report import as_json as report_json
from gateway.catalogue.report import as_text as report_text
from gateway.cli.output import BAD_CALL, WRONG, AsJson, err, fail, out, show
from gateway.domain.errors import CatalogueError


def check(
    names: Annotated[list[str] | None, typer.Argument(help="agencies; none: all under contracts/")] = None,
    into: Annotated[Path | None, typer.Option("--into", help="folder that holds contracts/; none: DARCHA_CATALOGUE")] = None,
    as_json: AsJson = False,
) -> None:
    """Check agencies by their own folders: agency.yaml, contract, simulator.yaml and mapping tests. Tell every mistake."""
    root = into if into is not None else Settings().catalogue_root()
    try:
        wanted = names_wanted(root, names or [])
        adapters = find_adapters()
    except CatalogueError as error:
        fail(str(error), BAD_CALL)
    checked = [check_agency(root, name, environ=os.environ, adapters=adapters) for name in wanted]
    mistakes = [mistake for one in checked for mistake in one.mistakes]
    warnings = [warning for one in checked for warning in one.warnings]
    if as_json:
        show({"agencies": wanted, **report_json(mistakes, warnings)})
    elif mistakes or warnings:
        (err if mistakes else out).print(report_text(mistakes, warnings), markup=False, soft_wrap=True)
    else:
        out.print(f"Sound: {', '.join(wanted)}.", markup=False, soft_wrap=True)
    if mistakes:
        raise typer.Exit(WRONG)
