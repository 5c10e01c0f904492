"""An agency calls back: understood, committed to the inbox, and only then answered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.application.bus import Bus
from gateway.application.store import InboxItem, Store
from gateway.domain.outcomes import outcome_to_json
from gateway.sdk.adapter import Adapter, Answer, Callback


class Callbacks:
    """The use case. The tracker applies what stands in the inbox, by the same code as any other reply."""

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus

    async def receive(
        self,
        agency: str,
        name: str,
        adapter: Adapter,
        headers: Mapping[str, str],
        body: bytes,
        *,
        id_: UUID,
        now: datetime,
        traceparent: str = "",
    ) -> Answer:
        """Keep the callback and return the agency's receipt; a repeat gets its first answer.

        ``traceparent`` is that of the call itself, kept so that the case's trace can point to it.
        Raises ``CallbackRefused`` when it is malformed, hostile or not of the contract; then nothing was kept.
        """
        callback = adapter.read_callback(name, headers, body)
        answer = adapter.answer_callback(callback)
        item = InboxItem(
            id=id_,
            agency=agency,
            name=callback.name,
            key=_key(callback, body),
            reference=callback.reference,
            message_id=callback.message_id,
            outcome=outcome_to_json(callback.parsed.outcome),
            received_at=now,
            answer={"status": answer.status, "content_type": answer.content_type, "body": answer.body.decode()},
            headers={"content-type": headers.get("content-type", "")} | ({"traceparent": traceparent} if traceparent else {}),
            body=body,
            blobs=callback.parsed.blobs,
        )
        first: Mapping[str, Any] = await self._store.keep_callback(item)
        await self._bus.wake("tracker")
        return Answer(int(first["status"]), str(first["content_type"]), str(first["body"]).encode())


def _key(callback: Callback, body: bytes) -> str:
    """The agency's own id of the callback, else its content: the same bytes again are a repeat."""
    return f"{callback.name}:{callback.key or hashlib.sha256(body).hexdigest()}"
