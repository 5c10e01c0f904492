"""The mapping port: bounded, deterministic, honest about what it reads; values agree with the reference engine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import jsonata
import pytest

from gateway.domain.service import Expression
from gateway.sdk.mapping import FORBIDDEN, MappingError, MappingFailed, MappingInvalid, compile_expression, variables

DATA: dict[str, Any] = {
    "application": {"office": "namangan-center", "taken_at": "2026-11-02T09:30:00+05:00", "documents": [{"kind": "passport"}]},
    "applicants": [
        {"role": "applicant", "identifier": "30101850000017", "name": {"family": "Qodirova", "given": "Nilufar"}},
        {"role": "applicant", "identifier": "30202860000028", "name": {"family": "Sobirov", "given": "Jasur"}},
    ],
    "applicant": {"name": {"family": "Qodirova", "given": "Nilufar", "patronymic": None}, "address": {"territory": "1714401"}},
    "subject": None,
    "form": {
        "children": [{"name": "Aziza", "age": 4}],
        "shares": [{"holder": "a", "percent": 60}, {"holder": "b", "percent": 40}],
        "capital": 5000000,
        "area": 54.25,
        "wish": "  12-son  ",
        "odd key": 7,
    },
    "steps": {"child": {"status": "completed", "data": {"found": True, "act": "N-17"}}},
    "facts": {},
}


def made(source: str) -> Any:
    return compile_expression(Expression(source, "demo.jsonata")).evaluate(DATA)


@pytest.mark.parametrize(
    "source",
    [
        "form.capital",
        "form.capital * 2 + 1",
        "form.area / 2",
        "form.missing.deeper",
        "subject",
        "applicants.name.family",
        "applicants[1].name.given",
        "applicants[role='applicant' and identifier='30202860000028'].name.given",
        "form.children.name",
        "form.children.name[]",
        "form.children[age > 3]",
        "$sum(form.shares.percent)",
        "$count(form.shares)",
        "form.shares^(>percent).holder",
        "form.shares.{'who': $uppercase(holder), 'part': percent / 100}",
        "form.shares{holder: percent}",
        "$join(applicants.(name.family & ' ' & name.given), '; ')",
        "$trim(form.wish)",
        "$number($substringBefore($trim(form.wish), '-'))",
        "$substring(application.taken_at, 0, 10)",
        "form.`odd key`",
        "steps.child.data.found = true ? {'outcome': 'granted'} : null",
        "steps.child.status in ['completed', 'skipped']",
        "$exists(subject) ? subject.name : applicant.name",
        "{'a': form.missing, 'b': form.capital}",
        "{'list': [form.children.name], 'none': []}",
        "$map(form.shares, function($s) { $s.percent })",
        "$filter(form.shares, function($s) { $s.percent > 50 })",
        "($total := $sum(form.shares.percent); {'total': $total, 'whole': $total = 100})",
        "$lookup(form, 'capital')",
        "$merge([applicant.name, {'given': 'N.'}])",
        "$string(form.capital)",
        "$replace(application.office, /-.*$/, '')",
        "$match(application.taken_at, /(\\d+)-(\\d+)/).groups[1]",
        "$not($exists(facts.payment))",
        "form.shares ~> $count()",
        "application.documents[kind = 'passport'] ? 'yes' : 'no'",
        "$boolean(facts)",
        "'text with $now() in it'",
        "/* $now() in a comment */ 1",
    ],
)
def test_agrees_with_the_reference_engine(source: str) -> None:
    assert made(source) == jsonata.Jsonata(source).evaluate(DATA)


def test_undefined_is_none_and_single_elements_collapse() -> None:
    assert made("form.nothing") is None
    assert made("form.children.name") == "Aziza"
    assert made("form.children.name[]") == ["Aziza"]


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
@pytest.mark.parametrize(
    "shape",
    [
        "${}()",
        "form.${}(1)",
        "($f := ${}; $f(1))",
        "true ? 1 : ${}()",
        "$map([1], ${})",
        "[1] ~> ${}",
        "'a string' & ${} /* c */ (1)",
        '/"/ ~> ${}',
        "$match(form.wish, /['\"`]/) & ${}('x')",
        "form.capital / ${}() / 2",
        "form ~> |children|{{'x': ${}(1)}}|",
        "(form.capital) / 2 + ${}() / 3",
        "form.*/${}()/1",
    ],
)
def test_what_is_not_deterministic_or_runs_text_is_refused(name: str, shape: str) -> None:
    with pytest.raises(MappingInvalid) as caught:
        compile_expression(Expression(shape.format(name), "schemas/services/demo/input.jsonata"))
    assert caught.value.rule == "forbidden"
    assert f"${name}" in str(caught.value)
    assert "schemas/services/demo/input.jsonata" in str(caught.value)


@pytest.mark.parametrize(
    "source",
    ["'$now()'", '"\\"$now()"', "/* $eval('1') */ 2", "form.`$random`", "$replace('x', /$now/, 'y')", "$nowhere := 1"],
)
def test_their_names_in_text_are_no_use_of_them(source: str) -> None:
    compile_expression(Expression(source, "x.jsonata"))


def test_syntax_errors_name_file_and_line() -> None:
    with pytest.raises(MappingInvalid) as caught:
        compile_expression(Expression("{\n  'a': 1,\n  'b': +\n}", "input.jsonata"))
    assert (caught.value.rule, caught.value.line) == ("syntax", 3) or caught.value.line == 4
    assert "input.jsonata" in str(caught.value)


def test_a_function_that_nothing_defines_is_refused() -> None:
    with pytest.raises(MappingInvalid, match=r"line 2: nothing defines \$upperCase"):
        compile_expression(Expression("form\n.$upperCase(wish)", "input.jsonata"))


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("form.children.name", {("form", "children", "name")}),
        ("form.children[age > 3].name", {("form", "children", "name"), ("form", "children", "age")}),
        ("steps.child.data.found and $exists(subject)", {("steps", "child", "data", "found"), ("subject",)}),
        ("form.children.(name & $$.case.number)", {("form", "children", "name"), ("case", "number")}),
        ("$map(form.shares, function($s) { $s.percent })", {("form", "shares", "percent")}),
        ("($f := form; $f.capital)", {("form", "capital")}),
        ("form", {("form",)}),
        ("$", {()}),
        ("'constant'", set()),
    ],
)
def test_reads_names_every_path(source: str, paths: set[tuple[str, ...]]) -> None:
    assert compile_expression(Expression(source, "x")).reads() == paths


@pytest.mark.parametrize(
    "source",
    [
        "($f := function($n) { 1 + $f($n + 1) }; $f(0))",
        "($f := function($n) { $f($n + 1) }; $f(0))",
        "[1..9999999]",
        "$map([1..90000], function($a) { $sum([1..90000]) })",
        "($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $f('0123456789', 40))",
    ],
)
def test_runaway_expressions_are_stopped(source: str) -> None:
    with pytest.raises(MappingFailed) as caught:
        made(source)
    assert caught.value.rule == "too_costly"


def test_failures_name_the_expression_and_the_rule() -> None:
    with pytest.raises(MappingFailed, match=r"demo\.jsonata: evaluation: .*T2002") as caught:
        made("form.capital + 'x'")
    assert isinstance(caught.value, MappingError)
    with pytest.raises(MappingFailed, match="not_json"):
        compile_expression(Expression("when", "x")).evaluate({"when": datetime(2026, 1, 1, tzinfo=UTC)})


def test_the_same_source_is_compiled_once() -> None:
    assert compile_expression(Expression("form.a", "x")) is compile_expression(Expression("form.a", "x"))


def test_variables_are_found_where_they_are_used() -> None:
    assert [name for name, _ in variables("$a / $b /* $c */ & '$d' & `$e` & $$.x & $.y & /$f/ & $g(1)")] == ["a", "b", "g"]
