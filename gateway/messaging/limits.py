"""Numbers that both buses share."""

from __future__ import annotations

DELIVERY_LIMIT = 5
"""How often a message may come back to its queue. When it comes back once more it goes to the dead letters."""
