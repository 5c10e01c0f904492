"""What a contract's elements look like, compiled once: the request builder, the reader and the examples walk this.

It says nothing of where it came from, so that another loader can make it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from gateway.sdk.soap.values import SimpleType

#: ``maxOccurs="unbounded"``, as a number.
UNBOUNDED: Final = 1_000_000_000
#: The key of an element's own text where it has attributes beside it.
TEXT_KEY: Final = "#text"


class Element:
    """An element declaration at one place of a content model.

    ``tag`` is the name in Clark notation, ``key`` the name in JSON, ``xml_name`` the name with the contract's prefix.
    The type is made on first use: types may contain themselves.
    """

    __slots__ = (
        "_about",
        "_make",
        "_type",
        "abstract",
        "default",
        "key",
        "maximum",
        "minimum",
        "namespace",
        "nillable",
        "tag",
        "xml_name",
    )

    def __init__(
        self,
        tag: str,
        xml_name: str,
        make: Callable[[], Type],
        *,
        minimum: int = 1,
        maximum: int = 1,
        nillable: bool = False,
        abstract: bool = False,
        default: str | None = None,
        about: Callable[[], str] = str,
        key: str = "",
    ) -> None:
        self.tag = tag
        self.xml_name = xml_name
        self.key = key or tag.rpartition("}")[2]
        self.namespace = tag[1:].partition("}")[0] if tag[:1] == "{" else ""
        self.minimum = minimum
        self.maximum = maximum
        self.nillable = nillable
        self.abstract = abstract
        self.default = default
        self._make = make
        self._about = about
        self._type: Type | None = None

    def __repr__(self) -> str:
        return f"Element({self.tag!r}, {self.minimum}..{self.maximum})"

    @property
    def type(self) -> Type:
        """The element's type."""
        if self._type is None:
            self._type = self._make()
        return self._type

    @property
    def about(self) -> str:
        """What the schema's documentation says of it, on one line."""
        return self._about()

    def occurring(self, minimum: int, maximum: int, key: str = "") -> Element:
        """Return the same element with other bounds, and perhaps under another key."""
        return Element(
            self.tag,
            self.xml_name,
            lambda: self.type,
            minimum=minimum,
            maximum=maximum,
            nillable=self.nillable,
            abstract=self.abstract,
            default=self.default,
            about=self._about,
            key=key or self.key,
        )


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``xs:any``: elements that the contract does not describe.

    ``namespaces`` and ``process`` are the attributes ``namespace`` and ``processContents``, ``target`` the namespace of the
    schema that it stands in.
    """

    minimum: int = 1
    maximum: int = 1
    namespaces: str = "##any"
    process: str = "strict"
    target: str = ""

    @property
    def open(self) -> bool:
        """Whether it takes an element without a namespace that nothing declares."""
        return self.process != "strict" and self.allows("")

    def allows(self, namespace: str) -> bool:
        """Say whether elements of a namespace may stand there (XML Schema 1.0: ``##other`` means one, and another)."""
        if self.namespaces == "##any":
            return True
        if self.namespaces == "##other":
            return namespace not in {"", self.target}
        known = {"##targetNamespace": self.target, "##local": ""}
        return namespace in {known.get(name, name) for name in self.namespaces.split()}


class Group:
    """``sequence``, ``choice`` or ``all`` with its bounds."""

    __slots__ = ("items", "keys", "kind", "maximum", "minimum", "must")

    def __init__(self, kind: str, items: tuple[Particle, ...], minimum: int = 1, maximum: int = 1) -> None:
        self.kind = kind
        self.items = items
        self.minimum = minimum
        self.maximum = maximum
        #: The JSON keys anywhere below.
        self.keys: frozenset[str] = frozenset(key for item in items for key in _keys(item))
        #: Whether one pass through the group needs at least one element.
        needs = [_needs(item) for item in items]
        self.must: bool = bool(needs) and (all(needs) if kind == "choice" else any(needs))

    def __repr__(self) -> str:
        return f"Group({self.kind}, {self.items!r}, {self.minimum}..{self.maximum})"


Particle = Element | Group | Wildcard


def told_apart(group: Group) -> Group:
    """Return the group with a key for each element: where two of one local name differ in namespace, the later ones go by
    their name in Clark notation."""
    tags: dict[str, str] = {}
    apart = {e.tag for e in _elements(group) if tags.setdefault(e.key, e.tag) != e.tag}
    return _keyed(group, apart) if apart else group


def _keyed(group: Group, apart: set[str]) -> Group:
    items = [
        _keyed(item, apart)
        if isinstance(item, Group)
        else item.occurring(item.minimum, item.maximum, item.tag)
        if isinstance(item, Element) and item.tag in apart
        else item
        for item in group.items
    ]
    return Group(group.kind, tuple(items), group.minimum, group.maximum)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute; ``key`` is ``@`` and its local name."""

    tag: str
    xml_name: str
    namespace: str
    key: str
    type: SimpleType
    required: bool = False
    fixed: str | None = None


@dataclass(slots=True)
class ComplexType:
    """A type with attributes, children or both. ``text`` is set for simple content; ``anything`` for ``xs:anyType``.

    ``array``: a SOAP-encoded array, whose members may come under any name.
    """

    name: str
    content: Group | None = None
    attributes: dict[str, Attribute] = field(default_factory=dict)
    text: SimpleType | None = None
    mixed: bool = False
    any_attribute: bool = False
    abstract: bool = False
    anything: bool = False
    array: bool = False
    _layout: Layout | None = None

    @property
    def layout(self) -> Layout:
        """The children by tag and by key, worked out on first use."""
        if self._layout is None:
            self._layout = Layout(self)
        return self._layout


Type = SimpleType | ComplexType


@dataclass(frozen=True, slots=True)
class Field:
    """A child element by its tag: ``many`` when it can occur more than once, and so is a list in JSON."""

    key: str
    element: Element
    many: bool


class Layout:
    """What reading and building need of a complex type at once."""

    def __init__(self, owner: ComplexType) -> None:
        counts: dict[str, int] = _most(owner.content) if owner.content is not None else {}
        elements = {e.tag: e for e in _elements(owner.content)} if owner.content is not None else {}
        self.fields: dict[str, Field] = {tag: Field(e.key, e, counts[tag] > 1) for tag, e in elements.items()}
        self.attributes: dict[str, Attribute] = {a.tag: a for a in owner.attributes.values()}
        self.keys: frozenset[str] = frozenset(
            [*(f.key for f in self.fields.values()), *owner.attributes, *([TEXT_KEY] if owner.text or owner.mixed else [])]
        )
        self.many: frozenset[str] = frozenset(f.key for f in self.fields.values() if f.many)
        #: Keys of elements that may be nil.
        self.nillable: frozenset[str] = frozenset(f.key for f in self.fields.values() if f.element.nillable)
        places = list(_elements(owner.content)) if owner.content is not None else []
        #: How many values the places after one with the same key must have, where a key has several places.
        self._after = (
            {id(e): sum(o.minimum for o in places[n + 1 :] if o.key == e.key) for n, e in enumerate(places) if e.key in self.many}
            if len(places) > len({e.key for e in places})
            else {}
        )
        self.wildcard = owner.content is not None and has_wildcard(owner.content)

    def kept_after(self, place: Element) -> int:
        """Return how many values the later places with the name of ``place`` must have."""
        return self._after.get(id(place), 0)

    @cached_property
    def by_key(self) -> dict[str, Field]:
        """The children by local name: for elements that come in another namespace than the schema says."""
        return {f.key: f for f in self.fields.values()}

    @cached_property
    def sorted_keys(self) -> tuple[str, ...]:
        return tuple(sorted(self.keys))


def _keys(item: Particle) -> Iterator[str]:
    if isinstance(item, Element):
        yield item.key
    elif isinstance(item, Group):
        yield from item.keys


def _needs(item: Particle) -> bool:
    return item.minimum > 0 and (item.must if isinstance(item, Group) else True)


def _elements(group: Group) -> Iterator[Element]:
    for item in group.items:
        if isinstance(item, Element):
            yield item
        elif isinstance(item, Group):
            yield from _elements(item)


def _most(group: Group) -> dict[str, int]:
    """Return how often each tag can occur at most: added up in a sequence, the largest in a choice."""
    counts: dict[str, int] = {}
    for item in group.items:
        below = {item.tag: item.maximum} if isinstance(item, Element) else _most(item) if isinstance(item, Group) else {}
        for tag, most in below.items():
            counts[tag] = max(counts.get(tag, 0), most) if group.kind == "choice" else counts.get(tag, 0) + most
    return {tag: most * group.maximum for tag, most in counts.items()}


def has_wildcard(group: Group) -> bool:
    """Say whether ``xs:any`` stands anywhere in a group."""
    return any(isinstance(i, Wildcard) or (isinstance(i, Group) and has_wildcard(i)) for i in group.items)
