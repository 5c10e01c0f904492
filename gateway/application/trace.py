"""The trace of a case out of the gateway's own store: a tree of spans, and the calls of other traces that it is linked to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.application.spans import SpanReads, SpanRecord
from gateway.domain.case import Case

#: A case that was tried for weeks: its first so many spans.
MOST: Final = 3000
_MOST_LINKS: Final = 200


@dataclass(slots=True)
class Branch:
    """A span and what came of it, oldest first. ``linked`` are spans of other traces that it points to, where they are kept."""

    span: SpanRecord
    children: list[Branch] = field(default_factory=list)
    linked: list[SpanRecord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CaseTrace:
    """``trace_id`` is empty for a case without one; ``cut``: there are more spans than are shown."""

    trace_id: str
    roots: Sequence[Branch]
    cut: bool = False

    def branches(self) -> Iterator[tuple[int, Branch]]:
        """Yield (depth, branch), each parent before its children."""
        stack = [(0, root) for root in reversed(self.roots)]
        while stack:
            depth, branch = stack.pop()
            yield depth, branch
            stack.extend((depth + 1, child) for child in reversed(branch.children))


async def case_trace(spans: SpanReads, case: Case) -> CaseTrace:
    """Return what is kept of the trace of a case. Spans whose parent is not kept (yet, or any more) stand at the top."""
    parts = case.traceparent.split("-")
    if len(parts) != 4:
        return CaseTrace("", ())
    _, trace_id, root_id, _ = parts
    found = await spans.spans_of_case(trace_id, case.id, root_id, MOST + 1)
    kept = found[:MOST]
    elsewhere = [link for span in kept for link in span.links if link[0] != trace_id][:_MOST_LINKS]
    others = {(span.trace_id, span.span_id): span for span in await spans.spans_by_id(elsewhere)}
    branches = {span.span_id: Branch(span) for span in kept}
    roots = []
    for branch in branches.values():
        branch.linked = [others[link] for link in branch.span.links if link in others]
        above = branches.get(branch.span.parent_id)
        if above is None or above is branch:
            roots.append(branch)
        else:
            above.children.append(branch)
    # A worker that is not honest may name parents in a ring; nothing leads there from the top, and it is not shown.
    return CaseTrace(trace_id, roots, len(found) > MOST)
