"""Blocks of an event stream, however the connection cuts them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.client.streams import blocks

TEXT = 'retry: 2000\n\ndata: {"name": "Gʻulnora"}\nid: 1.2\n\n: \nid: 1.9\n\ndata: one\r\ndata: two\r\nid:3\r\n\r\ndata: cut off'
FOUND = [('{"name": "Gʻulnora"}', "1.2"), ("", "1.9"), ("one\ntwo", "3")]


async def cut(size: int) -> AsyncIterator[bytes]:
    raw = TEXT.encode()
    for place in range(0, len(raw), size):
        yield raw[place : place + size]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_blocks(size: int) -> None:
    assert [block async for block in blocks(cut(size))] == FOUND
