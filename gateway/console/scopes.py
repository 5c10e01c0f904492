"""What an account may do at the console."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """As for API keys. ``operate`` includes ``read``; ``reveal`` shows personal data beside what one may read."""

    READ = "read"
    OPERATE = "operate"
    DESK = "desk"
    REVEAL = "reveal"
