"""Every rule of a clock that an event can break is told in each language: the codes are looked for in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.application.languages import LANGUAGES
from gateway.application.messages import RULES, localise
from gateway.domain.errors import Problem

DOMAIN = Path(__file__).parents[3] / "gateway" / "domain"
CYRILLIC, LATIN = re.compile("[а-яё]{2}", re.IGNORECASE), re.compile("[a-z]{2}", re.IGNORECASE)


def codes(module: ast.Module) -> Iterator[str]:
    """Yield the codes with which ``ClockRefused`` is raised, also through a local name or a helper's parameter."""
    for function in ast.walk(module):
        if not isinstance(function, ast.FunctionDef):
            continue
        for call in ast.walk(function):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "ClockRefused"):
                continue
            code = call.args[0]
            if isinstance(code, ast.Constant):
                yield str(code.value)
                continue
            assert isinstance(code, ast.Name), f"{function.name}: the code of a refusal is a word, or a name of one"
            names = [argument.arg for argument in function.args.args]
            if code.id in names:
                yield from _given(module, function.name, names.index(code.id) - (names[0] == "self"))
            else:
                yield from _assigned(function, code.id)


def _given(module: ast.Module, function: str, place: int) -> Iterator[str]:
    for call in ast.walk(module):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute | ast.Name):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id
            if name == function:
                yield from _words(call.args[place])


def _assigned(function: ast.FunctionDef, name: str) -> Iterator[str]:
    for line in ast.walk(function):
        if isinstance(line, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in line.targets):
            yield from _words(line.value)


def _words(value: ast.expr) -> Iterator[str]:
    """The words that an expression may yield: ``"a" if … else "b"`` has two, and its condition none."""
    if isinstance(value, ast.IfExp):
        yield from _words(value.body)
        yield from _words(value.orelse)
    else:
        assert isinstance(value, ast.Constant), ast.unparse(value)
        yield str(value.value)


FOUND = sorted({code for path in DOMAIN.glob("*.py") for code in codes(ast.parse(path.read_text("utf-8")))})


def test_the_codes_are_found() -> None:
    known = {"after_expiry", "notice_after_expiry", "dated_ahead", "ground_of_requests", "too_many_extensions", "twice"}
    assert known <= set(FOUND) and len(FOUND) >= 17


@pytest.mark.parametrize("code", FOUND)
def test_each_has_a_text_in_every_language(code: str) -> None:
    assert code in RULES, f"put {code!r} into gateway/application/messages.py"
    told = {language: localise(Problem("", code, "the English of engineers"), language) for language in LANGUAGES}
    assert len(set(told.values())) == len(LANGUAGES) and "the English of engineers" not in told.values()
    assert CYRILLIC.search(told["ru"]) and CYRILLIC.search(told["ky"])
    assert LATIN.search(told["uz"]) and not CYRILLIC.search(told["uz"]) and not CYRILLIC.search(told["en"])
