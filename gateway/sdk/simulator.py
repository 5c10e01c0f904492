"""Simulated agencies: real servers made from contracts, for the demo, the tests and integrators alike.

A protocol's simulator derives from ``Simulator`` and is named by its manifest: ``manifest.simulator(agency, options)``.
"""

from gateway.sdk.simulation.calls import Call, Post, Said
from gateway.sdk.simulation.errors import CallUnreadable, RulesInvalid, SimulatorError
from gateway.sdk.simulation.faults import Faults
from gateway.sdk.simulation.ledger import Entry, Ledger, read_ledger
from gateway.sdk.simulation.rules import Rules
from gateway.sdk.simulation.server import Simulator, SimulatorOptions, reference_of

__all__ = [
    "Call",
    "CallUnreadable",
    "Entry",
    "Faults",
    "Ledger",
    "Post",
    "Rules",
    "RulesInvalid",
    "Said",
    "Simulator",
    "SimulatorError",
    "SimulatorOptions",
    "read_ledger",
    "reference_of",
]
