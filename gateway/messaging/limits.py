"""Numbers that several parts share."""

from __future__ import annotations

DELIVERY_LIMIT = 5
"""How often a message may come back to its queue. When it comes back once more it goes to the dead letters."""

RPC_SECS = 10.0
"""How long a broker may take to answer one call."""

SPANS_MOST = 2_000
"""How many messages with spans (of some hundred spans each) may wait; older ones are dropped."""

SPANS_TTL_MS = 600_000
"""After that nobody looks for a span any more that still waits."""
