"""Signed references: one thing, for a while."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from gateway.security.signing import ReferenceRefused, SignedReferences, verify
from tests.unit.api.asgi import Caller
from tests.unit.api.conftest import NOW, Shelf
from tests.unit.api.test_bad_input import problem

MADE = SignedReferences("http://api", b"secret")
SOON = NOW + timedelta(seconds=30)


def local(url: str) -> str:
    return url.removeprefix("http://api")


async def test_fetch_a_blob_and_a_contract(call: Caller, shelf: Shelf) -> None:
    shelf.blobs["d1"], shelf.pins["c1"] = b"document", b"contract"
    assert (await call.get(local(MADE.sign("blob", "d1", SOON)))).body == b"document"
    assert (await call.get(local(MADE.sign("contract", "c1", SOON)))).body == b"contract"
    problem(await call.get(local(MADE.sign("blob", "c1", SOON))), 404, "not_found")


async def test_a_reference_opens_one_thing_only(call: Caller, shelf: Shelf) -> None:
    shelf.blobs |= {"d1": b"one", "d2": b"two"}
    url = local(MADE.sign("blob", "d1", SOON))
    problem(await call.get(url.replace("/d1", "/d2")), 403, "bad_signature")
    problem(await call.get(url.replace("/blob/", "/contract/")), 403, "bad_signature")
    problem(await call.get(url.replace("exp=1", "exp=2")), 403, "bad_signature")
    problem(await call.post(url.replace("/blob/", "/blobs/"), b"x"), 403, "bad_signature")
    problem(await call.get(local(SignedReferences("http://api", b"other").sign("blob", "d1", SOON))), 403, "bad_signature")
    problem(await call.get("/refs/blob/d1"), 422, "bad_input")


async def test_an_ended_one_says_so(call: Caller, shelf: Shelf) -> None:
    shelf.blobs["d1"] = b"one"
    body = problem(await call.get(local(MADE.sign("blob", "d1", NOW - timedelta(seconds=1)))), 403, "expired")
    assert "ended at 2026-09-01T04:59:59+00:00" in str(body["detail"])


async def test_documents_of_a_reply_are_stored_by_their_content(call: Caller, shelf: Shelf) -> None:
    answer = await call.post(local(MADE.sign("upload", "lease-1", SOON)), b"pdf")
    digest = hashlib.sha256(b"pdf").hexdigest()
    assert (answer.status, answer.json()) == (201, {"digest": digest, "size": 3})
    assert shelf.blobs == {digest: b"pdf"}
    problem(await call.post(local(MADE.sign("upload", "lease-1", SOON)), b"x" * 5000), 413, "too_large")


def test_nothing_can_be_moved_from_one_part_to_another() -> None:
    with pytest.raises(ReferenceRefused):
        verify(b"s", ("a", "b\nc"), 2**40, MADE.sign("a\nb", "c", SOON).rpartition("=")[2], NOW)
