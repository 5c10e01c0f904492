"""One new agency from its contract: gather, draft, compose, write. The steps of ``darcha agency new``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.catalogue.mistakes import nearest
from gateway.catalogue.onboarding.composing import Composed, compose
from gateway.catalogue.onboarding.errors import CallWrong, ContractRefused, OnboardingError
from gateway.catalogue.onboarding.report import of_unusable
from gateway.catalogue.onboarding.sources import Gathered, gather
from gateway.catalogue.onboarding.writing import refuse_taken, write_folder
from gateway.catalogue.section import ID
from gateway.sdk.adapter import Manifest
from gateway.sdk.errors import AdapterError
from gateway.sdk.onboarding import Draft


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command was given. ``contract`` is the kind (``wsdl``, ``openapi``), ``path`` the file, folder or archive."""

    name: str
    contract: str
    path: Path
    root: Path
    operations: tuple[str, ...] = ()
    schemas: tuple[Path, ...] = ()
    title: str = ""
    force: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """The folder that was written, what stands in it, and what of the source was left out."""

    folder: Path
    composed: Composed
    left_out: tuple[str, ...]


class NothingUsable(ContractRefused):
    """The contract can be read, and no operation of it can be used. ``report`` says why, operation by operation."""

    def __init__(self, error: OnboardingError, report: Mapping[str, object]) -> None:
        super().__init__(error.file, error.rule, error.fix)
        self.report = report


def find_drafter(contract: str, adapter: str, manifests: Mapping[str, Manifest]) -> Manifest:
    """Return the installed adapter that onboards this kind of contract. Raises ``CallWrong``."""
    able = {name: m for name, m in manifests.items() if m.contract == contract and m.draft is not None}
    if adapter:
        if adapter not in able:
            what = "onboards no such contract" if adapter in manifests else "is not installed"
            raise CallWrong("", f"the adapter {adapter!r} {what}", nearest(adapter, able))
        return able[adapter]
    if len(able) != 1:
        rule = f"several adapters onboard {contract}" if able else f"no installed adapter onboards {contract}"
        raise CallWrong("", rule, f"name one with --adapter: {', '.join(able)}" if able else "install one")
    return next(iter(able.values()))


def make(wanted: Wanted, manifest: Manifest) -> Made:
    """Write the folder of the new agency; on any error nothing is left behind.

    Raises ``CallWrong`` or ``ContractRefused`` (``NothingUsable`` where the contract could be read).
    """
    if ID.fullmatch(wanted.name) is None:
        fix = "write a letter, then up to 63 letters, digits, _ or -, as civil-registry"
        raise CallWrong("", f"{wanted.name!r} cannot be the id of an agency", fix)
    if not wanted.root.is_dir() and not wanted.root.parent.is_dir():
        raise CallWrong(str(wanted.root), "there is no such folder to write into", "create it, or correct --into")
    refuse_taken(wanted.root, wanted.name, force=wanted.force)
    gathered = gather(wanted.path, wanted.contract, wanted.schemas)
    draft = _draft(wanted, manifest, gathered)
    try:
        composed = compose(wanted.name, manifest.name, draft, title=wanted.title, left_out=gathered.left_out)
    except ContractRefused as error:
        report = of_unusable(wanted.name, manifest.name, draft, gathered.left_out, str(error))
        raise NothingUsable(error, report) from error
    folder = write_folder(wanted.root, wanted.name, composed.files, force=wanted.force)
    return Made(folder, composed, gathered.left_out)


def _draft(wanted: Wanted, manifest: Manifest, gathered: Gathered) -> Draft:
    drafter = manifest.draft
    assert drafter is not None  # noqa: S101  - find_drafter chose it by that
    given = str(wanted.path)
    try:
        draft = drafter(gathered.files, gathered.mains, wanted.operations)
    except AdapterError as error:
        raise ContractRefused(
            given,
            f"it cannot be read: {error}",
            "give the contract of the service itself, ask the agency for a sound one, or mend this copy",
        ) from error
    except Exception as error:  # somebody else's plug-in met a contract that nobody has seen before: told, not thrown
        rule = f"{manifest.title} failed on it: {type(error).__name__}: {error}"
        raise ContractRefused(given, rule, "tell the adapter's author, with the contract") from error
    if wanted.operations:
        _refuse_unknown(wanted.operations, draft, lambda: drafter(gathered.files, gathered.mains, ()))
    if not draft.operations:
        raise ContractRefused(given, "it describes no operation", "give the contract that does; this one may only hold types")
    return draft


def _refuse_unknown(operations: Sequence[str], draft: Draft, whole: Callable[[], Draft]) -> None:
    """Raise ``CallWrong`` for an operation that the contract does not have; a draft knows some by a further name."""
    names = {name for operation in draft.operations for name in (operation.name, operation.found_as)}
    unknown = [name for name in dict.fromkeys(operations) if name not in names]
    if unknown and len(draft.operations) < len(set(operations)):
        known = {operation.name for operation in whole().operations}
        raise CallWrong(draft.contract, f"it has no operation {unknown[0]!r}", nearest(unknown[0], known))
