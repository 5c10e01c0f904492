"""Reads a catalogue and checks it as a whole, before anything starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from gateway.catalogue.agencies import AgencyReader
from gateway.catalogue.alerts import read_alerts
from gateway.catalogue.crossing import check_adapters, check_steps, check_successors
from gateway.catalogue.examples import check_examples
from gateway.catalogue.folder import Folder
from gateway.catalogue.ladders import check_ladders
from gateway.catalogue.mapping_tests import check_mapping_tests
from gateway.catalogue.mistakes import CatalogueInvalid, Mistake, Mistakes
from gateway.catalogue.offices import read_offices
from gateway.catalogue.services import ServiceReader, lookup_reads
from gateway.domain.catalogue import Catalogue
from gateway.sdk.adapter import Manifest

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. ``catalogue`` is usable only while there are no mistakes; warnings do not keep it from use."""

    catalogue: Catalogue
    mistakes: tuple[Mistake, ...]
    warnings: tuple[Mistake, ...]


def load_catalogue(root: Path, *, environ: Mapping[str, str], adapters: Mapping[str, Manifest], tests: bool = False) -> Catalogue:
    """Return the catalogue of the folder ``root``, which holds ``schemas/`` and ``contracts/``.

    ``environ`` fills in the ``${VARIABLE}`` of endpoints; ``adapters`` are the plug-ins by name; ``tests`` runs the mapping
    tests, too. Warnings are logged. Raises ``CatalogueInvalid`` with every mistake.
    """
    checked = check_catalogue(root, environ=environ, adapters=adapters, tests=tests)
    if checked.mistakes:
        raise CatalogueInvalid(checked.mistakes)
    for warning in checked.warnings:
        log.warning("catalogue", file=warning.file, line=warning.line, key=warning.key, what=warning.expected, fix=warning.fix)
    return checked.catalogue


def check_catalogue(root: Path, *, environ: Mapping[str, str], adapters: Mapping[str, Manifest], tests: bool = False) -> Checked:
    """Read and check everything, and run the mapping ``tests`` if asked; never raises for what is written in the catalogue."""
    mistakes = Mistakes()
    folder = Folder(root, mistakes)
    offices = read_offices(folder)
    names = folder.folders("contracts")
    readers = [AgencyReader(folder, name, offices, environ) for name in names]
    agencies = {reader.name: agency for reader in readers if (agency := reader.read()) is not None}
    roots = {reader.name: reader.root for reader in readers if reader.root is not None}
    services = {}
    service_roots = []
    for name in folder.folders("schemas/services"):
        service_reader = ServiceReader(folder, name, names)
        service = service_reader.read()
        service_roots += [service_reader.root] if service_reader.root is not None else []
        if service is not None:
            services[name] = service
            check_steps(service_reader, agencies, frozenset(names) - agencies.keys())
            lookup_reads(service_reader, agencies)
    if not services and (root / "schemas").is_dir():
        mistakes.add("schemas/services", 0, "", "at least one service", "create schemas/services/<service>/service.yaml")
    check_successors(roots, agencies)
    check_adapters(folder, roots, agencies, adapters)
    alerts = read_alerts(root, services, agencies, environ, mistakes)
    for service_root in service_roots:
        check_ladders(service_root, alerts)
    catalogue = Catalogue(services, offices, agencies, folder.digest)
    for service in services.values():
        check_examples(folder, service, catalogue)
    if tests:
        check_mapping_tests(folder, agencies, adapters)
    found = CatalogueInvalid(mistakes.found).mistakes
    return Checked(catalogue, found, CatalogueInvalid(mistakes.warnings).mistakes)
