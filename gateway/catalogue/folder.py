"""The files of a catalogue: read once, by path within its root, never from outside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from gateway.application.pins import files_digest
from gateway.catalogue.mistakes import Mistakes, nearest
from gateway.catalogue.nodes import read_nodes
from gateway.catalogue.section import Section
from gateway.domain.service import Expression
from gateway.sdk import strict_json
from gateway.sdk.mapping import CompiledExpression, MappingInvalid, compile_expression

#: More than this is no contract but something that got into the folder by accident.
_MAX_FILE: Final = 16 * 1024 * 1024
_JSON_LINE: Final = re.compile(r"line (\d+)")


class Folder:
    """All files beneath ``schemas/`` and ``contracts/`` of ``root``; hidden ones and editors' copies are left out.

    ``tops`` are the folders (or files) of ``root`` to read in their place, for a look at a part of a catalogue.
    """

    def __init__(self, root: Path, mistakes: Mistakes, tops: Sequence[str] = ("schemas", "contracts")) -> None:
        self.root = root
        self.mistakes = mistakes
        self.files: dict[str, bytes] = {}
        for top in tops:
            if (root / top).is_file():
                self._read(root / top)
                continue
            if not (root / top).is_dir():
                mistakes.add(top, 0, "", f"a folder {top} in {root}", "create it, or point DARCHA_CATALOGUE at the right folder")
                continue
            for path in sorted((root / top).rglob("*")):
                self._read(path)

    @classmethod
    def of(cls, files: Mapping[str, bytes], mistakes: Mistakes) -> Folder:
        """Return a folder of files that stand nowhere yet."""
        made = cls(Path(), mistakes, ())
        made.files = dict(files)
        return made

    @property
    def digest(self) -> str:
        """SHA-256 over all files."""
        return files_digest(self.files)

    def folders(self, parent: str) -> list[str]:
        """Return the names of the folders directly within ``parent``."""
        depth = len(PurePosixPath(parent).parts)
        beneath = (PurePosixPath(path).parts for path in self.files if path.startswith(f"{parent}/"))
        return sorted({parts[depth] for parts in beneath if len(parts) > depth + 1})

    def within(self, parent: str) -> dict[str, bytes]:
        """Return the files beneath ``parent`` by their path within it."""
        return {path[len(parent) + 1 :]: raw for path, raw in self.files.items() if path.startswith(f"{parent}/")}

    def yaml(self, path: str) -> Section | None:
        """Return a YAML file as a section; ``None`` after noting what keeps it from being one."""
        raw = self.files.get(path)
        if raw is None:
            self.mistakes.add(path, 0, "", "this file, which is missing", "create it")
            return None
        node = read_nodes(path, raw, self.mistakes)
        if node is None:
            return None
        if not isinstance(node.value, dict):
            self.mistakes.add(path, node.line, "", f"an object, not {node.kind}", "write keys, as in the reference catalogue")
            return None
        return Section(path, node, "", self.mistakes)

    def json(self, path: str) -> Any:
        """Return a JSON file's value; ``None`` after noting what is wrong with it."""
        try:
            return strict_json.loads(self.files[path])
        except strict_json.NotJson as error:
            found = _JSON_LINE.search(str(error))
            self.mistakes.add(path, int(found[1]) if found else 0, "", f"valid JSON: {error}", "mend the syntax")
            return None

    def named_file(self, section: Section, key: str, name: str) -> str:
        """Return the path of a file that ``section`` names beside itself, empty after noting that it is not there."""
        parent = section.file.rpartition("/")[0]
        path = str(PurePosixPath(parent) / name)
        if name and ".." not in PurePosixPath(name).parts and path in self.files:
            return path
        if name:
            section.wrong(key, f"a file {path}", f"create it or name another; {nearest(name, self.within(parent))}")
        return ""

    def expression_file(self, section: Section, key: str, *, required: bool = True) -> Expression | None:
        """Return the JSONata file that a key names, compiled once to see that it can be."""
        name = section.text(key, None if required else "", like="input.jsonata")
        path = self.named_file(section, key, name)
        if not path:
            return None
        try:
            source = self.files[path].decode("utf-8")
        except UnicodeDecodeError as error:
            self.mistakes.add(path, 0, "", f"UTF-8, which ends at byte {error.start}", "save the file as UTF-8")
            return None
        expression = Expression(source, path)
        return expression if self.compile(expression, path, 1) is not None else None

    def expression(self, section: Section, key: str, source: str) -> Expression | None:
        """Return an expression that stands in the YAML itself, compiled once to see that it can be."""
        if not source:
            return None
        expression = Expression(source, f"{section.file}:{section.place(key)}")
        return expression if self.compile(expression, section.file, section.line(key), section.place(key)) is not None else None

    def compile(self, expression: Expression, file: str, line: int, key: str = "") -> CompiledExpression | None:
        """Return the compiled expression; ``None`` after noting why it cannot be used. ``line`` is where it begins."""
        try:
            return compile_expression(expression)
        except MappingInvalid as error:
            fix = {
                "syntax": "mend the expression at or just before this line",
                "forbidden": "take it out; a mapping depends on its data alone",
            }.get(error.rule, "define it, or correct its name")
            self.mistakes.add(file, line + error.line - 1, key, f"usable JSONata: {error.reason}", fix)
            return None

    def _read(self, path: Path) -> None:
        inner = path.relative_to(self.root)
        if any(part.startswith(".") or part == "__pycache__" for part in inner.parts) or path.name.endswith(("~", ".swp")):
            return
        name = inner.as_posix()
        if not path.resolve().is_relative_to(self.root.resolve()):
            self.mistakes.add(name, 0, "", "a file within the catalogue", "copy it here; links that lead out are not followed")
        elif path.is_file():
            if path.stat().st_size > _MAX_FILE:
                self.mistakes.add(name, 0, "", f"at most {_MAX_FILE} bytes", "make the file smaller or move it out")
                return
            self.files[name] = path.read_bytes()
