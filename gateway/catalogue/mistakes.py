"""Mistakes in a catalogue: each with file, line, key, what was expected and how to mend it; all of them at once.

CatalogueError
└── CatalogueInvalid   has ``mistakes``
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from gateway.domain.errors import CatalogueError


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake. ``file`` is relative to the catalogue's root, ``line`` counts from 1 (0: the file as a whole)."""

    file: str
    line: int
    key: str
    expected: str
    fix: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key + ': ' if self.key else ''}{self.expected}; {self.fix}"


class CatalogueInvalid(CatalogueError):
    """The catalogue cannot be used; ``mistakes`` has every one that was found, in the order of files and lines."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes: tuple[Mistake, ...] = tuple(sorted(set(mistakes), key=lambda m: (m.file, m.line, m.key, m.expected)))
        super().__init__("\n".join(["the catalogue has mistakes:", *map(str, self.mistakes)]))


class Mistakes:
    """Collects mistakes while reading goes on. ``warnings`` are for what works, but perhaps not as meant."""

    def __init__(self) -> None:
        self.found: list[Mistake] = []
        self.warnings: list[Mistake] = []

    def add(self, file: str, line: int, key: str, expected: str, fix: str) -> None:
        """Note a mistake."""
        self.found.append(Mistake(file, line, key, expected, fix))

    def warn(self, file: str, line: int, key: str, expected: str, fix: str) -> None:
        """Note what a deployment should look at, though it can start."""
        self.warnings.append(Mistake(file, line, key, expected, fix))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return ``did you mean …?`` for a near miss, else what there is."""
    there = sorted(set(known))
    close = get_close_matches(word, there, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]}?"
    return f"there is {listed(there)}" if there else "there is none yet"


def listed(words: Sequence[str]) -> str:
    """Return ``a, b or c``."""
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))
