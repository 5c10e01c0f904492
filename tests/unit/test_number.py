"""Case numbers: every slip of one character and every exchange of two is found."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.number import ALPHABET, SPACE, access_code, beginning, is_number, normalise, number_of, opens

values = st.integers(0, SPACE - 1)


@pytest.mark.parametrize(("value", "number"), [(0, "0000-0000-0"), (1, "0000-0001-2"), (SPACE - 1, number_of(SPACE - 1))])
def test_shape(value: int, number: str) -> None:
    assert number_of(value) == number == normalise(number)
    assert len(number) == 11


@pytest.mark.parametrize("value", [-1, SPACE])
def test_out_of_range(value: int) -> None:
    with pytest.raises(ValueError, match="case number is made from"):
        number_of(value)


@given(values, values)
def test_different_values_have_different_numbers(one: int, other: int) -> None:
    assert (number_of(one) == number_of(other)) == (one == other)


@given(values)
def test_every_single_error_is_found(value: int) -> None:
    plain = number_of(value).replace("-", "")
    for place, right in enumerate(plain):
        for wrong in ALPHABET:
            if wrong != right:
                assert not is_number(plain[:place] + wrong + plain[place + 1 :])


@given(values)
def test_every_exchange_of_two_characters_is_found(value: int) -> None:
    plain = number_of(value).replace("-", "")
    for one in range(len(plain)):
        for other in range(one + 1, len(plain)):
            if plain[one] != plain[other]:
                swapped = list(plain)
                swapped[one], swapped[other] = plain[other], plain[one]
                assert not is_number("".join(swapped))


CYRILLIC = str.maketrans("ABCEHKMPTXY0", "АВСЕНКМРТХУО")


@given(values)
def test_people_may_write_it_their_way(value: int) -> None:
    number = number_of(value)
    for spelling in (
        number.lower(),
        number.replace("-", ""),
        f"  {number.replace('-', ' – ')}\n",
        number.replace("1", "l").replace("0", "o"),
        number.replace("1", "I").replace("0", "O"),
        number.translate(CYRILLIC),
        number.translate(CYRILLIC).lower(),
    ):
        assert normalise(spelling) == number


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "this has 0"),
        ("0000-0000", "this has 8"),
        ("0000-0000-00", "this has 10"),
        ("0000-00U0-0", "'U' does not occur"),
        ("0000-00Ж0-0", "'Ж' does not occur"),
        ("0000-0001-3", "check character"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        normalise(text)


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert not is_number(text) or is_number(normalise(text))


def test_access_code_is_derived() -> None:
    case, other = UUID(int=7), UUID(int=8)
    code = access_code(b"secret", case)
    assert code == access_code(b"secret", case) != access_code(b"secret", other)
    assert code != access_code(b"another secret", case)
    assert len(code) == 9 and set(code) <= set(ALPHABET + "-")
    assert opens(b"secret", case, code) and opens(b"secret", case, f" {code.lower().replace('-', '')} ")
    assert not opens(b"secret", other, code) and not opens(b"secret", case, "") and not opens(b"secret", case, "ж😀")


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("7k3", "7K3"),
        ("7k3m", "7K3M-"),
        ("7K3M9", "7K3M-9"),
        ("7k3m-9xyz", "7K3M-9XYZ-"),
        ("OIL", "011"),
        (number_of(7), number_of(7)),
    ],
)
def test_a_beginning_has_one_spelling(text: str, means: str) -> None:
    assert beginning(text) == means
    assert number_of(7).startswith(beginning(number_of(7)[:5]))


@pytest.mark.parametrize("text", ["", "7K", "7K!", "7K3M-9XYZ-0-0"])
def test_what_is_no_beginning(text: str) -> None:
    with pytest.raises(ValueError, match="case number"):
        beginning(text)
