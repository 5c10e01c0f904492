"""One agency's folder, read and checked without the rest of the catalogue: other parts may be broken, or not there at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.catalogue.agencies import AgencyReader
from gateway.catalogue.crossing import check_adapters
from gateway.catalogue.folder import Folder
from gateway.catalogue.mapping_tests import check_mapping_tests
from gateway.catalogue.mistakes import CatalogueInvalid, Mistake, Mistakes, nearest
from gateway.catalogue.nodes import line_of, read_nodes
from gateway.catalogue.offices import FILE as OFFICES
from gateway.catalogue.offices import read_offices
from gateway.catalogue.section import Section
from gateway.domain.agency import Agency
from gateway.domain.errors import CatalogueError
from gateway.domain.office import Office
from gateway.sdk.adapter import Manifest
from gateway.sdk.simulation.rules import FILE as RULES
from gateway.sdk.simulation.rules import Rules
from gateway.sdk.simulator import RulesInvalid

_TOP: Final = "contracts"


@dataclass(frozen=True, slots=True)
class CheckedAgency:
    """What a check found. ``agency`` is ``None`` when its file cannot be read at all, and usable while there are no mistakes."""

    name: str
    agency: Agency | None
    mistakes: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...]


def agency_names(root: Path) -> list[str]:
    """Return the folders under ``contracts/``. Raises ``CatalogueError`` when there is no such folder."""
    folder = root / _TOP
    if not folder.is_dir():
        raise CatalogueError(f"{root} has no folder contracts; give the folder above it, or set DARCHA_CATALOGUE")
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("."))


def read_agency(root: Path, name: str, environ: Mapping[str, str]) -> Agency:
    """Return one agency as its file says, its adapter not asked.

    Raises ``CatalogueError`` when there is none of that name, ``CatalogueInvalid`` with the mistakes of its file.
    """
    mistakes = Mistakes()
    agency, _, _ = _read(root, name, environ, mistakes)
    if agency is None or mistakes.found:
        raise CatalogueInvalid(mistakes.found)
    return agency


def check_agency(root: Path, name: str, *, environ: Mapping[str, str], adapters: Mapping[str, Manifest]) -> CheckedAgency:
    """Check everything that stands in one agency's folder: its file, contract, simulator and mapping tests.

    Never raises for what is written there; raises ``CatalogueError`` when there is no such folder.
    """
    mistakes = Mistakes()
    agency, section, folder = _read(root, name, environ, mistakes)
    if agency is not None and section is not None:
        check_adapters(folder, {name: section}, {name: agency}, adapters)
        _check_successor(root, section, agency)
        _check_rules(folder, agency)
        check_mapping_tests(folder, {name: agency}, adapters)
    found, warnings = CatalogueInvalid(mistakes.found).mistakes, CatalogueInvalid(mistakes.warnings).mistakes
    return CheckedAgency(name, agency, found, warnings)


def _read(root: Path, name: str, environ: Mapping[str, str], mistakes: Mistakes) -> tuple[Agency | None, Section | None, Folder]:
    names = agency_names(root)
    if name not in names:
        raise CatalogueError(f"there is no agency {name!r} in {root / _TOP}; {nearest(name, names)}")
    folder = Folder(root, mistakes, (f"{_TOP}/{name}",))
    reader = AgencyReader(folder, name, _offices(root), environ)
    return reader.read(), reader.root, folder


def _offices(root: Path) -> Mapping[str, Office]:
    """The offices, as far as they can be read: whatever is wrong with them is not this agency's."""
    if not (root / OFFICES).is_file():
        return {}
    return read_offices(Folder(root, Mistakes(), (OFFICES,)))


def _check_successor(root: Path, section: Section, agency: Agency) -> None:
    if agency.succeeded_by is not None and (named := agency.succeeded_by[0]) not in (names := agency_names(root)):
        section.wrong("succeeded_by", f"the id of an agency, not {named!r}", nearest(named, names))


def _check_rules(folder: Folder, agency: Agency) -> None:
    """Note what is wrong with simulator.yaml, unless the adapter has told it."""
    file = f"{_TOP}/{agency.id}/{RULES}"
    if any(mistake.file == file for mistake in folder.mistakes.found):
        return
    try:
        Rules.of(agency)
    except RulesInvalid as error:
        raw = folder.files.get(file)
        node = None if raw is None else read_nodes(file, raw, Mistakes())
        folder.mistakes.add(file, line_of(node, error.key), error.key, error.reason, "mend simulator.yaml")


def names_wanted(root: Path, wanted: Sequence[str]) -> list[str]:
    """Return the agencies that were named, all of them where none was. Raises ``CatalogueError`` for one that is not there."""
    names = agency_names(root)
    for name in wanted:
        if name not in names:
            raise CatalogueError(f"there is no agency {name!r} in {root / _TOP}; {nearest(name, names)}")
    return list(dict.fromkeys(wanted)) or names
