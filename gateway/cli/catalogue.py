"""``darcha catalogue``: check what a deployment offers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from gateway.bootstrap.settings import Settings
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.mistakes import CatalogueInvalid
from gateway.catalogue.plugins import find_adapters
from gateway.catalogue.report import as_json as report_json
from gateway.catalogue.report import as_text as report_text
from gateway.cli.output import WRONG, AsJson, err, out, show

app = typer.Typer(help="Services, offices and agencies.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Services, offices and agencies."""


@app.command("check")
def check(
    root: Annotated[Path | None, typer.Argument(help="folder with schemas/ and contracts/; none: DARCHA_CATALOGUE")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the whole catalogue, mapping tests too, and tell every mistake: file, line, key, what was expected, the fix."""
    root = root or Settings().catalogue_root()
    try:
        catalogue = load_catalogue(root, environ=os.environ, adapters=find_adapters(), tests=True)
    except CatalogueInvalid as error:
        if as_json:
            show(report_json(error.mistakes))
        else:
            err.print(report_text(error.mistakes), markup=False, soft_wrap=True)
        raise typer.Exit(WRONG) from None
    counts = {"services": len(catalogue.services), "agencies": len(catalogue.agencies), "offices": len(catalogue.offices)}
    if as_json:
        show({"mistakes": [], **counts, "digest": catalogue.digest})
    else:
        out.print(f"The catalogue is sound: {', '.join(f'{n} {what}' for what, n in counts.items())}.")
