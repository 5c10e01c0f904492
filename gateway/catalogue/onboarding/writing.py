"""Writes a folder as a whole or not at all: beside its place first, then by one rename."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from gateway.catalogue.onboarding.errors import CallWrong


def refuse_taken(root: Path, name: str, *, force: bool) -> None:
    """Raise ``CallWrong`` when ``contracts/<name>`` is there and may not be replaced, or is there in other letter case."""
    folder = root / "contracts"
    if not folder.is_dir():
        return
    for entry in folder.iterdir():
        if entry.name.lower() == name.lower() and not (force and entry.name == name):
            fix = "give another name" if entry.name != name else "give another name, or --force to replace the whole folder"
            raise CallWrong(str(entry), "an agency of this name is there already, and nothing is overwritten", fix)


def write_folder(root: Path, name: str, files: Mapping[str, bytes], *, force: bool = False) -> Path:
    """Write ``contracts/<name>`` and return it. ``force`` replaces what is there, as a whole.

    Raises ``CallWrong`` when the name is taken or the folder cannot be written; then nothing is left behind.
    """
    refuse_taken(root, name, force=force)
    target = root / "contracts" / name
    mark = secrets.token_hex(4)
    fresh, old = target.with_name(f".{name}.{mark}.new"), target.with_name(f".{name}.{mark}.old")
    try:
        for path, raw in files.items():
            place = fresh / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(raw)
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
    except OSError as error:
        raise CallWrong(
            str(target), f"it cannot be written: {error.strerror or error}", "give --into a folder of yours"
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        if target.exists():
            shutil.rmtree(old, ignore_errors=True)
    return target
