"""Finds every adapter that is installed, as the gateway itself does."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from gateway.sdk.adapter import Manifest
from gateway.sdk.testing.conformance import Conformance

GROUP = "darcha.adapters"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An adapter that is found. What it brings is imported when asked for, so that a broken one fails alone."""

    entry: EntryPoint

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def module(self) -> str:
        """The adapter's package."""
        return self.entry.module

    def manifest(self) -> Manifest:
        """Return its manifest. Raises ``TypeError`` when the entry point names something else."""
        found = self.entry.load()
        if not isinstance(found, Manifest):
            raise TypeError(f"the entry point {self.entry.value} is no Manifest")
        return found

    def conformance(self) -> Conformance:
        """Return the contract and samples that the adapter brings. Raises ``LookupError`` or ``TypeError``."""
        name = f"{self.module}.conformance"
        try:
            module = import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            raise LookupError(f"the adapter {self.name} brings no {name}.conformance() -> Conformance") from error
        made = module.conformance()
        if not isinstance(made, Conformance):
            raise TypeError(f"{name}.conformance() is no Conformance")
        return made


def find_adapters() -> tuple[Enrolled, ...]:
    """Return every installed adapter, by name."""
    return tuple(Enrolled(entry) for entry in sorted(entry_points(group=GROUP), key=lambda e: e.name))
