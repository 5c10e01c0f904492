"""Documents: kept once, named by their SHA-256 ever after."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime

from gateway.application.reads import DocumentRow, Reads
from gateway.domain.case_file import Mint


async def keep_document(
    reads: Reads,
    mint: Mint,
    now: Callable[[], datetime],
    content: bytes,
    *,
    name: str,
    media_type: str,
    kind: str,
    origin: str,
    client: str,
) -> DocumentRow:
    """Keep a document that somebody hands in, and return what is known of it. It is named by its digest from then on."""
    document = DocumentRow(
        id=mint.uuid(),
        digest=hashlib.sha256(content).hexdigest(),
        name=name,
        media_type=media_type,
        size=len(content),
        kind=kind,
        origin=origin,
        client=client,
        created_at=now(),
    )
    await reads.add_document(document, content)
    return document
