"""What has to hold between services, agencies and adapters."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.catalogue.folder import Folder
from gateway.catalogue.mistakes import nearest
from gateway.catalogue.nodes import line_of
from gateway.catalogue.section import Section
from gateway.catalogue.services import ServiceReader
from gateway.domain.agency import Agency
from gateway.domain.service import Step
from gateway.sdk.adapter import Manifest


def check_steps(reader: ServiceReader, agencies: Mapping[str, Agency], broken: frozenset[str]) -> None:
    """Note steps whose agency, operation or branch is not there. ``broken`` agencies could not be read at all."""
    if reader.service is None:
        return
    for step, section in zip(reader.service.steps, reader.steps, strict=True):
        agency = agencies.get(step.agency)
        if agency is not None:
            _check_step(step, section, agency)
        elif step.agency and step.agency not in broken:
            section.wrong("agency", f"an agency under contracts/, not {step.agency!r}", nearest(step.agency, agencies))


def _check_step(step: Step, section: Section, agency: Agency) -> None:
    if step.operation and step.operation not in agency.operations:
        fix = nearest(step.operation, agency.operations)
        section.wrong("operation", f"an operation of {agency.id}, not {step.operation!r}", fix)
    declared = section.has("branch")
    if agency.branches_are_offices and declared:
        expected = f"no branch: those of {agency.id} are the offices, and the one that took the application is meant"
        section.wrong("branch", expected, "remove the key")
    elif agency.branches and not agency.branches_are_offices and not declared:
        fix = "write branch: {territory: subject.address.territory} or whatever names the district"
        section.wrong("branch", f"whose territory decides: {agency.id} has branches", fix)
    elif not agency.branches and declared:
        section.wrong("branch", f"no branch: {agency.id} has none", f"remove the key, or declare branches in {_file(agency.id)}")


def check_successors(roots: Mapping[str, Section], agencies: Mapping[str, Agency]) -> None:
    """Note successors that do not exist, or that lead back to where they started."""
    for agency in agencies.values():
        seen, here = {agency.id}, agency
        while here.succeeded_by is not None:
            name = here.succeeded_by[0]
            if name not in agencies:
                if here is agency:
                    fix = nearest(name, set(agencies) - {agency.id})
                    roots[agency.id].wrong("succeeded_by", f"the id of an agency, not {name!r}", fix)
                break
            if name in seen:
                if name == agency.id:
                    roots[agency.id].wrong("succeeded_by", "a successor that does not lead back here", "end the chain somewhere")
                break
            seen.add(name)
            here = agencies[name]


def check_adapters(
    folder: Folder, roots: Mapping[str, Section], agencies: Mapping[str, Agency], adapters: Mapping[str, Manifest]
) -> None:
    """Let each agency's adapter check its contract, and note what it finds."""
    for agency in agencies.values():
        root = roots[agency.id]
        manifest = adapters.get(agency.adapter)
        if manifest is None:
            if agency.adapter:
                fix = f"install the plug-in, or correct the name; {nearest(agency.adapter, adapters)}"
                root.wrong("adapter", f"an installed adapter, not {agency.adapter!r}", fix)
            continue
        _adapter_flaws(folder, root, agency, manifest)
        if not manifest.people:
            _warn_of_doubt(root, agency)


def _adapter_flaws(folder: Folder, root: Section, agency: Agency, manifest: Manifest) -> None:
    known = {m.file for m in folder.mistakes.found}
    try:
        flaws = manifest.make(agency).check()
    except Exception as error:  # noqa: BLE001 - somebody else's plug-in: whatever it does, the other mistakes are told too
        fix = f"mend the contract, or tell the author of {manifest.title}"
        root.wrong("adapter", f"a contract that {manifest.name} can read: {type(error).__name__}: {error}", fix)
        return
    for flaw in flaws:
        prefix = f"contracts/{agency.id}/"
        file = flaw.file if flaw.file.startswith(prefix) else prefix + (flaw.file or "agency.yaml")
        if file in known and file != root.file:
            continue  # the file cannot be read, and that was told with its line
        line = line_of(root.node, flaw.key) if file == root.file else 0
        folder.mistakes.add(file, line, flaw.key, flaw.expected, flaw.fix)


def _warn_of_doubt(root: Section, agency: Agency) -> None:
    for operation in agency.operations.values():
        if not operation.idempotent and operation.lookup is None:
            key = f"operations.{operation.id}"
            fix = "declare a lookup, or every lost answer becomes an incident for a person"
            root.mistakes.warn(root.file, line_of(root.node, key), key, "a way to learn what became of a message", fix)


def _file(agency: str) -> str:
    return f"contracts/{agency}/agency.yaml"
