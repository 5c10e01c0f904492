"""Reads ``schemas/services/<service>/service.yaml``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from gateway.application.pins import service_digest
from gateway.catalogue.folder import Folder
from gateway.catalogue.forms import read_form, read_labels
from gateway.catalogue.mistakes import nearest
from gateway.catalogue.reads import Reads
from gateway.catalogue.section import ID, Section
from gateway.catalogue.term_rules import read_clock, read_leg, read_rule, read_versions
from gateway.domain.case import CONFIRMABLE, FactKind
from gateway.domain.plan import ancestors, plan_flaws
from gateway.domain.service import AfterDeadline, Expression, Service, Step, Term, Unique

ROLES: Final = ("applicant", "subject", "representative")
CHANNELS: Final = ("counter", "portal", "mobile", "post")
_FACTS: Final = tuple(str(kind) for kind in CONFIRMABLE)
_CLOCKS: Final = ("acknowledgement", "completeness")
_THEN: Final = ("refuse", "link", "allow")
_NOTHING: Final = "null"


class ServiceReader:
    """One service's file while it is read. After ``read``, ``service``, its section and those of its steps are there."""

    def __init__(self, folder: Folder, name: str, agencies: Collection[str]) -> None:
        self.folder = folder
        self.name = name
        self.file = f"schemas/services/{name}/service.yaml"
        self.root: Section | None = None
        self.service: Service | None = None
        self.steps: list[Section] = []
        self._agencies = agencies

    def read(self) -> Service | None:
        """Return the service; ``None`` when its file cannot be read at all. Mistakes are noted."""
        self.root = root = self.folder.yaml(self.file)
        if root is None:
            return None
        id_ = root.text("id", pattern=ID, like=self.name)
        if id_ and id_ != self.name:
            root.wrong("id", f"the name of its folder, {self.name}", f"write id: {self.name} or rename the folder")
        form = read_form(self.folder, root)
        self.steps = root.sections("steps")
        steps = tuple(self._step(section) for section in self.steps)
        ids = [s.id for s in steps]
        term, *later = read_versions(root, "term", lambda section: read_rule(section, ids)) or (None,)
        service = Service(
            id=self.name,
            version=root.text("version", like='"1"'),
            title=root.title("title"),
            form=form,
            steps=steps,
            decision=self.folder.expression_file(root, "decision") or Expression(_NOTHING, f"{self.file}:decision"),
            term=term,
            unique=self._unique(root.section("unique", required=False)),
            roles=self._words(root, "roles", ROLES, ("applicant",)),
            channels=self._words(root, "channels", CHANNELS, CHANNELS),
            after_deadline=AfterDeadline(root.one_of("after_deadline", tuple(AfterDeadline), AfterDeadline.INCIDENT)),
            standard=self._standard(root.section("standard")),
            labels=read_labels(self.folder, root, form),
            later_terms=tuple(rule for rule in later if rule is not None),
            clocks=self._clocks(root.section("clocks", required=False)),
        )
        root.done()
        if "applicant" not in service.roles:
            root.wrong("roles", "the role applicant among them", "add applicant: somebody hands the application in")
        if not steps:
            root.wrong("steps", "at least one step", "add what has to be asked of an agency")
        self._check_plan(steps)
        self._check_reads(root, service)
        self.service = replace(service, digest=service_digest(service))
        return self.service

    def _words(self, root: Section, key: str, known: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
        found = root.texts(key, default, least=1)
        for word in found:
            if word not in known:
                root.wrong(key, f"only {', '.join(known)}, not {word!r}", nearest(word, known))
        return found

    def _step(self, section: Section) -> Step:
        inline = section.text("when", "")
        after = section.one_of("after", ("decision",), "") if section.has("after") else ""
        term, *later = read_versions(section, "term", read_leg) or (None,)
        made = Step(
            id=section.text("id", pattern=ID, like="hand-over"),
            agency=section.text("agency", like="civil-registry"),
            operation=section.text("operation", like="FindBirthRecord"),
            input=self.folder.expression_file(section, "input") or Expression(_NOTHING, f"{self.file}:{section.place('input')}"),
            needs=section.texts("needs", ()),
            facts=tuple(FactKind(fact) for fact in self._words(section, "facts", _FACTS, ()) if fact in _FACTS)
            if section.has("facts")
            else (),
            when=self.folder.expression(section, "when", inline),
            branch=self._branch(section),
            term=term,
            after_decision=bool(after),
            title=section.title("title", required=False),
            later_terms=tuple(rule for rule in later if rule is not None),
        )
        section.done()
        return made

    def _branch(self, section: Section) -> Expression | None:
        inner = section.section("branch", required=False)
        if inner is None:
            return None
        source = inner.text("territory", like="subject.address.territory")
        inner.done()
        return self.folder.expression(inner, "territory", source)

    def _clocks(self, section: Section | None) -> Mapping[str, tuple[Term, ...]]:
        if section is None:
            return {}
        found = {kind: read_versions(section, kind, partial(read_clock, kind=kind)) for kind in _CLOCKS}
        section.done()
        return {kind: rules for kind, rules in found.items() if rules}

    def _unique(self, section: Section | None) -> Unique | None:
        if section is None:
            return None
        node = section.take("by")
        sources = section.texts("by", least=1)
        by = []
        for i, source in enumerate(sources):
            expression = Expression(source, f"{self.file}:{section.place('by')}[{i}]")
            line = node.value[i].line if node is not None and isinstance(node.value, list) else section.line("by")
            if self.folder.compile(expression, self.file, line, f"{section.place('by')}[{i}]") is not None:
                by.append(expression)
        made = Unique(tuple(by), section.one_of("then", _THEN, "refuse"))
        section.done()
        return made

    def _standard(self, section: Section | None) -> dict[str, Any]:
        if section is None:
            return {}
        authority = section.text("authority", like="civil-registry")
        if authority and authority not in self._agencies:
            section.wrong("authority", f"the id of an agency, not {authority!r}", nearest(authority, self._agencies))
        made: dict[str, Any] = {"authority": authority, "legal_basis": section.text("legal_basis")}
        fee = section.section("fee", required=False)
        if fee is not None:
            amount = fee.number("amount")
            made["fee"] = {
                "amount": int(amount) if amount == int(amount) else amount,
                "currency": fee.text("currency", like="UZS"),
            }
            fee.done()
        for key in ("documents", "criteria"):
            node = section.take(key)
            if node is None:
                continue
            if not isinstance(node.value, list):
                section.wrong(key, f"a list, not {node.kind}", "start each item with '- '")
                continue
            made[key] = [section.words(item, f"{key}[{i}]") for i, item in enumerate(node.value)]
        if section.has("result"):
            made["result"] = section.title("result")
        section.done()
        return made

    def _check_plan(self, steps: tuple[Step, ...]) -> None:
        sections: dict[str, Section] = {}
        for step, section in zip(steps, self.steps, strict=True):
            if step.id in sections:
                section.wrong("id", f"an id of its own; {step.id} stands there twice", "give this step another id")
            elif step.id:
                sections[step.id] = section
        for flaw in plan_flaws([s for s in steps if s.id]):
            fix = {
                "unknown": nearest(flaw.need, [s for s in sections if s != flaw.step]),
                "cycle": "take one of these needs out",
                "decision": f"take {flaw.need} out of needs, or give this step after: decision too",
            }[flaw.rule]
            sections[flaw.step].wrong("needs", f"a plan that can be followed; {flaw.message}", fix)

    def _check_reads(self, root: Section, service: Service) -> None:
        steps = [s.id for s in service.steps if s.id]
        reads = Reads(self.folder, service.form, steps, service.roles)
        earlier = ancestors({s.id: s.needs for s in service.steps})
        decided = {s.id for s in service.steps if not s.after_decision}
        for step, section in zip(service.steps, self.steps, strict=True):
            before = earlier.get(step.id, frozenset()) | (decided if step.after_decision else frozenset())
            reads.check(step.input, before=before, request=True)
            if step.when is not None:
                key = section.place("when")
                reads.check(step.when, before=before, request=True, file=self.file, line=section.line("when"), key=key)
            if step.branch is not None:
                key = section.place("branch.territory")
                reads.check(step.branch, before=before, file=self.file, line=section.line("branch"), key=key)
        reads.check(service.decision, before=None)
        for i, by in enumerate(service.unique.by if service.unique is not None else ()):
            reads.check(by, before=(), file=self.file, line=root.line("unique"), key=f"unique.by[{i}]")


def lookup_reads(reader: ServiceReader, agencies: Mapping[str, Any]) -> None:
    """Check what the lookups read that the service's steps may lead to: the same things as the step's own input."""
    service = reader.service
    if service is None:
        return
    reads = Reads(reader.folder, service.form, [s.id for s in service.steps if s.id], service.roles)
    earlier = ancestors({s.id: s.needs for s in service.steps})
    for step in service.steps:
        agency = agencies.get(step.agency)
        operation = agency.operations.get(step.operation) if agency is not None else None
        if operation is not None and operation.lookup is not None:
            reads.check(operation.lookup.input, before=earlier.get(step.id, frozenset()) | {step.id}, request=True)
