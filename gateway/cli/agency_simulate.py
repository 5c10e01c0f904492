"""``darcha agency simulate``: simulated agencies made from their contracts."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.bootstrap.settings import Settings
from gateway.catalogue.alone import agency_names, read_agency
from gateway.catalogue.plugins import find_adapters
from gateway.cli.output import BAD_CALL, WRONG, fail, out
from gateway.domain.errors import DarchaError
from gateway.sdk.simulator import RulesInvalid, SimulatorOptions
from gateway.security.secrets import EnvSecrets


def simulate(
    names: Annotated[list[str], typer.Argument(help="agencies to simulate: NAME or NAME=PORT")],
    port: Annotated[int, typer.Option(help="port of the first agency that names none; 0: any free one")] = 0,
    host: str = "127.0.0.1",
    fault: Annotated[list[str] | None, typer.Option(help="slow=2s,error=0.1,reset-after=0.05 or NAME:…")] = None,
    ledger: Annotated[Path | None, typer.Option(help="folder for NAME.jsonl, a line for every processing")] = None,
    into: Annotated[Path | None, typer.Option("--into", help="folder that holds contracts/; none: DARCHA_CATALOGUE")] = None,
) -> None:
    """Serve simulated agencies from their contracts until stopped. Each processing goes into a ledger on disk."""
    folder = ledger or Settings().data / "ledgers"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(_simulate(into, names, port, host, fault or [], folder))
    except RulesInvalid as error:
        fail(str(error), BAD_CALL if error.key.startswith("fault") else WRONG)
    except DarchaError as error:
        fail(str(error), WRONG)


async def _simulate(into: Path | None, names: list[str], port: int, host: str, faults: list[str], ledger: Path) -> None:
    settings = Settings()
    manifests = find_adapters()
    root = into if into is not None else settings.catalogue_root()
    known = agency_names(root)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # a loop without signals, as on Windows
            asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    running: list[Any] = []
    try:
        for place, name in enumerate(names):
            id_, _, own = name.partition("=")
            if id_ not in known:
                fail(f"there is no agency {id_!r}; the catalogue has {', '.join(known)}", BAD_CALL)
            # Its own folder is read and no other: whatever else is wrong in the catalogue, this agency can be simulated.
            agency = read_agency(root, id_, os.environ)
            manifest = manifests.get(agency.adapter)
            if manifest is None or manifest.simulator is None:
                fail(f"the adapter {agency.adapter} {'is not installed' if manifest is None else 'has no simulator'}", BAD_CALL)
            options = SimulatorOptions(
                ledger=ledger / f"{id_}.jsonl",
                faults=_faults_of(id_, faults),
                callback_base=settings.public,
                secrets=EnvSecrets(os.environ, settings.secrets),
            )
            simulator = manifest.simulator(agency, options)
            wanted = int(own) if own else (port + place if port else 0)
            url = await simulator.start(host, wanted)
            running.append(simulator)
            out.print(f"{id_} is simulated at {url}; its ledger is {options.ledger}", soft_wrap=True)
        await stopped.wait()
    finally:
        for simulator in running:
            await simulator.stop()


def _faults_of(id_: str, faults: list[str]) -> str:
    """Return the faults for one agency: those with its name, else those without a name."""
    for given in faults:
        name, colon, rest = given.partition(":")
        if colon and name == id_:
            return rest
    return next((f for f in faults if ":" not in f), "")
