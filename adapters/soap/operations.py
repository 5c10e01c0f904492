"""What an agency's ``agency.yaml`` means in its WSDL: the contract, and the operation behind each name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.sdk import Agency, DocumentRef, MessageInvalid
from gateway.sdk.soap import Contract, NotOfContract, SoapOperation, load_contract

#: The key of a mapping's product under which documents beside the envelope stand.
ATTACHMENTS: Final = "#attachments"


def contract_of(agency: Agency) -> Contract:
    """Return the agency's WSDL (with those of ``options.contracts``), compiled once per digest. Raises ``ContractBroken``."""
    more = agency.options.get("contracts")
    names = [str(name) for name in more] if isinstance(more, list | tuple) else []
    port = str(agency.options.get("port", ""))
    return load_contract(agency.files, agency.contract, digest=agency.digest, port=port, more=names)


def name_in_wsdl(agency: Agency, name: str) -> str:
    """Return what the agency's operation ``name`` is called in the WSDL (``options.operation``)."""
    known = agency.operations.get(name)
    return str(known.options.get("operation", name)) if known is not None else name


def soap_operation(agency: Agency, contract: Contract, name: str) -> SoapOperation:
    """Return the WSDL's operation that the contract's operation ``name`` means. Raises ``MessageInvalid``."""
    found = contract.operations.get(name_in_wsdl(agency, name))
    if found is None:
        raise MessageInvalid("", f"the WSDL has no operation {name!r}; it has {', '.join(sorted(contract.operations))}")
    if found.unusable:
        raise MessageInvalid("", f"the operation {name!r} cannot be called: {found.unusable}")
    return found


def split_attachments(
    operation: SoapOperation, product: Any, known: Mapping[str, DocumentRef]
) -> tuple[Any, list[dict[str, str]]]:
    """Return what the body is made of, and the documents that the WSDL lets travel beside it (``mime:content``).

    A mapping names those under ``#attachments``, by part: ``{"#attachments": {"scan": {digest…}}}``, or a list of documents.
    Raises ``NotOfContract`` for a part that the WSDL does not have and a document that is none of the application's.
    """
    if not isinstance(product, Mapping) or ATTACHMENTS not in product:
        return product, []
    given = product[ATTACHMENTS]
    if not isinstance(given, Mapping):
        raise NotOfContract(f"/{ATTACHMENTS}", "must be an object: the part's name and its document or documents")
    parts = {attachment.part: attachment for attachment in operation.request.attachments}
    found: list[dict[str, str]] = []
    for part, value in given.items():
        where = f"/{ATTACHMENTS}/{part}"
        if part not in parts:
            raise NotOfContract(where, f"the WSDL has no such attachment; there is {', '.join(parts) or 'none'}")
        for document in value if isinstance(value, list) else [] if value is None else [value]:
            digest = document.get("digest") if isinstance(document, Mapping) else None
            if not isinstance(digest, str) or digest not in known:
                raise NotOfContract(where, "must be a document of the application (an object with its digest)")
            found.append({"part": part, "digest": digest, "media_type": known[digest].media_type})
    return {key: value for key, value in product.items() if key != ATTACHMENTS}, found
