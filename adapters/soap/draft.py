"""What a WSDL describes, before anybody decided anything: every operation with its fields and examples that are valid."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.soap.fields import fields_of
from gateway.sdk import AdapterError, Draft, DraftOperation
from gateway.sdk.soap import Contract, ContractBroken, Message, NoExample, NotOfContract, SoapOperation, local_name

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_STRANGE: Final = re.compile(r"[^A-Za-z0-9_-]+")
_CYRILLIC: Final = dict(zip("абвгдежзийклмнопрстуфхцыэ", "abvgdejziyklmnoprstufhcye", strict=True)) | {
    "ё": "yo",
    "ч": "ch",
    "ш": "sh",
    "щ": "sch",
    "ю": "yu",
    "я": "ya",
    "ъ": "",
    "ь": "",
}


def draft(files: Mapping[str, bytes], mains: Sequence[str], wanted: Sequence[str]) -> Draft:
    """Return what the WSDLs ``mains`` describe. Raises ``ContractBroken`` when none of it can be read."""
    contract = Contract(files, mains[0], more=mains[1:])
    taken: set[str] = set()
    operations = []
    for operation in contract.operations.values():
        name = _name(operation.name, taken)
        if not wanted or {name, operation.name, operation.own_name} & set(wanted):
            operations.append(_operation(contract, operation, name))
    used = {name: files[name] for name in sorted({*contract.used, *mains}) if name in files}
    return Draft(
        contract=mains[0],
        files=used,
        operations=tuple(operations),
        title=contract.title,
        endpoint=next((o.address for o in contract.operations.values() if o.address), ""),
        options={"contracts": list(mains[1:])} if len(mains) > 1 else {},
        unresolved=tuple(dict.fromkeys(f"{error}" for error in contract.unresolved)),
    )


def _operation(contract: Contract, operation: SoapOperation, name: str) -> DraftOperation:
    options: dict[str, Any] = {} if name == operation.name else {"operation": operation.name}
    found_as = f"{operation.port}.{operation.own_name}" if operation.port else operation.own_name
    notes = [*operation.notes, *_remarks(operation)]
    if operation.unusable:
        return DraftOperation(name, found_as, operation.about, options=options, problem=operation.unusable, notes=tuple(notes))
    request, reply = contract.request(operation), contract.reply(operation)
    try:
        asked = _example(contract, request)
    except (NoExample, NotOfContract, ContractBroken) as error:
        return DraftOperation(
            name,
            found_as,
            operation.about,
            options=options,
            input=fields_of(request),
            problem=f"no request can be built: {_told(error)}",
            notes=tuple(notes),
        )
    answer = None
    if reply is not None:
        try:
            answer = _example(contract, reply)
        except (NoExample, NotOfContract, ContractBroken) as error:
            notes.append(f"no example of its reply can be built: {_told(error)}")
    return DraftOperation(
        name,
        found_as,
        operation.about,
        one_way=reply is None,
        options=options,
        input=fields_of(request),
        output=() if reply is None else fields_of(reply),
        request=asked,
        reply=answer,
        notes=tuple(notes),
    )


def _example(contract: Contract, message: Message) -> Any:
    """Return a value that the message can be built of: with what is optional, or without where that cannot be made whole."""
    try:
        value = contract.example(message, full=True)
        contract.build_message(message, value)
    except (NoExample, NotOfContract, ContractBroken):
        value = contract.example(message)
        contract.build_message(message, value)
    return value


def _remarks(operation: SoapOperation) -> list[str]:
    """Return what an integrator has to know of the operation beyond its body."""
    remarks = []
    if operation.headers:
        names = ", ".join(local_name(tag) for tag in operation.headers)
        remarks.append(f"the WSDL declares the SOAP headers {names}: fill in options.headers")
    for direction, shape in (("request", operation.request), ("reply", operation.reply)):
        if shape is not None and shape.attachments:
            parts = ", ".join(f"{a.part} ({', '.join(a.media_types) or 'any type'})" for a in shape.attachments)
            how = "; name them under #attachments" if direction == "request" else ""
            remarks.append(f"the {direction} carries attachments beside the envelope: {parts}{how}")
    return remarks


def _told(error: AdapterError) -> str:
    return error.reason if isinstance(error, ContractBroken) else str(error)


def _name(own: str, taken: set[str]) -> str:
    """Return a key for agency.yaml: the operation's own name where that is one, else made of it in Latin letters."""
    latin = "".join(_latin(letter) for letter in own)
    plain = _STRANGE.sub("-", latin).strip("-_")[:60] or "operation"
    base = own if _PLAIN.fullmatch(own) else plain if plain[0].isalpha() else f"op-{plain}"
    name = next(n for n in (base, *(f"{base[:58]}-{number}" for number in range(2, 10_000))) if n.lower() not in taken)
    taken.add(name.lower())
    return name


def _latin(letter: str) -> str:
    made = _CYRILLIC.get(letter.lower())
    return letter if made is None else made.capitalize() if letter.isupper() else made
