"""Pages of a list: the option, the next address, joining."""

from typing import Any

import orjson
import pytest
from yarl import URL

from adapters.rest.pages import Pages, PagesWrong, TooMuch, next_link
from tests.unit.rest.contracts import adapter, document

START = URL("https://a.uz/list?q=%D1%9E&page=1")


@pytest.mark.parametrize(
    ("option", "key"),
    [
        (None, ""),
        ({}, ""),
        ({"next": "link", "more": 1}, ""),
        ({"next": "links"}, "next"),
        ({"next": {"from": "/a"}}, "next"),
        ({"next": {"param": "a", "from": "a"}}, "next"),
        ({"next": {"param": "a", "step": -1}}, "next"),
        ({"next": {"param": "a", "other": 1}}, "next"),
        ({"next": "link", "most": 0}, "most"),
        ({"next": "link", "most": True}, "most"),
        ({"next": "link", "items": "data"}, "items"),
    ],
)
def test_wrong_options_are_told(option: Any, key: str) -> None:
    with pytest.raises(PagesWrong) as refused:
        Pages.of(option)
    assert refused.value.key == key


def test_only_what_changes_nothing_has_pages() -> None:
    agency = adapter(document({}), pages={"next": "link"})
    assert [flaw.key for flaw in agency.check()] == ["operations.x.options.pages"]


@pytest.mark.parametrize(
    ("option", "headers", "body", "following"),
    [
        ({"next": "link"}, {"link": '</list?page=2>; rel="next last"'}, [1], "/list?page=2"),
        ({"next": "link"}, {"link": '<a>; rel=prev, <b>; title="x, y"; rel=next'}, [1], "b"),
        ({"next": "link"}, {}, [1], None),
        ({"next": "/next", "items": "/data"}, {}, {"data": [1], "next": "https://a.uz/2"}, "https://a.uz/2"),
        ({"next": "/next", "items": "/data"}, {}, {"data": [1], "next": None}, None),
        (
            {"next": {"param": "cursor", "from": "/meta/next"}, "items": "/data"},
            {},
            {"data": [1], "meta": {"next": "a b"}},
            "cursor=a+b",
        ),
        ({"next": {"param": "cursor", "from": "/meta/next"}, "items": "/data"}, {}, {"data": [1], "meta": {"next": ""}}, None),
        ({"next": {"param": "page"}}, {}, [1], "page=2"),
        ({"next": {"param": "page", "first": 0}}, {}, [1], "page=1"),
        ({"next": {"param": "page"}}, {}, [], None),
        ({"next": {"param": "offset", "step": 2}}, {}, [1, 2], "offset=2"),
        ({"next": {"param": "offset", "step": 2}}, {}, [1], None),
    ],
)
def test_where_the_next_page_is(option: Any, headers: dict[str, str], body: Any, following: str | None) -> None:
    found = Pages.of(option).reader(START).take(headers, orjson.dumps(body))
    if following is None or "=" not in following or following.startswith("/"):
        assert found == following
    else:
        assert found is not None
        assert following in found.partition("?")[2].split("&")
        assert "q=%D1%9E" in found


def test_pages_are_joined_in_the_shape_of_the_first() -> None:
    reader = Pages.of({"next": "/next", "items": "/data/list"}).reader(START)
    first = orjson.dumps({"data": {"list": [1, 2], "total": 3}, "next": "/2"})
    assert reader.take({}, first) == "/2"
    assert reader.take({}, b'{"data": {"list": [3]}}') is None
    assert orjson.loads(reader.joined(first)) == {"data": {"list": [1, 2, 3], "total": 3}, "next": "/2"}


@pytest.mark.parametrize("second", [b"<html>", b'{"data": 1}', b'{"data": [], "next": "/2"}', b'{"data": [], "next": "/3"}'])
def test_half_a_list_is_no_list(second: bytes) -> None:
    reader = Pages.of({"next": "/next", "items": "/data", "most": 2}).reader(START)
    assert reader.take({}, b'{"data": [1], "next": "/2"}') == "/2"
    with pytest.raises(TooMuch):
        reader.take({}, second)


def test_links_that_are_none() -> None:
    assert next_link("") is None
    assert next_link("next") is None
    assert next_link('<x>; rel="nextone"') is None


def test_a_list_within_a_list_is_joined_in_its_place() -> None:
    reader = Pages.of({"items": "/0", "next": "link"}).reader(URL("http://a.uz/list"))
    reader.take({"link": '</list?page=2>; rel="next"'}, b'[[1], {"of": 2}]')
    reader.take({}, b'[[2], {"of": 2}]')
    assert reader.joined(b'[[1], {"of": 2}]') == b'[[1,2],{"of":2}]'
