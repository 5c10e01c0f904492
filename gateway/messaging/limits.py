"""Numbers that several parts share."""

from __future__ import annotations

DELIVERY_LIMIT = 5
"""How often a message may come back to its queue. When it comes back once more it goes to the dead letters."""

RPC_SECS = 10.0
"""How long a broker may take to answer one call."""
