"""Signatures of WS-Security's X.509 token profile: exclusive C14N, SHA-256 digests, RSA or ECDSA with SHA-256.

``xmlsec`` is imported when a key is first used (``loaded``): a worker whose agencies sign nothing does without it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from lxml import etree

from gateway.sdk.soap.envelope import VERSIONS
from gateway.sdk.soap.errors import KeyUnusable
from gateway.sdk.soap.safe_xml import namespace_of
from gateway.sdk.soap.security import BASE64_BINARY, WSSE, WSU, X509_PROFILE, new_id

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
ID: Final = f"{{{WSU}}}Id"
SECURITY: Final = f"{{{WSSE}}}Security"
TIMESTAMP: Final = f"{{{WSU}}}Timestamp"
SIGNATURE: Final = f"{{{DS}}}Signature"

#: How the signature tells which certificate it is of.
TOKEN_KINDS: Final = ("direct", "issuer-serial", "ski")

_X509V3: Final = f"{X509_PROFILE}#X509v3"
_KEY_ID: Final = f"{X509_PROFILE}#X509SubjectKeyIdentifier"
_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
# id-ecPublicKey (RFC 5480), as DER writes it within the certificate's public key.
_EC: Final = bytes.fromhex("06072a8648ce3d0201")


def loaded() -> Any:
    """Return the module ``xmlsec``, imported when it is first needed. Its own type hints lack most of what it has."""
    import xmlsec  # noqa: PLC0415  - that is the point

    return xmlsec


def certificate_der(pem: str) -> bytes:
    """Return the first certificate of a PEM text; empty when there is none."""
    found = _PEM.search(pem)
    try:
        return base64.b64decode("".join(found[1].split()), validate=True) if found is not None else b""
    except binascii.Error:
        return b""


class Signer:
    """A private key with its certificate, both PEM. Its ``repr`` shows neither."""

    def __init__(self, key: str, certificate: str) -> None:
        """Load. Raises ``KeyUnusable`` when one of them cannot be read, the key asks for a pass phrase, or they do not match."""
        xmlsec = loaded()
        if "ENCRYPTED" in key:  # OpenSSL would ask for the pass phrase at a terminal
            raise KeyUnusable("the private key is encrypted; store it without a pass phrase, as the secret store protects it")
        self.der = certificate_der(certificate)
        if not self.der:
            raise KeyUnusable("the certificate is no PEM certificate (-----BEGIN CERTIFICATE-----)")
        try:
            self._key = xmlsec.Key.from_memory(key.encode(), xmlsec.KeyFormat.PEM, None)
            self._key.load_cert_from_memory(certificate.encode(), xmlsec.KeyFormat.PEM)
        except (xmlsec.Error, ValueError) as error:
            raise KeyUnusable("the private key or its certificate cannot be read as PEM") from error
        self._method = xmlsec.Transform.ECDSA_SHA256 if _EC in self.der else xmlsec.Transform.RSA_SHA256
        self._prove(certificate)

    def __repr__(self) -> str:
        return "Signer(…)"

    def _prove(self, certificate: str) -> None:
        """Sign something and check it by the certificate: a key of another certificate is found before anything is sent."""
        xmlsec = loaded()
        try:
            ours = xmlsec.SignatureContext()
            ours.key = self._key
            proof = ours.sign_binary(b"darcha", self._method)
            theirs = xmlsec.SignatureContext()
            theirs.key = xmlsec.Key.from_memory(certificate.encode(), xmlsec.KeyFormat.CERT_PEM, None)
            theirs.verify_binary(b"darcha", self._method, proof)
        except (xmlsec.Error, ValueError) as error:
            raise KeyUnusable("the private key is not that of the certificate, or neither RSA nor ECDSA") from error

    def binary_token(self, id_: str) -> str:
        """Return the certificate as a BinarySecurityToken, for the header of a signature with a ``direct`` reference."""
        return (
            f'<wsse:BinarySecurityToken wsu:Id="{id_}" ValueType="{_X509V3}" EncodingType="{BASE64_BINARY}">'
            f"{base64.b64encode(self.der).decode()}</wsse:BinarySecurityToken>"
        )

    def sign(self, targets: Sequence[etree._Element], security: etree._Element, kind: str, reference: str = "") -> None:
        """Add a signature over ``targets`` at the end of ``security``; targets without a ``wsu:Id`` get one.

        ``kind`` is one of ``TOKEN_KINDS``; ``direct`` refers to the element of the id ``reference``. Instead of a kind it may
        be the XML of a ``SecurityTokenReference`` that stands by itself. Raises ``KeyUnusable``.
        """
        xmlsec = loaded()
        signature = xmlsec.template.create(security, xmlsec.Transform.EXCL_C14N, self._method)
        security.append(signature)
        context = xmlsec.SignatureContext()
        context.key = self._key
        for target in targets:
            if target.get(ID) is None:
                target.set(ID, new_id("id"))
            context.register_id(target, "Id", WSU)
            made = xmlsec.template.add_reference(signature, xmlsec.Transform.SHA256, uri=f"#{target.get(ID)}")
            xmlsec.template.add_transform(made, xmlsec.Transform.EXCL_C14N)
        data = _x509_template(signature, kind)
        try:
            context.sign(signature)
        except xmlsec.Error as error:
            what = "; it may have no subject key identifier" if kind == "ski" else ""
            raise KeyUnusable(f"the message cannot be signed with this key and certificate{what}") from error
        _refer(signature, kind, reference, data)


@lru_cache(maxsize=64)
def signer_of(key: str, certificate: str) -> Signer:
    """Return the signer, made once for the same key: proving it costs a signature. Raises ``KeyUnusable``."""
    return Signer(key, certificate)


def signed_parts(root: etree._Element, wanted: Iterable[str], addressing: str = "") -> list[etree._Element]:
    """Return the elements of an envelope that names of ``SIGNABLE`` mean, those that are there.

    ``Addressing`` means all header blocks of the namespace ``addressing``.
    """
    names = set(wanted)
    prefix = f"{{{namespace_of(str(root.tag))}}}"
    found: list[etree._Element] = []
    header, body = root.find(f"{prefix}Header"), root.find(f"{prefix}Body")
    if "Body" in names and body is not None:
        found.append(body)
    for block in header if header is not None else ():
        if block.tag == SECURITY:
            found += [inner for inner in block if _SECURED.get(str(inner.tag)) in names]
        elif "Addressing" in names and addressing and namespace_of(str(block.tag)) == addressing:
            found.append(block)
    return found


_SECURED: Final = {
    TIMESTAMP: "Timestamp",
    f"{{{WSSE}}}UsernameToken": "UsernameToken",
    f"{{{WSSE}}}BinarySecurityToken": "BinarySecurityToken",
}
SIGNABLE: Final = ("Body", "Addressing", *_SECURED.values())


def security_of(root: etree._Element) -> etree._Element:
    """Return the security header of an envelope of ours. Raises ``KeyUnusable`` when there is none."""
    version = VERSIONS.get(namespace_of(str(root.tag)))
    found = root.find(f"{{{version.namespace}}}Header/{SECURITY}") if version is not None else None
    if found is None:
        raise KeyUnusable("the envelope has no security header to sign in")
    return found


def _x509_template(signature: etree._Element, kind: str) -> Any:
    xmlsec = loaded()
    if kind not in {"issuer-serial", "ski"}:
        return None
    data = xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    if kind == "ski":
        xmlsec.template.x509_data_add_ski(data)
    else:
        xmlsec.template.x509_data_add_issuer_serial(data)
    return data


def _refer(signature: etree._Element, kind: str, reference: str, data: Any) -> None:
    """Write how the receiver finds the certificate: xmlsec knows XML-DSig only, so this is put around what it made."""
    # Nodes that xmlsec made are not found by name: lxml compares names of its own by address.
    info = etree.SubElement(signature, f"{{{DS}}}KeyInfo") if data is None else data.getparent()
    if kind.startswith("<"):
        info.append(etree.fromstring(kind))
        return
    holder = etree.SubElement(info, f"{{{WSSE}}}SecurityTokenReference")
    if kind == "issuer-serial":
        holder.append(data)
    elif kind == "ski":
        made = etree.SubElement(holder, f"{{{WSSE}}}KeyIdentifier", {"ValueType": _KEY_ID, "EncodingType": BASE64_BINARY})
        made.text = "".join("".join(data.itertext()).split())
        info.remove(data)
        if not made.text:
            raise KeyUnusable("the certificate has no subject key identifier; use another token kind")
    else:
        etree.SubElement(holder, f"{{{WSSE}}}Reference", {"URI": f"#{reference}", "ValueType": _X509V3})
