"""A contract read for the first time: what an adapter finds in a WSDL or an OpenAPI document, before anybody decided anything.

``darcha agency new`` asks the adapter for a ``Draft`` and writes it as a folder under ``contracts/``: agency.yaml, mapping
skeletons, examples, a README of what is left to decide. One bad operation never takes the others down: it is part of the
draft, with its ``problem``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a message, as the author of a mapping sees it.

    ``key`` is the key in JSON. ``kind`` is a word for people: ``text``, ``whole number``, ``date``, ``object`` …
    ``many``: a list. ``choice``: fields beside one another with the same label exclude each other. ``rule`` says further
    bounds in words (``at most 20 characters``), ``about`` is the contract's own documentation in whatever language.
    ``repeats``: the type contains itself, so what lies below is not told again.
    """

    key: str
    kind: str
    required: bool = True
    many: bool = False
    choice: str = ""
    enumeration: tuple[str, ...] = ()
    rule: str = ""
    about: str = ""
    fields: tuple[Field, ...] = ()
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class DraftOperation:
    """One operation that a contract describes.

    ``name`` is the key under ``operations`` in agency.yaml (letters, digits, ``_`` and ``-``, up to 64, beginning with a
    letter); ``options`` what the adapter needs there. ``found_as`` is the contract's own name, for people.
    ``input`` are the fields of what a mapping has to produce, ``output`` those of ``body`` in a response expression.
    ``request`` is an example product of a mapping and ``reply`` an example body of the answer, both made by the contract
    (``None`` where there is nothing to say). ``idempotent`` is what the protocol itself promises (HTTP GET), never a guess.
    ``problem`` says why the operation cannot be used; then nothing else of it counts. ``notes`` are what was left out or
    could not be resolved while the operation works all the same.
    """

    name: str
    found_as: str
    about: str = ""
    idempotent: bool = False
    one_way: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    input: tuple[Field, ...] = ()
    output: tuple[Field, ...] = ()
    request: Any = None
    reply: Any = None
    problem: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a contract says, ready to be written as a folder.

    ``contract`` is the main file's name within ``files``; ``files`` are the files that belong into the folder (those that the
    contract uses, under paths that keep their references working), never more. ``endpoint`` is the address that the contract
    names, if any; ``auth`` the skeleton of ``auth`` in agency.yaml (``{"kind": "none"}`` where the contract does not say);
    ``options`` the agency's own options. ``unresolved`` lists, a line each, what the contract refers to and nobody has.
    """

    contract: str
    files: Mapping[str, bytes]
    operations: tuple[DraftOperation, ...]
    title: str = ""
    endpoint: str = ""
    auth: Mapping[str, Any] = field(default_factory=lambda: {"kind": "none"})
    options: Mapping[str, Any] = field(default_factory=dict)
    unresolved: tuple[str, ...] = ()
