"""A worker alone in its process, supervised. Loads no database library."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from gateway.bootstrap.health import HealthJob, tasks_check
from gateway.bootstrap.memory import settle_down
from gateway.bootstrap.settings import Settings
from gateway.bootstrap.signals import stop_on_signals, unless_stopped
from gateway.bootstrap.traces import add_traces, open_traces, over_bus
from gateway.bootstrap.worker import WorkerProcess
from gateway.telemetry.supervise import Supervisor

log = structlog.get_logger(__name__)


async def run_worker(settings: Settings, agencies: Sequence[str]) -> None:
    """Serve the lanes of these agencies (none named: all) until SIGTERM or SIGINT."""
    process = WorkerProcess(settings, agencies)
    supervisor = Supervisor()
    traces = open_traces("worker", settings)
    stop_on_signals(supervisor)
    try:
        if await unless_stopped(supervisor, process.open()):
            supervisor.add("worker", process.job)
            add_traces(supervisor, traces, over_bus(process.bus))
            if settings.health_port:
                checks = {"tasks": tasks_check(supervisor)}
                supervisor.add("health", lambda: HealthJob(settings.host, settings.health_port, checks))
            settle_down()
            log.info("started", roles=["worker"], agencies=list(agencies) or "all")
            await supervisor.run()
    finally:
        await traces.flush(over_bus(process.bus))
        await process.close()
        traces.end()
        log.info("stopped", roles=["worker"])
