"""Checks the examples of each service: what the demo and the tests submit has to be a valid application."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from gateway.application.envelope import check_application
from gateway.catalogue.folder import Folder
from gateway.catalogue.mistakes import listed, nearest
from gateway.domain.case import CaseOutcome, CaseStatus
from gateway.domain.catalogue import Catalogue
from gateway.domain.errors import BadInput
from gateway.domain.request import RequestStatus
from gateway.domain.service import Service

_KEYS: Final = ("title", "shows", "application", "vary", "acts", "expected")
_CALLS: Final = ("facts", "supplement", "desk", "withdraw")
#: Stands in where an example leaves out when it was handed in: it is handed in when it is played.
_TAKEN_AT: Final = "2026-01-15T09:00:00+05:00"
_NOW: Final = datetime(9000, 1, 1, tzinfo=UTC)


def check_examples(folder: Folder, service: Service, catalogue: Catalogue) -> None:
    """Note everything that is wrong with the examples of a service."""
    parent = f"schemas/services/{service.id}/examples"
    for name in folder.within(parent):
        if name.endswith(".json"):
            _Example(folder, f"{parent}/{name}", service).check(catalogue)


class _Example:
    def __init__(self, folder: Folder, file: str, service: Service) -> None:
        self._folder = folder
        self._file = file
        self._steps = [s.id for s in service.steps]
        self._service = service

    def check(self, catalogue: Catalogue) -> None:
        value = self._folder.json(self._file)
        if value is None:
            return
        if not isinstance(value, dict):
            self._wrong("", "an object", f"write {', '.join(_KEYS)}")
            return
        for key in value:
            if key not in _KEYS:
                self._wrong(f"/{key}", f"a key that is known here, not {key!r}", f"remove it; {nearest(key, _KEYS)}")
        for key, kind in (("title", str), ("application", dict), ("expected", dict)):
            if not isinstance(value.get(key), kind):
                self._wrong(f"/{key}", f"{'some text' if kind is str else 'an object'} under {key}", "write it")
        if isinstance(value.get("application"), dict):
            self._application(value["application"], catalogue)
            self._vary(value.get("vary", []), value["application"])
        if isinstance(value.get("expected"), dict):
            self._expected(value["expected"])
        acts = value.get("acts", [])
        if not isinstance(acts, list):
            self._wrong("/acts", "a list of acts", "write []")
            acts = []
        for i, act in enumerate(acts):
            self._act(act, f"/acts/{i}")

    def _application(self, application: dict[str, Any], catalogue: Catalogue) -> None:
        if application.get("service") != self._service.id:
            self._wrong("/application/service", f"the service of this folder, {self._service.id}", "correct it or move the file")
            return
        raw = json.dumps({"taken_at": _TAKEN_AT} | application).encode()
        try:
            check_application(raw, catalogue, _NOW)
        except BadInput as error:
            for problem in error.problems:
                self._wrong(f"/application{problem.pointer}", problem.message, "correct the example, or the form")

    def _vary(self, pointers: Any, application: dict[str, Any]) -> None:
        """What a load test makes different for each copy has to be a text of the application."""
        for i, pointer in enumerate(pointers if isinstance(pointers, list) else [pointers]):
            here: Any = application
            for part in str(pointer).split("/")[1:]:
                name = part.replace("~1", "/").replace("~0", "~")
                if isinstance(here, list):
                    here = here[int(name)] if name.isdigit() and int(name) < len(here) else None
                else:
                    here = here.get(name) if isinstance(here, dict) else None
            if not isinstance(here, str):
                self._wrong(f"/vary/{i}", f"the pointer of a text of the application, not {pointer!r}", "correct or remove it")

    def _expected(self, expected: Mapping[str, Any]) -> None:
        self._word("/expected/status", expected.get("status"), tuple(CaseStatus))
        if "outcome" in expected:
            self._word("/expected/outcome", expected["outcome"], tuple(CaseOutcome))
        for step, status in (expected.get("steps") or {}).items():
            self._step(f"/expected/steps/{step}", step)
            self._word(f"/expected/steps/{step}", status, tuple(RequestStatus))

    def _act(self, act: Any, pointer: str) -> None:
        if not isinstance(act, dict) or not isinstance(act.get("body"), dict):
            self._wrong(pointer, "an act: on, call and body", 'write {"on": {…}, "call": "facts", "body": {…}}')
            return
        self._word(f"{pointer}/call", act.get("call"), _CALLS)
        on = act.get("on") or act.get("when")
        if not isinstance(on, dict) or not {"step", "case"} & on.keys():
            self._wrong(f"{pointer}/on", "when the act is played", 'write {"step": id, "status": …} or {"case": status}')
        for where, step in (
            ("on/step", (on or {}).get("step") if isinstance(on, dict) else None),
            ("body/step", act["body"].get("step")),
        ):
            if step is not None:
                self._step(f"{pointer}/{where}", step)

    def _word(self, pointer: str, value: Any, known: tuple[str, ...]) -> None:
        if value not in known:
            self._wrong(pointer, f"{listed([str(k) for k in known])}, not {value!r}", nearest(str(value), map(str, known)))

    def _step(self, pointer: str, step: Any) -> None:
        if step not in self._steps:
            self._wrong(pointer, f"a step of the service, not {step!r}", nearest(str(step), self._steps))

    def _wrong(self, pointer: str, expected: str, fix: str) -> None:
        name = pointer.rpartition("/")[2]
        raw = self._folder.files[self._file]
        at = raw.find(f'"{name}"'.encode()) if name else -1
        line = raw.count(b"\n", 0, at) + 1 if at >= 0 else 1
        self._folder.mistakes.add(self._file, line, pointer, expected, fix)
