"""The files that a contract may use: from a file and what lies around it, a folder, or an archive. Nothing is fetched.

Paths are relative and keep what the files say of one another true: where an import climbs (``../xsd/x.xsd``), they are
taken from the folder above, at most four levels up.
"""

from __future__ import annotations

import posixpath
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from gateway.catalogue.onboarding.archives import MAX_BYTES, MAX_FILES, is_archive, unpack
from gateway.catalogue.onboarding.errors import CallWrong, ContractRefused
from gateway.catalogue.onboarding.kinds import ENDINGS, WSDL, is_main, references, refuse_others

#: What the catalogue takes of a single file.
MAX_FILE: Final = 16 * 1024 * 1024
_CLIMB: Final = 4
#: Beyond so many entries of folders nobody looks for the schemas of one contract.
_MAX_SEEN: Final = 50_000


@dataclass(frozen=True, slots=True)
class Gathered:
    """``files`` by relative path, and ``mains``, those that are contracts by themselves and no other one refers to.

    ``left_out`` says, a line each, what was not read because there is too much of it.
    """

    files: Mapping[str, bytes]
    mains: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def gather(path: Path, contract: str, schemas: Sequence[Path] = ()) -> Gathered:
    """Return the files at ``path`` (a file, a folder or an archive) and those of the folders ``schemas``.

    Raises ``CallWrong`` when a path is not there, ``ContractRefused`` when there is no contract of that kind.
    """
    given = str(path)
    if "://" in given or given.startswith(("http:/", "https:/")):
        raise CallWrong(given, "a contract is read from disk, never from the network", "save it and give its path")
    if not path.exists():
        raise CallWrong(given, "there is no such file or folder", "correct the path")
    left_out: list[str] = []
    if path.is_dir():
        pool = _folder(path.resolve(), contract)
        mains = _mains(given, pool.files, contract)
        above = _with_above(pool, contract)
        files = above.files
        mains = [(pool.base / main).relative_to(above.base).as_posix() for main in mains]
    else:
        content = _read(path, MAX_BYTES)
        if is_archive(content):
            files = _without_prefix({n: c for n, c in unpack(path.name, content).items() if len(c) <= MAX_FILE})
            mains = _mains(path.name, files, contract)
        else:
            if len(content) > MAX_FILE:
                raise ContractRefused(given, f"it is larger than {MAX_FILE // 1024 // 1024} MiB", "split it, or cut it down")
            refuse_others(given, content, contract)
            files, main = _around(path, content, contract, left_out)
            mains = [main]
    for folder in schemas:
        if not folder.is_dir():
            raise CallWrong(str(folder), "--schemas names a folder, which is not there", "correct the path")
        prefix = _free(folder.resolve().name or "schemas", files)
        files |= {f"{prefix}/{name}": raw for name, raw in _folder(folder.resolve(), contract).files.items()}
    return Gathered(files, tuple(mains), tuple(left_out))


def _read(path: Path, limit: int) -> bytes:
    try:
        if path.stat().st_size > limit:
            raise ContractRefused(str(path), f"it is larger than {limit // 1024 // 1024} MiB", "give the contract alone")
        return path.read_bytes()
    except OSError as error:
        raise CallWrong(str(path), f"it cannot be read: {error.strerror or error}", "correct the path or its rights") from error


def _folder(folder: Path, contract: str) -> _Pool:
    """Return the files of a folder. Raises ``ContractRefused`` when there are more than a contract can have."""
    pool = _Pool(folder, contract)
    pool.walk(folder)
    pool.named()
    if pool.full:
        rule = f"it has more than {MAX_FILES:,} files or {MAX_BYTES // 1024 // 1024} MiB that a contract might use"
        raise ContractRefused(str(folder), rule, "give the folder of the contract alone")
    return pool


def _around(path: Path, content: bytes, contract: str, left_out: list[str]) -> tuple[dict[str, bytes], str]:
    """Return a contract's file with what lies beside, beneath and, where an import climbs, above it; and its own path."""
    path = path.resolve()
    pool = _Pool(path.parent, contract)
    pool.add(path, content)
    pool.walk(path.parent)
    pool.named()
    pool = _with_above(pool, contract)
    if pool.full:
        left_out.append(f"{pool.base}: only {len(pool.files):,} files of it were looked at; give a folder of its own")
    return pool.files, path.relative_to(pool.base).as_posix()


def _with_above(pool: _Pool, contract: str) -> _Pool:
    """Return the files as seen from as far above as an import climbs, with what lies there."""
    for _ in range(_CLIMB):
        wanted = [place for name, raw in pool.files.items() for place in _climbing(name, raw, contract)]
        base = pool.base.parent
        if not wanted or base == pool.base:
            break
        inner = pool.base.name
        pool = pool.from_above(base)
        for place in dict.fromkeys(wanted):  # what is named comes first, so that a large folder does not crowd it out
            near = posixpath.normpath(posixpath.join(inner, place))
            if not near.startswith("../"):
                pool.take(base / near)
                if (base / near).parent != base:
                    pool.walk((base / near).parent)
        pool.walk(base)
        pool.named()
    return pool


def _climbing(name: str, raw: bytes, contract: str) -> Iterator[str]:
    for place in references(raw, contract):
        parts = urlsplit(place)
        if not parts.scheme and not parts.netloc:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path)))
            if target.startswith("../"):
                yield target


class _Pool:
    """Files beneath ``base`` by relative path, within the bounds; nearest folders first."""

    def __init__(self, base: Path, contract: str) -> None:
        self.base = base
        self.files: dict[str, bytes] = {}
        self.full = False
        self._contract = contract
        self._others: dict[str, list[Path]] = {}
        self._walked: set[Path] = set()
        self._bytes = 0
        self._seen = 0

    def from_above(self, base: Path) -> _Pool:
        """Return the same files as seen from a folder above."""
        made = _Pool(base, self._contract)
        prefix = self.base.relative_to(base).as_posix()
        made.files = {f"{prefix}/{name}": raw for name, raw in self.files.items()}
        made._others, made._walked, made._bytes, made.full = self._others, self._walked, self._bytes, self.full
        return made

    def add(self, path: Path, raw: bytes) -> None:
        name = path.relative_to(self.base).as_posix()
        if name in self.files:
            return
        if len(self.files) >= MAX_FILES or self._bytes + len(raw) > MAX_BYTES:
            self.full = True
            return
        self.files[name] = raw
        self._bytes += len(raw)

    def take(self, path: Path) -> None:
        """Read a file, if it can be; one that is too large for a catalogue is passed by."""
        try:
            if path.relative_to(self.base).as_posix() not in self.files and path.stat().st_size <= MAX_FILE:
                self.add(path, path.read_bytes())
        except (OSError, ValueError):
            return

    def walk(self, folder: Path) -> None:
        """Take the files of the known endings in ``folder`` and beneath; the others' names are remembered."""
        todo = deque([folder])
        while todo and not self.full:
            here = todo.popleft()
            if here in self._walked:
                continue
            self._walked.add(here)
            try:
                entries = sorted(here.iterdir())
            except (OSError, ValueError):  # a reference may name what no folder can be called
                continue
            for entry in entries:
                self._seen += 1
                if self._seen > _MAX_SEEN:
                    self.full = True
                    return
                if entry.name.startswith(".") or entry.name in {"__pycache__", "__MACOSX", "node_modules"}:
                    continue
                if entry.is_dir():
                    if not entry.is_symlink():
                        todo.append(entry)
                elif entry.suffix.lower() in ENDINGS[self._contract]:
                    self.take(entry)
                elif entry.is_file():
                    self._others.setdefault(entry.name.lower(), []).append(entry)

    def named(self) -> None:
        """Take files of other endings that an import names, until nothing new is named."""
        looked: set[str] = set()
        while new := [name for name in self.files if name not in looked]:
            for name in new:
                looked.add(name)
                for place in references(self.files[name], self._contract):
                    parts = urlsplit(place)
                    base = posixpath.basename(unquote(parts.path)).lower()
                    for wanted in {base, f"{base}?{unquote(parts.query)}".lower()} & self._others.keys():
                        for path in self._others[wanted]:
                            self.take(path)


def _mains(given: str, files: Mapping[str, bytes], contract: str) -> list[str]:
    """Return the contracts that no other one refers to. Raises ``ContractRefused`` when there is none."""
    candidates = [name for name, raw in files.items() if is_main(raw, contract)]
    if not candidates:
        word = "a WSDL (root wsdl:definitions)" if contract == WSDL else "an OpenAPI document (key openapi or swagger)"
        there = ", ".join(sorted(files)[:8]) or "nothing that could be one"
        raise ContractRefused(given, f"no file in it is {word}; it has {there}", "give the contract, or a folder that holds it")
    used: set[str] = set()
    by_name: dict[str, list[str]] = {}
    for name in candidates:
        by_name.setdefault(posixpath.basename(name).lower(), []).append(name)
    for name in candidates:
        for place in references(files[name], contract):
            path = unquote(urlsplit(place).path)
            near = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
            same = by_name.get(posixpath.basename(path).lower(), [])
            target = near if near in candidates else same[0] if len(same) == 1 else ""
            if target and target != name:
                used.add(target)
    return sorted(name for name in candidates if name not in used) or sorted(candidates)


def _without_prefix(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Leave out the folder in which an archive keeps everything."""
    made = dict(files)
    while made and all("/" in name for name in made) and len({name.partition("/")[0] for name in made}) == 1:
        made = {name.partition("/")[2]: raw for name, raw in made.items()}
    return made


def _free(name: str, files: Mapping[str, bytes]) -> str:
    taken = {path.partition("/")[0].lower() for path in files}
    number, made = 1, name
    while made.lower() in taken:
        number += 1
        made = f"{name}-{number}"
    return made
