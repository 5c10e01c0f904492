"""Reads ``contracts/<agency>/agency.yaml``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import combinations
from typing import Any, Final

from gateway.application.pins import files_digest
from gateway.catalogue.folder import Folder
from gateway.catalogue.mistakes import nearest
from gateway.catalogue.offices import hours, territories
from gateway.catalogue.section import ID, Section
from gateway.domain.agency import Agency, Branch, Breaker, LanePolicy, Lookup, Operation, RetryPolicy
from gateway.domain.office import Office
from gateway.domain.service import Expression

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET: Final = re.compile(r"secret://[a-z0-9][a-z0-9-]*/[a-z0-9][a-z0-9-]*")
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_URL: Final = re.compile(r"https?://[^\s/?#]+[^\s]*")
#: A client certificate may stand beside every kind that travels by HTTP.
_TLS: Final = ("certificate", "key", "ca")
#: kind → the keys that it needs, and those that it may have
_AUTH: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "none": ((), _TLS),
    "basic": (("user", "secret"), _TLS),
    "bearer": (("secret",), _TLS),
    "api_key": (("secret",), ("header", "query", "cookie", *_TLS)),
    "oauth2": (("token_url", "client", "secret"), ("scope", "client_auth", "audience", "resource", *_TLS)),
    "mtls": (("certificate",), ("key", "ca")),
    "hmac": (("secret",), ("key_id", "scheme", "algorithm", "header", "value", "string", "headers", "components", *_TLS)),
    "ws-username": (("user", "secret"), ()),
    "ws-signature": (("secret", "certificate"), ()),
    "ws-saml": (("secret",), ()),
}
#: those of them that are references to secrets
_SECRETS: Final = frozenset({"secret", *_TLS})
#: those of them that are one of a few words
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "client_auth": ("basic", "body"),
    "scheme": ("own", "rfc9421"),
    "algorithm": ("sha256", "sha512"),
}
_CALLBACK_AUTH: Final = ("basic", "bearer", "api_key")


class AgencyReader:
    """One agency's folder beneath ``contracts/`` while it is read. After ``read``, ``root`` is its file."""

    def __init__(self, folder: Folder, name: str, offices: Mapping[str, Office], environ: Mapping[str, str]) -> None:
        self.name = name
        self.root: Section | None = None
        self._folder = folder
        self._offices = offices
        self._environ = environ

    def read(self) -> Agency | None:
        """Return the agency; ``None`` when its file cannot be read at all. Mistakes are noted."""
        self.root = self._folder.yaml(f"contracts/{self.name}/agency.yaml")
        return None if self.root is None else _agency(self._folder, self.root, self.name, self._offices, self._environ)


def _agency(folder: Folder, root: Section, name: str, offices: Mapping[str, Office], environ: Mapping[str, str]) -> Agency:
    id_ = root.text("id", pattern=ID, like=name)
    if id_ and id_ != name:
        root.wrong("id", f"the name of its folder, {name}", f"write id: {name} or rename the folder")
    files = folder.within(f"contracts/{name}")
    contract = root.text("contract", "")
    folder.named_file(root, "contract", contract)
    offices_are_branches = root.has("branches") and root.plain("branches") == "offices"
    callbacks = _callbacks(root)
    lane = root.section("lane", required=False)
    agency = Agency(
        id=name,
        title=root.title("title"),
        adapter=root.text("adapter", like="soap"),
        operations=_operations(folder, root, callbacks),
        endpoint=_endpoint(root, environ),
        contract=contract,
        auth=_auth(root.section("auth", required=False), environ),
        callbacks=callbacks,
        branches=_offices(offices) if offices_are_branches else _branches(root, environ),
        branches_are_offices=offices_are_branches,
        lane=_lane(lane) if lane is not None else LanePolicy(),
        worker_user=root.text("worker_user", ""),
        succeeded_by=_successor(root),
        options=_options(root),
        files=files,
        digest=files_digest(files),
    )
    root.done()
    return agency


def _endpoint(section: Section, environ: Mapping[str, str], key: str = "endpoint") -> str:
    """Return the address with its variables filled in; empty, with a warning, when one of them is not set."""
    written = section.text(key, "" if key == "endpoint" else None, like="https://agency.example/token")
    missing = [v for v in _VARIABLE.findall(written) if not environ.get(v)]
    if missing:
        place = section.place(key)
        fix = "set it in the environment; until then nothing can be sent there"
        section.mistakes.warn(section.file, section.line(key), place, f"a value for {', '.join(missing)}", fix)
        return ""
    made = _VARIABLE.sub(lambda found: environ[found[1]], written)
    if made and _URL.fullmatch(made) is None:
        section.wrong(key, f"an address that begins with http:// or https://, not {made!r}", "write it in full")
        return ""
    return made


def _auth(
    section: Section | None, environ: Mapping[str, str] | None = None, kinds: tuple[str, ...] = tuple(_AUTH)
) -> dict[str, Any]:
    if section is None:
        return {}
    kind = section.one_of("kind", kinds)
    made: dict[str, Any] = {"kind": kind}
    if section.plain("kind") not in kinds:
        return made  # which other keys are right is not known
    needed, more = _AUTH[kind]
    for key in (*needed, *(key for key in more if section.has(key))):
        made[key] = _auth_key(section, key, environ or {})
    if kind == "api_key":
        places = [key for key in ("header", "query", "cookie") if key in made]
        if len(places) > 1:
            section.wrong(places[1], "one place for the key: header, query or cookie", "remove the others")
        if not places:
            made["header"] = "X-Api-Key"
    section.done()
    return made


def _auth_key(section: Section, key: str, environ: Mapping[str, str]) -> Any:
    if key in _SECRETS:
        return _secret(section, key)
    if key == "token_url":
        return _endpoint(section, environ, key)
    if key in _WORDS:
        return section.one_of(key, _WORDS[key])
    if key == "components":
        return list(section.texts(key))
    if key == "headers":
        inner = section.section(key)
        return {} if inner is None else {name: inner.text(name) for name in inner.keys()}  # noqa: SIM118 - a section is no dict
    return section.text(key, like="darcha")


def _secret(section: Section, key: str = "secret") -> str:
    written = section.text(key, like="secret://agency/name")
    if written and _SECRET.fullmatch(written) is None:
        # What stands there may be the secret itself: it is not repeated.
        fix = "keep the secret in the environment or in DARCHA_SECRETS, and write secret://agency/name (lower case) here"
        section.wrong(key, "a reference, never the secret itself", fix)
        return ""
    return written


def _callbacks(root: Section) -> dict[str, Any]:
    section = root.section("callbacks", required=False)
    if section is None:
        return {}
    auth = section.section("auth")  # the agencies' door is never open
    made = {"auth": _auth(auth, kinds=_CALLBACK_AUTH), "operations": {}}
    for name, inner in section.named("operations").items():
        declared = {key: inner.text(key) for key in ("element", "schema") if inner.has(key)}
        if len(declared) != 1:
            fix = 'write element: "{namespace}Name" or schema: "#/components/schemas/Name"'
            inner.wrong("", "one of element (SOAP) or schema (REST)", fix)
        inner.done()
        made["operations"][name] = declared
    section.done()
    return made


def _operations(folder: Folder, root: Section, callbacks: Mapping[str, Any]) -> dict[str, Operation]:
    sections = root.named("operations")
    made = {name: _operation(folder, section, name, callbacks) for name, section in sections.items()}
    for name, section in sections.items():
        for key, other in _named_operations(made[name]):
            if other not in made:
                section.wrong(key, f"an operation of this agency, not {other!r}", nearest(other, made))
    if not made and root.has("operations"):
        root.wrong("operations", "at least one operation", "declare what the agency does")
    return made


def _named_operations(operation: Operation) -> Iterator[tuple[str, str]]:
    if operation.lookup is not None and operation.lookup.operation:
        yield "lookup", operation.lookup.operation
    if operation.cancel:
        yield "cancel", operation.cancel


def _operation(folder: Folder, section: Section, name: str, callbacks: Mapping[str, Any]) -> Operation:
    lookup = section.section("lookup", required=False)
    answers = section.sections("answers", required=False)
    made = Operation(
        id=name,
        idempotent=section.boolean("idempotent"),
        timeout_secs=section.number("timeout_secs", 30.0, above=True, most=600),
        response=folder.expression_file(section, "response", required=False),
        lookup=None if lookup is None else _lookup(folder, lookup),
        answers=tuple(row.node.plain for row in answers),
        callback=_callback(folder, section, callbacks),
        reply_within_secs=section.number("reply_within_secs", above=True) if section.has("reply_within_secs") else None,
        cancel=section.text("cancel", ""),
        options=_options(section),
    )
    section.done()
    return made


def _lookup(folder: Folder, section: Section) -> Lookup:
    nothing = Expression("null", section.place())
    made = Lookup(
        operation=section.text("operation"),
        input=folder.expression_file(section, "input") or nothing,
        response=folder.expression_file(section, "response") or nothing,
        absence_conclusive=section.boolean("absence_conclusive", False),
        settled_after_secs=section.number("settled_after_secs", 60.0),
    )
    section.done()
    return made


def _callback(folder: Folder, section: Section, callbacks: Mapping[str, Any]) -> dict[str, Expression]:
    inner = section.section("callback", required=False)
    if inner is None:
        return {}
    made = {}
    declared = callbacks.get("operations", {})
    for name in inner.keys():  # noqa: SIM118 - a section is no dict
        expression = folder.expression_file(inner, name)
        if name not in declared:
            inner.wrong(name, f"a callback declared under callbacks.operations, not {name!r}", nearest(name, declared))
        if expression is not None:
            made[name] = expression
    return made


def _options(section: Section) -> dict[str, Any]:
    inner = section.section("options", required=False)
    return {} if inner is None else dict(inner.node.plain)


def _lane(section: Section) -> LanePolicy:
    breaker = section.section("breaker", required=False)
    retry = section.section("retry", required=False)
    made = LanePolicy(
        concurrency=section.integer("concurrency", 8, least=1, most=1000),
        rate_per_sec=section.number("rate_per_sec", 0.0),
        hours=hours(section, "hours", ""),
        breaker=Breaker() if breaker is None else _breaker(breaker),
        retry=RetryPolicy() if retry is None else _retry(retry),
    )
    section.done()
    return made


def _breaker(section: Section) -> Breaker:
    made = Breaker(section.integer("failures", 5, least=1), section.number("pause_secs", 30.0, above=True))
    section.done()
    return made


def _retry(section: Section) -> RetryPolicy:
    made = RetryPolicy(
        section.number("base_secs", 2.0, above=True),
        section.number("cap_secs", 4 * 3600.0, above=True),
        section.integer("attempts", 0, least=1, most=1000),  # left out: as long as the legal time lasts
    )
    if made.cap_secs < made.base_secs:
        section.wrong("cap_secs", "at least base_secs", "raise it: it bounds the growing pauses")
    section.done()
    return made


def _offices(offices: Mapping[str, Office]) -> tuple[Branch, ...]:
    """The offices as branches. They are addressed by their id alone, so they serve no territories here."""
    return tuple(Branch(office.id, office.title) for office in offices.values())


def _branches(root: Section, environ: Mapping[str, str]) -> tuple[Branch, ...]:
    sections = root.sections("branches", required=False)
    made = [_branch(section, environ) for section in sections]
    for (i, one), (j, other) in combinations(enumerate(made), 2):
        if one.code and one.code == other.code:
            sections[j].wrong("code", f"a code of its own; {one.code} stands there twice", "give this branch another code")
        elif (shared := sorted(set(one.territories) & set(other.territories))) and _same_time(one, other):
            both = f"{one.code} (line {sections[i].line()}) and {other.code} both serve {', '.join(shared)}"
            fix = "name the territory in one of them only, or let one end (valid_to) before the other begins (valid_from)"
            sections[j].wrong("territories", f"one branch for each territory at a time; {both}", fix)
    return tuple(made)


def _branch(section: Section, environ: Mapping[str, str]) -> Branch:
    lane = section.section("lane", required=False)
    made = Branch(
        code=section.text("code", pattern=_CODE, like='"1714401"'),
        title=section.title("title"),
        territories=territories(section),
        endpoint=_endpoint(section, environ),
        lane=None if lane is None else _lane(lane),
        valid_from=section.day("valid_from"),
        valid_to=section.day("valid_to"),
    )
    if made.valid_from is not None and made.valid_to is not None and made.valid_to < made.valid_from:
        section.wrong("valid_to", "a day on or after valid_from", "exchange the two days")
    section.done()
    return made


def _same_time(one: Branch, other: Branch) -> bool:
    begin = max(one.valid_from or date.min, other.valid_from or date.min)
    return begin <= min(one.valid_to or date.max, other.valid_to or date.max)


def _successor(root: Section) -> tuple[str, date] | None:
    section = root.section("succeeded_by", required=False)
    if section is None:
        return None
    agency, from_ = section.text("agency", like="another-agency"), section.day("from")
    if from_ is None and not section.has("from"):
        section.wrong("from", "the key from, which is required", "write from: 2027-01-01")
    section.done()
    return (agency, from_) if agency and from_ is not None else None
