"""Random schemas with random documents of them and the JSON that is due, drawn together and without the code under test."""

from __future__ import annotations

import base64
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

NS = "http://registry.example/records"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
Pair = tuple[str, Any]  # lexical form and JSON
Draw = Callable[[st.SearchStrategy[Any]], Any]


# -- simple types --------------------------------------------------------------------------------------------------------

LETTERS = st.text(alphabet=string.ascii_letters + "абвқғҳ0123456789-_", min_size=1, max_size=8)
XML_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"], include_characters="\t\n\r"), max_size=12)
WHOLE = st.integers(-(10**6), 10**6)
DAYS = st.dates().map(lambda d: d.isoformat())


def same(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Pair]:
    return values.map(lambda v: (str(v), v))


def _decimal(cents: int) -> Pair:
    text = f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"
    return text, cents // 100 if cents % 100 == 0 else float(text)


def _octets(data: bytes) -> Pair:
    text = base64.b64encode(data).decode()
    return text, text


def restricted(base: str, *facets: tuple[str, Any]) -> str:
    inner = "".join(f"<xs:{name} value={quoteattr(str(value))}/>" for name, value in facets)
    return f'<xs:simpleType><xs:restriction base="{base}">{inner}</xs:restriction></xs:simpleType>'


UNION = (
    '<xs:simpleType><xs:union memberTypes="xs:int"><xs:simpleType><xs:restriction base="xs:token">'
    '<xs:enumeration value="none"/><xs:enumeration value="2 of 3"/></xs:restriction></xs:simpleType>'
    f"<xs:simpleType><xs:list>{restricted('xs:NCName', ('pattern', 'n.*'))}</xs:list></xs:simpleType></xs:union></xs:simpleType>"
)
LIST = (
    '<xs:simpleType><xs:restriction><xs:simpleType><xs:list itemType="xs:int"/></xs:simpleType>'
    "{}</xs:restriction></xs:simpleType>"
)
#: A simple type as XSD (the name of a type, or a whole one), with its values.
SIMPLE: list[tuple[str, st.SearchStrategy[Pair]]] = [
    ("xs:string", same(XML_TEXT)),
    ("xs:normalizedString", same(XML_TEXT.map(lambda t: t.translate(str.maketrans("\t\n\r", "   "))))),
    ("xs:token", same(XML_TEXT.map(lambda t: " ".join(p for p in t.translate(str.maketrans("\t\n\r", "   ")).split(" ") if p)))),
    ("xs:int", same(WHOLE)),
    ("xs:integer", st.integers().map(lambda n: (str(n), n if abs(n) < 2**53 else str(n)))),
    ("xs:decimal", st.integers(-(10**7), 10**7).map(_decimal)),
    ("xs:double", st.one_of(st.sampled_from(["INF", "-INF", "NaN"]).map(lambda t: (t, t)), st.just(("1.5E3", 1500)))),
    ("xs:boolean", st.sampled_from([("true", True), ("false", False), ("1", True), ("0", False)])),
    ("xs:date", same(DAYS)),
    ("xs:dateTime", same(DAYS.map(lambda d: f"{d}T09:30:00+05:00"))),
    ("xs:base64Binary", st.binary(max_size=9).map(_octets)),
    ("xs:hexBinary", same(st.binary(max_size=5).map(lambda b: b.hex().upper()))),
    ("xs:NMTOKENS", st.lists(LETTERS, min_size=1, max_size=3).map(lambda v: (" ".join(v), v))),
    ("xs:QName", st.sampled_from([("t:code", f"{{{NS}}}code"), ("code", "code")])),
    ("xs:anySimpleType", same(LETTERS)),
    (restricted("xs:string", ("minLength", 2), ("maxLength", 4)), same(st.text("abҳ ", min_size=2, max_size=4))),
    (
        restricted("xs:token", ("enumeration", "new"), ("enumeration", "in progress")),
        same(st.sampled_from(["new", "in progress"])),
    ),
    (restricted("xs:string", ("pattern", r"[A-Z]{2}\d{3}")), same(st.from_regex(r"[A-Z]{2}[0-9]{3}", fullmatch=True))),
    (restricted("xs:integer", ("pattern", r"\d{3}")), st.integers(0, 999).map(lambda n: (f"{n:03}", n if n > 99 else f"{n:03}"))),
    (restricted("xs:boolean", ("pattern", "0|1")), st.sampled_from([("1", True), ("0", False)])),
    (restricted("xs:short", ("minExclusive", 5), ("maxInclusive", 9)), same(st.integers(6, 9))),
    (
        LIST.format('<xs:minLength value="1"/><xs:maxLength value="3"/>'),
        st.lists(WHOLE, min_size=1, max_size=3).map(lambda v: (" ".join(map(str, v)), v)),
    ),
    (UNION, st.sampled_from([("5", 5), ("none", "none"), ("2 of 3", "2 of 3"), ("n1 n2", ["n1", "n2"])])),
]


# -- content models ------------------------------------------------------------------------------------------------------


@dataclass
class Child:
    """An element of a content model. ``type`` is a place in SIMPLE, a type of its own, the name of a global one, or ``Head``."""

    name: str
    type: int | Content | str
    least: int = 1
    most: int = 1
    nillable: bool = False


@dataclass
class Part:
    kind: str
    items: list[Child | Part | str]  # the only text is "any"
    least: int = 1
    most: int = 1


@dataclass
class Content:
    """A complex type: with parts, or with ``text`` (a place in SIMPLE), and attributes by name: (place in SIMPLE, required)."""

    part: Part | None
    text: int | None = None
    attributes: dict[str, tuple[int, bool]] = field(default_factory=dict)
    mixed: bool = False


@dataclass
class Plan:
    """A schema: its root's type and the global ones. ``Base`` and the element ``Head`` are abstract or not."""

    root: Content
    base: Content
    derived: Content
    node: Content
    abstract: bool
    qualified: bool


class Planner:
    """Draws a schema, every element with a name of its own, so that no content model is ambiguous."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.count = 0
        self.headed = False
        self.qualified: bool = draw(st.booleans())

    def name(self) -> str:
        self.count += 1
        return f"{self.draw(st.sampled_from(['Item', 'code', 'Номер', 'a-b', 'x.y']))}{self.count}"

    def plan(self) -> Plan:
        base = self.content(1, texts=False)
        derived = self.content(1, texts=False)
        # libxml2 takes a mixed type without content for an empty one.
        derived.mixed = base.mixed = base.mixed and base.part is not None and bool(most(base.part))
        derived.attributes = {k: v for k, v in derived.attributes.items() if k not in base.attributes}
        node = Content(
            Part("sequence", [Child("Label", 0), Child("Next", "Node", *self.draw(st.sampled_from([(0, 1), (0, 3)])))])
        )
        return Plan(self.content(3, texts=True), base, derived, node, self.draw(st.booleans()), self.qualified)

    def content(self, depth: int, *, texts: bool) -> Content:
        draw = self.draw
        names = [f"at{n}" for n in range(draw(st.integers(0, 2)))]
        attributes = {n: (draw(st.integers(0, len(SIMPLE) - 1)), draw(st.booleans())) for n in names}
        if texts and draw(st.integers(0, 4)) == 0:
            return Content(None, draw(st.integers(0, len(SIMPLE) - 1)), attributes)
        if draw(st.integers(0, 9)) == 0:
            return Content(None, None, attributes)
        return Content(self.part(depth, top=texts), None, attributes, draw(st.integers(0, 5)) == 0)

    def part(self, depth: int, *, top: bool = False) -> Part:
        draw = self.draw
        kind = draw(st.sampled_from(["sequence", "sequence", "choice", "all"] if top else ["sequence", "choice"]))
        count = draw(st.integers(0 if kind == "sequence" else 1, 3))
        if kind == "all":
            items: list[Any] = [self.child(depth - 1, *draw(st.sampled_from([(0, 1), (1, 1)]))) for _ in range(count)]
            return Part(kind, items, draw(st.integers(0, 1)), 1)
        items = [self.item(depth) for _ in range(count)]
        if kind == "sequence" and self.qualified and draw(st.integers(0, 5)) == 0:
            items.append("any")
        # libxml2 refuses some valid documents where counted groups are empty or stand in one another.
        counted = [(2, 2), (2, 3)] if top and items else []
        return Part(kind, items, *draw(st.sampled_from([(1, 1), (1, 1), (0, 1), (0, 3), (1, 2), *counted])) if items else (1, 1))

    def item(self, depth: int) -> Any:
        roll = self.draw(st.integers(0, 9))
        if roll == 0 and depth > 1:
            return self.part(depth - 1)
        return self.child(depth - 1, *self.draw(st.sampled_from([(1, 1), (1, 1), (0, 1), (0, 3), (1, 3), (2, 2)])))

    def child(self, depth: int, least: int, most: int) -> Child:
        draw = self.draw
        roll = draw(st.integers(0, 9))
        kind: Any
        if depth > 0 and roll < 3:
            kind = self.content(depth, texts=True)
        elif depth > 0 and roll < 5:
            kind = draw(st.sampled_from(["Base", "Node", "Head"]))
        else:
            kind = draw(st.integers(0, len(SIMPLE) - 1))
        if kind == "Head" and self.headed:  # one name at several places would make the model ambiguous
            kind = "Node"
        self.headed = self.headed or kind == "Head"
        if kind == "Head":
            return Child("Head", kind, least, most)
        return Child(self.name(), kind, least, most, nillable=draw(st.integers(0, 4)) == 0)


# -- as XSD --------------------------------------------------------------------------------------------------------------


def bounds(item: Child | Part) -> str:
    return f' minOccurs="{item.least}" maxOccurs="{item.most}"'


def part_xsd(part: Part) -> str:
    inner = "".join(
        '<xs:any namespace="##local" processContents="skip" minOccurs="0"/>'
        if item == "any"
        else part_xsd(item)
        if isinstance(item, Part)
        else child_xsd(item)
        for item in part.items
    )
    return f"<xs:{part.kind}{bounds(part)}>{inner}</xs:{part.kind}>"


def child_xsd(child: Child) -> str:
    if child.type == "Head":
        return f'<xs:element ref="t:Head"{bounds(child)}/>'
    start = f'<xs:element name="{child.name}"{bounds(child)}{" nillable=" + chr(34) + "true" + chr(34) if child.nillable else ""}'
    if isinstance(child.type, str):
        return f'{start} type="t:{child.type}"/>'
    if isinstance(child.type, Content):
        return f"{start}>{content_xsd(child.type)}</xs:element>"
    simple = SIMPLE[child.type][0]
    return f"{start}>{simple}</xs:element>" if simple.startswith("<") else f'{start} type="{simple}"/>'


def attributes_xsd(content: Content) -> str:
    made = ""
    for name, (place, required) in content.attributes.items():
        simple = SIMPLE[place][0]
        start = f'<xs:attribute name="{name}" use="{"required" if required else "optional"}"'
        made += f"{start}>{simple}</xs:attribute>" if simple.startswith("<") else f'{start} type="{simple}"/>'
    return made


def content_xsd(content: Content, name: str = "", base: str = "", *, abstract: bool = False) -> str:
    named = (f' name="{name}"' if name else "") + (' abstract="true"' if abstract else "")
    if content.text is not None:
        return (
            f'<xs:complexType{named}><xs:simpleContent><xs:extension base="t:S{content.text}">{attributes_xsd(content)}'
            "</xs:extension></xs:simpleContent></xs:complexType>"
        )
    inner = (part_xsd(content.part) if content.part else "") + attributes_xsd(content)
    mixed = ' mixed="true"' if content.mixed else ""
    if base:
        inner = f'<xs:complexContent{mixed}><xs:extension base="t:{base}">{inner}</xs:extension></xs:complexContent>'
    return f"<xs:complexType{named}{mixed}>{inner}</xs:complexType>"


def schema_of(plan: Plan) -> str:
    texts = "".join(
        s.replace("<xs:simpleType>", f'<xs:simpleType name="S{n}">', 1) if s.startswith("<") else named_simple(n, s)
        for n, (s, _) in enumerate(SIMPLE)
    )
    head = f'<xs:element name="Head" type="xs:int" abstract="{str(plan.abstract).lower()}"/>'
    form = "qualified" if plan.qualified else "unqualified"
    return (
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="{NS}" targetNamespace="{NS}" '
        f'elementFormDefault="{form}">'
        f'<xs:element name="Root">{content_xsd(plan.root)}</xs:element>'
        f"{content_xsd(plan.base, 'Base', abstract=plan.abstract)}{content_xsd(plan.derived, 'Derived', 'Base')}"
        f"{content_xsd(plan.node, 'Node')}{texts}{head}"
        '<xs:element name="Substitute" type="xs:int" substitutionGroup="t:Head"/>'
        '<xs:element name="Other" type="xs:int" substitutionGroup="t:Substitute"/></xs:schema>'
    )


def named_simple(number: int, base: str) -> str:
    if base == "xs:anySimpleType":  # nothing can be derived from it but by list and union
        base = "xs:string"
    return f'<xs:simpleType name="S{number}"><xs:restriction base="{base}"/></xs:simpleType>'


# -- as a document and its JSON ------------------------------------------------------------------------------------------


class Writer:
    """Draws one valid document and, beside it, the JSON that it has to read as."""

    def __init__(self, plan: Plan, draw: Draw) -> None:
        self.plan = plan
        self.draw = draw

    def root(self) -> tuple[str, Any]:
        attributes, inner, value = self.content([self.plan.root], 0)
        return f'<t:Root xmlns:t="{NS}" xmlns:xsi="{XSI}"{attributes}>{inner}</t:Root>', value

    def content(self, chain: list[Content], depth: int) -> tuple[str, str, Any]:
        """Return the attributes, the inner XML and the JSON of a type; ``chain`` are the base and what extends it."""
        value: dict[str, Any] = {}
        written = ""
        has_attributes = False
        for content in chain:
            for name, (place, required) in content.attributes.items():
                has_attributes = True
                if required or self.draw(st.booleans()):
                    text, made = self.draw(SIMPLE[place][1])
                    value[f"@{name}"] = made
                    written += f" {name}={quoteattr(text, {chr(10): '&#10;', chr(9): '&#9;', chr(13): '&#13;'})}"
        last = chain[-1]
        if last.text is not None:
            text, made = self.draw(SIMPLE[last.text][1])
            return written, escape(text, {"\r": "&#13;"}), {**value, "#text": made} if has_attributes else made
        inner = ""
        if last.mixed and self.draw(st.booleans()):
            value["#text"] = inner = self.draw(LETTERS)
        many = {k for c in chain if c.part for k, n in most(c.part).items() if n > 1}
        for content in chain:
            for key, xml, made in self.part(content.part, depth) if content.part else []:
                inner += xml
                if key in many:
                    value.setdefault(key, []).append(made)
                else:
                    value[key] = made
        return written, inner, value

    def part(self, part: Part, depth: int) -> list[tuple[str, str, Any]]:
        rounds = self.draw(st.integers(part.least, part.most)) if depth < 6 else part.least
        made: list[tuple[str, str, Any]] = []
        for _ in range(rounds):
            items = part.items
            if part.kind == "choice":
                items = [self.draw(st.sampled_from(items))]
            elif part.kind == "all":
                items = self.draw(st.permutations(items))
            for item in items:
                made += self.item(item, depth)
        return made

    def item(self, item: Child | Part | str, depth: int) -> list[tuple[str, str, Any]]:
        if isinstance(item, Part):
            return self.part(item, depth)
        if isinstance(item, str):
            return []
        count = self.draw(st.integers(item.least, item.most)) if depth < 6 else item.least
        if item.type == "Head":
            return [self.substitute() for _ in range(count)]
        return [(item.name, *self.child(item, depth)) for _ in range(count)]

    def substitute(self) -> tuple[str, str, Any]:
        name = self.draw(st.sampled_from(["Substitute", "Other"] if self.plan.abstract else ["Head", "Substitute", "Other"]))
        number = self.draw(WHOLE)
        return name, f"<t:{name}>{number}</t:{name}>", number

    def can_be_nil(self, kind: int | Content | str) -> bool:
        """JSON's null has no room for attributes that must be there, nor for the type that stands for an abstract one."""
        if kind == "Base":
            return not self.plan.abstract and self.can_be_nil(self.plan.base)
        return not isinstance(kind, Content) or not any(required for _, required in kind.attributes.values())

    def child(self, child: Child, depth: int) -> tuple[str, Any]:
        tag = f"t:{child.name}" if self.plan.qualified else child.name
        if child.nillable and self.can_be_nil(child.type) and self.draw(st.integers(0, 3)) == 0:
            return f'<{tag} xsi:nil="true"/>', None
        if isinstance(child.type, int):
            text, value = self.draw(SIMPLE[child.type][1])
            return f"<{tag}>{escape(text, {chr(13): '&#13;'})}</{tag}>", value
        said = ""
        if isinstance(child.type, Content):
            chain = [child.type]
        elif child.type == "Base":
            if self.plan.abstract or self.draw(st.booleans()):
                said = ' xsi:type="t:Derived"'
            chain = [self.plan.base, self.plan.derived] if said else [self.plan.base]
        else:
            chain = [self.plan.node]
        attributes, inner, value = self.content(chain, depth + 1)
        if said:
            value = {"@xsi:type": "Derived", **value}
        return f"<{tag}{said}{attributes}>{inner}</{tag}>", value


def names(child: Child) -> list[str]:
    return ["Head", "Substitute", "Other"] if child.type == "Head" else [child.name]


def most(part: Part) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in part.items:
        below = most(item) if isinstance(item, Part) else dict.fromkeys(names(item), item.most) if isinstance(item, Child) else {}
        counts |= below  # every name stands at one place alone
    return {key: number * part.most for key, number in counts.items()}
