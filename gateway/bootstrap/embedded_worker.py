"""Wiring of the worker within the process that holds the store: contracts and documents come straight from it."""

from __future__ import annotations

import aiohttp

from gateway.application.release import Release
from gateway.bootstrap.core import Core
from gateway.bootstrap.references import DirectContracts, DirectDocuments
from gateway.bootstrap.worker import HttpLinks, lanes_of, worker
from gateway.roles.worker import Worker
from gateway.sdk.link import Documents


class DirectLinks(HttpLinks):
    """As ``HttpLinks``, with documents straight from the store."""

    def __init__(self, session: aiohttp.ClientSession, core: Core) -> None:
        super().__init__(session, core.secrets)
        self._store = core.store

    def documents(self, release: Release) -> Documents:
        """Return the documents of a release."""
        return DirectDocuments(self._store, release)


def embedded_worker(core: Core, session: aiohttp.ClientSession) -> Worker:
    """Return a worker of all lanes."""
    lanes = lanes_of(core.deployment.catalogue.agencies, ())
    return worker(core.bus, DirectContracts(core.deployment, core.store), DirectLinks(session, core), lanes)
