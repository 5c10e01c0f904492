"""The ledger of a simulated agency: one line per processing, never deduplicated, on disk before the answer leaves."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson


@dataclass(frozen=True, slots=True)
class Entry:
    """One processing. ``effect``: the agency did something that a second processing would do twice.

    ``at`` is RFC 3339 in UTC; ``body_sha256`` covers the bytes of the call as they came.
    """

    at: str
    operation: str
    message_id: str
    key: str
    effect: bool
    body_sha256: str


class Ledger:
    """Appends entries to ``path`` (JSON lines), or keeps them in memory where there is none."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._lines: list[bytes] = []
        self._fd: int | None = None

    def open(self) -> None:
        """Open for appending; the folder is made. An existing ledger goes on."""
        if self.path is not None and self._fd is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def append(self, entry: Entry) -> None:
        """Write one entry with one system call, so that a killed simulator leaves whole lines."""
        line = orjson.dumps(entry) + b"\n"
        if self._fd is not None:
            os.write(self._fd, line)
        else:
            self._lines.append(line)

    def text(self) -> bytes:
        """Return all lines."""
        if self.path is None:
            return b"".join(self._lines)
        return self.path.read_bytes() if self.path.exists() else b""

    def entries(self) -> Iterator[Entry]:
        """Yield every entry, oldest first."""
        return read_ledger(self.text())


def read_ledger(text: bytes) -> Iterator[Entry]:
    """Yield the entries of a ledger's text. Raises ``ValueError`` on a line that is none."""
    for line in text.splitlines():
        if line.strip():
            yield Entry(**orjson.loads(line))


def entry(at: datetime, operation: str, message_id: str, body: bytes, *, key: str, effect: bool) -> Entry:
    """Return the entry of one processing of ``body``."""
    return Entry(at.isoformat(), operation, message_id, key, effect, hashlib.sha256(body).hexdigest())
