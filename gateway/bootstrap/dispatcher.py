"""Wiring of the dispatcher."""

from __future__ import annotations

from gateway.application.dispatch import Dispatch
from gateway.application.prepare import Preparer
from gateway.bootstrap.core import Core
from gateway.bootstrap.time import utc_now
from gateway.roles.polling import Polling
from gateway.roles.tracing import TracedBus
from gateway.security.signing import SignedReferences


def dispatcher(core: Core) -> Polling:
    """Return the dispatcher's loop."""
    settings = core.settings
    preparer = Preparer(
        core.deployment,
        settings.public,
        send_within_secs=settings.send_within_secs,
        margin_secs=settings.lease_margin_secs,
    )
    references = SignedReferences(settings.internal, core.secret)
    dispatch = Dispatch(core.deployment, core.store, TracedBus(core.bus), preparer, references, core.zone)
    return Polling(
        "dispatcher",
        "dispatcher",
        core.bus,
        dispatch.run_once,
        now=utc_now,
        next_at=core.store.next_work_at,
        at_most_secs=0.5,
        finish=dispatch.finish,
    )
