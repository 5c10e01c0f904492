"""Files out of a zip or tar archive, in memory: nothing is written, no path leads out, and no bomb goes off."""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO, Final

from gateway.catalogue.onboarding.errors import ContractRefused

MAX_FILES: Final = 2_000
MAX_BYTES: Final = 64 * 1024 * 1024
#: Folders, pictures and the like count here too: an archive of more entries is none of a contract.
_MAX_ENTRIES: Final = 20_000
_TAR: Final = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ")
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,  # how zipfile says that it does not know a compression
    ValueError,
)


def is_archive(content: bytes) -> bool:
    """Return whether this is an archive that can be opened here."""
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06", *_TAR)) or content[257:262] == b"ustar"


def unpack(name: str, content: bytes) -> dict[str, bytes]:
    """Return the files by their path in the archive ``name``; links, folders and hidden files are left out.

    Raises ``ContractRefused`` for one that is damaged, encrypted, too large once unpacked, or leads out of itself.
    """
    files: dict[str, bytes] = {}
    total = 0
    try:
        for path, stream in _zip(name, content) if content.startswith(b"PK") else _tar(name, content):
            if path is None or stream is None:
                continue
            raw = stream.read(MAX_BYTES - total + 1)  # what the archive says of its sizes is not believed
            total += len(raw)
            if total > MAX_BYTES or len(files) >= MAX_FILES:
                rule = f"unpacked it has more than {MAX_FILES:,} files or {MAX_BYTES // 1024 // 1024} MiB"
                raise ContractRefused(name, rule, "pack the contract and its schemas alone")
            files[path] = raw
    except ContractRefused:
        raise
    except _UNREADABLE as error:
        fix = "get it again; where it has a password, unpack it first"
        raise ContractRefused(name, f"the archive cannot be read: {error}", fix) from error
    return files


def _zip(name: str, content: bytes) -> Iterator[tuple[str | None, IO[bytes] | None]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        if len(entries) > _MAX_ENTRIES:
            raise ContractRefused(name, f"it has more than {_MAX_ENTRIES:,} entries", "pack the contract alone")
        for entry in entries:
            link = entry.external_attr >> 16 & 0o170000 == 0o120000
            path = None if entry.is_dir() or link else _path(name, entry.filename)
            if path is not None:
                with archive.open(entry) as stream:
                    yield path, stream


def _tar(name: str, content: bytes) -> Iterator[tuple[str | None, IO[bytes] | None]]:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as archive:
        passed = 0
        for count, entry in enumerate(archive):
            passed += max(0, entry.size)
            if count >= _MAX_ENTRIES or passed > 4 * MAX_BYTES:  # what is skipped is unpacked, too
                raise ContractRefused(name, "it has too many or too large entries", "pack the contract alone")
            if entry.isfile():
                yield _path(name, entry.name), archive.extractfile(entry)


def _path(name: str, written: str) -> str | None:
    """Return the path of an entry, ``None`` for what is left out. Raises ``ContractRefused`` when it leads out."""
    path = PurePosixPath(written.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        raise ContractRefused(name, f"its entry {written!r} leads out of the archive", "pack it again with relative paths")
    if not path.parts or any(part.startswith(".") or part == "__MACOSX" for part in path.parts):
        return None
    return path.as_posix()
