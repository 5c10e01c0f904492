"""The number of a case and its access code: short, read out over the telephone, safe against slips of the tongue.

A number is ``XXXX-XXXX-C`` in Crockford's 32 letters and digits (no I, L, O, U). ``C`` is a check character over the
field GF(32): the position's weight times the character's value, summed up, must be zero. The weights are distinct
powers of a generator. So every single wrong character and every exchange of two characters, neighbours or not, is found; ISO 7064
finds fewer exchanges and needs letters that are mistaken for digits.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final
from uuid import UUID

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: Numbers are made from an integer in ``range(SPACE)``.
SPACE: Final = 32**8
_GROUP: Final = 4
_BODY: Final = 8
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
# What people type or a telephone hears, and what it stands for: letters that Crockford reads as digits, and Cyrillic
# letters that look like Latin ones.
_READ_AS: Final = str.maketrans(
    {"I": "1", "L": "1", "O": "0", "А": "A", "В": "B", "С": "C", "Е": "E", "Н": "H", "К": "K", "М": "M", "О": "0", "Р": "P"}
    | {"Т": "T", "Х": "X", "У": "Y", "З": "3", "І": "1", "Ѕ": "S", "Ј": "J"}
)
_SEPARATORS: Final = frozenset("-‐‑‒–—− \t\r\n\u00a0./_")


def number_of(value: int) -> str:
    """Return the number made from ``value``, a random or scattered integer in ``range(SPACE)``."""
    if not 0 <= value < SPACE:
        raise ValueError(f"a case number is made from an integer in 0..{SPACE - 1}, not {value}")
    body = _spell(value, _BODY)
    return f"{body[:_GROUP]}-{body[_GROUP:]}-{ALPHABET[_check(body)]}"


def normalise(text: str) -> str:
    """Return the number that ``text`` means, in its one spelling.

    Case, spaces, dashes, I and L for 1, O for 0 and Cyrillic lookalikes do not matter. Raises ``ValueError`` that says
    what is wrong: the length, a character, or the check character.
    """
    plain = _plain(text)
    if len(plain) != _BODY + 1:
        raise ValueError(f"a case number has {_BODY + 1} letters and digits, this has {len(plain)}")
    if strange := next((c for c in plain if c not in _VALUES), None):
        raise ValueError(f"{strange!r} does not occur in a case number")
    if _check(plain[:-1]) != _VALUES[plain[-1]]:
        raise ValueError("the case number is mistyped: its check character does not agree")
    return f"{plain[:_GROUP]}-{plain[_GROUP:_BODY]}-{plain[-1]}"


def beginning(text: str, least: int = 3) -> str:
    """Return what numbers that begin as ``text`` says begin with, in their one spelling; a whole number is a beginning too.

    Raises ``ValueError`` that says what is wrong: fewer than ``least`` letters and digits would fit too many numbers.
    """
    plain = _plain(text)
    if len(plain) > _BODY:
        return normalise(text)
    if len(plain) < least:
        raise ValueError(f"give at least the first {least} letters and digits of a case number, this has {len(plain)}")
    if strange := next((c for c in plain if c not in _VALUES), None):
        raise ValueError(f"{strange!r} does not occur in a case number")
    spelt = f"{plain[:_GROUP]}-{plain[_GROUP:]}" if len(plain) >= _GROUP else plain
    return f"{spelt}-" if len(plain) == _BODY else spelt


def is_number(text: str) -> bool:
    """Return whether ``text`` can be read as a case number."""
    try:
        normalise(text)
    except ValueError:
        return False
    return True


def access_code(secret: bytes, case_id: UUID) -> str:
    """Return the code with which the applicant may see the case, ``XXXX-XXXX``: derived from the secret, never stored."""
    digest = hmac.digest(secret, b"darcha access code\n" + case_id.bytes, hashlib.sha256)
    code = _spell(int.from_bytes(digest[:5], "big"), _BODY)
    return f"{code[:_GROUP]}-{code[_GROUP:]}"


def opens(secret: bytes, case_id: UUID, given: str) -> bool:
    """Return whether ``given``, as a person typed it, is the access code of the case. Takes constant time."""
    return hmac.compare_digest(_plain(given).encode(), _plain(access_code(secret, case_id)).encode())


def _plain(text: str) -> str:
    return "".join(c for c in text.upper() if c not in _SEPARATORS).translate(_READ_AS)


def _spell(value: int, length: int) -> str:
    return "".join(ALPHABET[(value >> (5 * place)) & 31] for place in reversed(range(length)))


def _check(body: str) -> int:
    """Return the value of the check character: the sum of weight times value; its own weight is 1."""
    total = 0
    for character in body:
        total = _double(total ^ _VALUES[character])  # Horner: the first of eight characters is weighted by x⁸
    return total


def _double(value: int) -> int:
    """Multiply by the generator x in GF(32) with x⁵ + x² + 1."""
    value <<= 1
    return value ^ 0b100101 if value & 32 else value
