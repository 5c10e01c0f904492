"""The trace store: spans in, those of one case out, old ones away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, or_, select, tuple_

from gateway.application.spans import SpanRecord
from gateway.storage import bulk
from gateway.storage import tables as t
from gateway.storage.base import Part
from gateway.storage.columns import dump_json
from gateway.storage.trace_tables import spans as table

_KEEP: Final = bulk.insert(table, table.c.keys(), on_conflict="(trace_id, span_id) DO NOTHING")


class Spans(Part):
    """Implements ``SpanStore`` and ``SpanReads``, and says under which span a request was last tried."""

    async def keep_spans(self, spans: Sequence[SpanRecord]) -> None:
        if spans:
            async with self.db.write() as tx:
                await tx.bulk(_KEEP, [_row(span) for span in spans])

    async def forget_spans(self, before_us: int, most: int) -> int:
        span = table.c
        old = select(span.trace_id, span.span_id).where(span.started_us < before_us).order_by(span.started_us).limit(most)
        async with self.db.write() as tx:
            return await tx.run(delete(table).where(tuple_(span.trace_id, span.span_id).in_(old)))

    async def spans_of_case(self, trace_id: str, case_id: UUID, root_id: str, most: int) -> list[SpanRecord]:
        span = table.c
        own = or_(span.case_id == case_id, span.span_id == root_id)
        query = select(table).where(span.trace_id == trace_id, own).order_by(span.started_us, span.span_id).limit(most)
        async with self.db.glance() as tx:
            return [_span(row) for row in await tx.rows(query)]

    async def spans_by_id(self, wanted: Sequence[tuple[str, str]]) -> list[SpanRecord]:
        if not wanted:
            return []
        query = select(table).where(tuple_(table.c.trace_id, table.c.span_id).in_(list(wanted))).order_by(table.c.started_us)
        async with self.db.glance() as tx:
            return [_span(row) for row in await tx.rows(query)]

    async def attempt_traces(self, requests: Sequence[tuple[UUID, UUID]]) -> dict[UUID, list[tuple[str, str]]]:
        """Return by request (case id, request id) the (work, ``traceparent``) of each try that was traced, oldest first."""
        attempts = t.attempts.c
        wanted = {request_id for _, request_id in requests}
        # By their cases, for which there is an index.
        query = (
            select(attempts.request_id, attempts.work, attempts.detail)
            .where(attempts.case_id.in_(sorted({case_id for case_id, _ in requests})))
            .order_by(attempts.position)
        )
        found: defaultdict[UUID, list[tuple[str, str]]] = defaultdict(list)
        async with self.db.glance() as tx:
            for row in await tx.rows(query):
                if row.request_id in wanted and (context := row.detail.get("traceparent")):
                    found[row.request_id].append((row.work, context))
        return dict(found)


def _row(span: SpanRecord) -> bulk.Row:
    head = (span.trace_id, span.span_id, span.parent_id, span.name, span.kind, span.role, span.started_us, span.ended_us)
    return (*head, span.status, span.case_id, dump_json(dict(span.attributes)), dump_json(span.links))


def _span(row: Any) -> SpanRecord:
    values = list(row)
    values[-1] = tuple((one, other) for one, other in values[-1])
    return SpanRecord(*values)
