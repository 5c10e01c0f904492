"""Mapping tests: ``*.test.yaml`` beside the mapping, run by ``darcha agency check``, ``darcha catalogue check`` and pytest.

They stand in ``contracts/<agency>/`` and ``schemas/services/<service>/``, in any folder within. For a mapping of a step's input
(or of a lookup's):

```yaml
mapping: child.jsonata            # beside this file
operation: FindBirthRecord        # optional: what it yields is rendered, so that it is valid to the agency's own schema
agency: civil-registry            # in services only; in contracts it is the folder's
cases:
  - name: a child with a certificate
    input: {subject: {identifier: "…"}, form: {…}}
    product: {PersonId: "…"}      # whole; or
    message: {method: POST, path: /x, headers: {X: y}, body: …}    # what the adapter makes of it, as far as it is told; or
    error: too short              # it fails, and the reason has these words
```

For a mapping that reads an answer or a callback: ``cases: [{name, body: {…}, status: 200, outcome: {…}}]``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final

from lxml import etree

from gateway.catalogue.differences import difference
from gateway.catalogue.folder import Folder
from gateway.catalogue.mistakes import nearest
from gateway.catalogue.nodes import line_of
from gateway.catalogue.section import Section
from gateway.domain.agency import Agency
from gateway.domain.errors import DarchaError
from gateway.domain.outcomes import DocumentRef, outcome_to_json
from gateway.domain.service import Expression
from gateway.sdk import strict_json
from gateway.sdk.adapter import Adapter, Manifest, Message, OutgoingRequest
from gateway.sdk.mapping import CompiledExpression
from gateway.sdk.reading import Product, ProductInvalid, read_product

ENDING: Final = ".test.yaml"
_EXPECTED: Final = ("product", "message", "error", "outcome")
_MESSAGE_KEYS: Final = ("method", "path", "content_type", "headers", "body")
_ID: Final = "00000000-0000-7000-8000-000000000001"
_CREATED: Final = datetime(2026, 1, 15, 4, 0, tzinfo=UTC)


def files_of_tests(folder: Folder) -> list[str]:
    """Return the mapping tests of a catalogue, or of the part of it that was read."""
    places = ("contracts/", "schemas/services/")
    return [path for path in folder.files if path.endswith(ENDING) and path.startswith(places) and path.count("/") >= 2]


def check_mapping_tests(folder: Folder, agencies: Mapping[str, Agency], adapters: Mapping[str, Manifest]) -> int:
    """Run every mapping test; what fails is noted with its file, line and key. Returns how many cases were run."""
    made: dict[str, Adapter | None] = {}
    return sum(_File(folder, path, agencies, adapters, made).run() for path in files_of_tests(folder))


@dataclass(slots=True)
class _Failed(Exception):
    """A case does not hold. ``key`` within the case, what was expected, how to mend it."""

    key: str
    expected: str
    fix: str


class _File:
    """One file of tests."""

    def __init__(
        self,
        folder: Folder,
        path: str,
        agencies: Mapping[str, Agency],
        adapters: Mapping[str, Manifest],
        made: dict[str, Adapter | None],
    ) -> None:
        self._folder = folder
        self._path = path
        self._agencies = agencies
        self._adapters = adapters
        self._made = made

    def run(self) -> int:
        root = self._folder.yaml(self._path)
        if root is None:
            return 0
        before = len(self._folder.mistakes.found)
        mapping = self._mapping(root)
        operation = root.text("operation", "")
        agency = self._agency(root, operation)
        cases = root.sections("cases")
        root.done()
        if root.has("cases") and not cases:
            root.wrong("cases", "at least one case", "write - {name: …, input: {…}, product: {…}}")
        if mapping is None or len(self._folder.mistakes.found) > before:
            return 0
        for case in cases:
            try:
                self._case(case, mapping, agency, operation)
            except _Failed as error:
                line = line_of(case.node, error.key) or case.line()
                place = ".".join(part for part in (case.key, error.key) if part)
                self._folder.mistakes.add(self._path, line, place, error.expected, error.fix)
        return len(cases)

    def _mapping(self, root: Section) -> CompiledExpression | None:
        """Return the expression; a path with ``..`` may lead to another folder of the same agency or service."""
        name = root.text("mapping", like="queue.jsonata")
        if not name:
            return None
        path = str(PurePosixPath(self._path).parent / name)
        raw = self._folder.files.get(path)
        if raw is None:
            beside = [p for p in self._folder.within(str(PurePosixPath(self._path).parent)) if p.endswith(".jsonata")]
            root.wrong("mapping", f"a file {path}", f"create it or name another; {nearest(name, beside)}")
            return None
        try:
            source = raw.decode("utf-8")
        except UnicodeDecodeError:
            return None  # told where it is read
        return self._folder.compile(Expression(source, path), path, 1)

    def _agency(self, root: Section, operation: str) -> Agency | None:
        top, name = self._path.split("/")[:2]
        if top == "contracts":
            if root.has("agency") and root.plain("agency") != name:
                root.wrong("agency", f"no agency, or {name}: it is the folder's", "remove the key")
        else:
            name = root.text("agency", "" if not operation else None, like="civil-registry")
        agency = self._agencies.get(name)
        if agency is None:
            if name and top != "contracts":
                root.wrong("agency", f"the id of an agency, not {name!r}", nearest(name, self._agencies))
        elif operation and operation not in agency.operations:
            root.wrong("operation", f"an operation of {name}, not {operation!r}", nearest(operation, agency.operations))
        return agency

    def _case(self, case: Section, mapping: CompiledExpression, agency: Agency | None, operation: str) -> None:
        case.text("name", like="a child with a certificate")
        expected = [key for key in _EXPECTED if case.take(key) is not None]
        given = [key for key in ("input", "body") if case.take(key) is not None]
        status = case.integer("status", 200, least=100, most=599) if case.has("status") else 200
        case.done()
        if len(given) != 1 or len(expected) != 1 or ((expected == ["outcome"]) != (given == ["body"]) and expected != ["error"]):
            fix = "write input with one of product, message and error; or body (and status) with one of outcome and error"
            raise _Failed("", "what is given, and what has to come of it", fix)
        wanted = case.plain(expected[0])
        try:
            if given == ["body"]:
                data = {"body": case.plain("body"), "status": status, "operation": operation}
                self._response(mapping, data, wanted if expected == ["outcome"] else None)
            else:
                self._input(mapping, case.plain("input"), agency, operation, expected[0], wanted)
        except (DarchaError, _Unreadable) as error:
            self._error(expected[0], wanted, str(error))
            return
        if expected == ["error"]:
            raise _Failed("error", f"a failure that says {wanted!r}, and it works", "correct the mapping, or the test")

    def _error(self, key: str, wanted: Any, said: str) -> None:
        if key != "error":
            raise _Failed(key, f"this, and it fails: {said}", "mend the mapping, or what is given to it")
        if not isinstance(wanted, str) or wanted not in said:
            raise _Failed("error", f"a failure that says {wanted!r}; it says: {said}", "correct the mapping, or the test")

    def _response(self, mapping: CompiledExpression, data: Mapping[str, Any], wanted: Any) -> None:
        found = read_product(mapping.evaluate(data))
        if wanted is None:
            return
        try:
            expected = read_product(wanted)
        except ProductInvalid as error:
            raise _Failed("outcome", f"an outcome: {error}", "write outcome: {outcome: completed, data: {…}}") from error
        where = difference(_plain(expected), _plain(found))
        if where is not None:
            raise _Failed("outcome", f"another outcome of {mapping.name}: at {where}", "correct the mapping, or the test")

    def _input(
        self, mapping: CompiledExpression, given: Any, agency: Agency | None, operation: str, key: str, wanted: Any
    ) -> None:
        product = mapping.evaluate(given)
        if key == "product":
            where = difference(wanted, product)
            if where is not None:
                raise _Failed("product", f"another product of {mapping.name}: at {where}", "correct the mapping, or the test")
        if key == "message" and not operation:
            raise _Failed("message", "the key operation, whose message is meant", "write operation: … at the top of the file")
        adapter = self._adapter(agency) if agency is not None and operation else None
        if adapter is None:
            return
        message = self._rendered(adapter, operation, product, given)
        if key == "message":
            _compare_message(wanted, message)

    def _adapter(self, agency: Agency) -> Adapter | None:
        """Return the agency's adapter; ``None`` when it cannot be made, which its own check has told."""
        if agency.id not in self._made:
            manifest = self._adapters.get(agency.adapter)
            try:
                self._made[agency.id] = None if manifest is None else manifest.make(agency)
            except Exception:  # noqa: BLE001 - somebody else's plug-in, told by check_adapters
                self._made[agency.id] = None
        return self._made[agency.id]

    def _rendered(self, adapter: Adapter, operation: str, product: Any, given: Any) -> Message:
        request = given.get("request") if isinstance(given, Mapping) else None
        own = {key: str(value) for key, value in request.items()} if isinstance(request, Mapping) else {}
        outgoing = OutgoingRequest(
            message_id=own.get("message_id", _ID),
            case_number="TST-0000-00",
            operation=operation,
            input=product,
            created_at=_CREATED,
            branch=own.get("branch", ""),
            reference=own.get("reference", ""),
            documents=tuple(_documents(given)),
        )
        try:
            return adapter.render(outgoing)
        except DarchaError:
            raise
        except Exception as error:
            raise _Unreadable(f"the adapter failed: {type(error).__name__}: {error}") from error


class _Unreadable(Exception):
    """An adapter that failed as it should not: told like any other failure of the case."""


def _documents(given: Any) -> Iterator[DocumentRef]:
    """Yield the documents of the application and of the supplement, which a message may name by their digest."""
    if not isinstance(given, Mapping):
        return
    for key in ("application", "supplement"):
        holder = given.get(key)
        listed = holder.get("documents") if isinstance(holder, Mapping) else None
        for found in listed if isinstance(listed, list) else ():
            if isinstance(found, Mapping) and found.get("digest"):
                name, media_type, kind = (str(found.get(key, "")) for key in ("name", "media_type", "kind"))
                yield DocumentRef(str(found["digest"]), name, media_type, kind)


def _plain(product: Product) -> dict[str, Any]:
    match = {"reference": product.reference, "message_id": product.message_id}
    return outcome_to_json(product.parsed.outcome) | {"match": {k: v for k, v in match.items() if v}, "key": product.key}


def _compare_message(wanted: Any, message: Message) -> None:
    if not isinstance(wanted, Mapping) or not wanted or (strange := [key for key in wanted if key not in _MESSAGE_KEYS]):
        fix = nearest(str(strange[0]), _MESSAGE_KEYS) if isinstance(wanted, Mapping) and wanted else "write body: …"
        raise _Failed("message", f"an object of {', '.join(_MESSAGE_KEYS)}", fix)
    for key in ("method", "path", "content_type"):
        if key in wanted and wanted[key] != (found := getattr(message, key)):
            raise _Failed(f"message.{key}", f"another message: it is {found!r}", "correct the mapping, or the test")
    headers = {name.lower(): value for name, value in message.headers.items()}
    for name, value in dict(wanted.get("headers") or {}).items():
        if headers.get(name.lower()) != value:
            raise _Failed(f"message.headers.{name}", f"another header: it is {headers.get(name.lower())!r}", "correct it")
    if "body" in wanted and (where := body_differs(wanted["body"], message.body)) is not None:
        raise _Failed("message.body", f"another body: at {where}", "correct the mapping, or the test")


def body_differs(wanted: Any, body: bytes) -> str | None:
    """Return where a body differs: JSON is compared as JSON, XML in its canonical form, anything else as text."""
    if not isinstance(wanted, str):
        try:
            return difference(wanted, strict_json.loads(body))
        except strict_json.NotJson as error:
            return f"/: it is not JSON: {error}"
    text = body.decode("utf-8", "replace")
    if wanted.lstrip().startswith("<"):
        try:
            wanted, text = _canonical(wanted.encode()), _canonical(body)
        except etree.XMLSyntaxError as error:
            return f"/: no XML: {error}"
    return difference(wanted, text)


def _canonical(xml: bytes) -> str:
    parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True, remove_comments=True)
    return etree.tostring(etree.fromstring(xml.strip(), parser), method="c14n").decode()
