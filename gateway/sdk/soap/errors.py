"""What goes wrong with XML and contracts.

AdapterError
├── XmlRefused          a document is malformed or hostile (``code``: malformed, dtd, too_large)
├── NotMime             a multipart message is malformed, hostile or cut short
├── KeyUnusable         a key, certificate or SAML assertion of ours cannot be used (never says what it holds)
├── NotTrusted          a reply's signature, time or relation is not what it has to be
├── NotOfContract       a document is well-formed and not what the schema says (``path``, ``reason``)
├── NoExample           no value can be made that an element would take (``path``, ``reason``)
└── ContractBroken      a WSDL or XSD cannot be used (``file``, ``line``, ``reason``, ``fix``)
"""

from __future__ import annotations

from gateway.sdk.errors import AdapterError


class XmlRefused(AdapterError):
    """Bytes that are not read as XML: malformed, or using what only an attacker needs."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class NotMime(AdapterError):
    """Bytes that are no multipart message that can be taken apart without guessing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class KeyUnusable(AdapterError):
    """A key, a certificate or an assertion that cannot be used. Its text names the reference, never the content."""


class NotTrusted(AdapterError):
    """A reply that does not prove to be the agency's answer to this message."""


class NotOfContract(AdapterError):
    """A well-formed document that the contract does not describe. ``path`` is a pointer of local element names."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or '/'}: {reason}")
        self.path = path
        self.reason = reason


class ContractBroken(AdapterError):
    """A contract that cannot be loaded. ``line`` counts from 1; 0 when no line is to blame."""

    def __init__(self, file: str, reason: str, *, line: int = 0, fix: str = "") -> None:
        super().__init__(f"{file}{f':{line}' if line else ''}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason
        self.fix = fix


class NoExample(AdapterError):
    """No value can be made that an element would take: what it requires is not declared, or never ends."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or '/'}: {reason}")
        self.path = path
        self.reason = reason
