"""A document is named by who sent it, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.application.reads import Client
from gateway.security.keys import hash_key
from tests.integration.api.conftest import Town, deployment, moving, ok, preschool, store_url, town

__all__ = ["deployment", "moving", "preschool", "store_url", "town"]


@pytest.fixture
async def everything(town: Town) -> Town:
    """The key of the first start may do everything: it sends applications, and it is the operator's."""
    await town.store.add_key(hash_key("first-key"), Client("first", frozenset({"submit", "read", "operate", "desk"})))
    return town


def with_document(application: dict[str, Any], digest: str) -> dict[str, Any]:
    return application | {"documents": [{"kind": "birth certificate", "digest": digest}]}


async def test_a_key_that_may_do_everything_names_the_document_that_it_sent(everything: Town, preschool: dict[str, Any]) -> None:
    caller = everything.by("first-key")
    digest = ok(await caller.post("/v1/documents", b"paper", content_type="application/pdf"), 201)["digest"]
    answer = await caller.post("/v1/applications", with_document(preschool, digest), idempotency_key="k1")
    assert answer.status == 202, answer.body


async def test_nobody_else_names_it(everything: Town, preschool: dict[str, Any]) -> None:
    digest = ok(await everything.by("other-key").post("/v1/documents", b"paper", content_type="application/pdf"), 201)["digest"]
    for key in ("office-key", "first-key"):
        answer = await everything.by(key).post("/v1/applications", with_document(preschool, digest), idempotency_key="k2")
        assert answer.status == 422, answer.body
