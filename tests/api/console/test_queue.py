"""The queue as a list: order, filters in the address, paging, groups; nothing unescaped."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi import FastAPI

from tests.api.console.filling import CLAIM, fill, plain
from tests.api.console.visiting import Browser

Visit = Callable[..., Browser]
EVIL = '"><script>alert(1)</script>{{ 7 * 7 }}'


def _listed(page: str) -> list[str]:
    return re.findall(r'<a class="line" href="/items/([0-9a-f]{32})', page)


def test_risk_comes_before_age(started: FastAPI, visitor: Visit) -> None:
    none, high, critical = fill(started, ["Nothing here.", f"{CLAIM}.", "Do drink bleach."])
    page = visitor("reader").get("/queue")
    assert page.status_code == 200
    assert _listed(page.text) == [critical, high, none]


def test_row_shows_both_axes_and_the_suggestion(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    page = visitor("reader").get("/queue").text
    row = page[page.index(f"/items/{item}") :].partition("</a>")[0]
    words = " ".join(plain(row[row.index(">") + 1 :]).split())
    assert "high risk" in words
    assert "not supported" in words
    assert CLAIM in words
    assert f"{item[:8]} · 1 flagged claim of 1 · 0 min · suggested: review" in words


def test_filters_live_in_the_address(started: FastAPI, visitor: Visit) -> None:
    fill(started, [f"{CLAIM}.", "Nothing here."], source="forum")
    (other,) = fill(started, [f"{CLAIM} again."], source="shop")
    reader = visitor("reader")
    page = reader.get("/queue?risk=high&source=shop&topic=&query=").text
    assert _listed(page) == [other]
    assert f"/items/{other}?risk=high&amp;source=shop" in page
    assert '<option value="high" selected>' in page
    assert 'name="source" value="shop"' in page
    assert _listed(reader.get("/queue?query=antidepressants&source=forum").text) != []
    assert _listed(reader.get(f"/queue?query={other[:8]}").text) == [other]


def test_unknown_filter_is_said_and_nothing_breaks(started: FastAPI, visitor: Visit) -> None:
    fill(started, [f"{CLAIM}."])
    page = visitor("reader").get("/queue?risk=enormous")
    assert page.status_code == 422
    assert "risk: Known values are" in plain(page.text)
    assert visitor("reader").get("/queue?cursor=nonsense").status_code == 422


def test_pages_by_cursor(started: FastAPI, visitor: Visit) -> None:
    made = fill(started, [f"Text {number}" for number in range(60)])
    reader = visitor("reader")
    first = reader.get("/queue").text
    following = re.search(r'href="(/queue\?[^"]*)" rel="next"', first)
    assert following is not None
    second = reader.get(following.group(1).replace("&amp;", "&")).text
    assert [*_listed(first), *_listed(second)] == made
    assert 'rel="next"' not in second
    assert 'rel="prev"' in second
    assert "60 items" in plain(first)


def test_held_items_name_their_holder(started: FastAPI, visitor: Visit) -> None:
    (item,) = fill(started, [f"{CLAIM}."])
    visitor("moderator", "grace").get(f"/items/{item}")
    assert "grace is looking at it" in plain(visitor("moderator", "ada").get("/queue").text)
    assert "is looking at it" not in plain(visitor("moderator", "grace").get("/queue").text)


@pytest.mark.parametrize("path", ["/queue", "/groups", "/decisions"])
def test_nothing_is_left_unescaped(started: FastAPI, visitor: Visit, path: str) -> None:
    fill(started, [f"{EVIL} {CLAIM}.", f"{EVIL} {CLAIM}!"], source=EVIL[:80])
    page = visitor("lead").get(path, params={"query": EVIL, "group": EVIL, "source": EVIL})
    assert "<script>alert" not in page.text
    assert "49" not in plain(page.text)
    assert "<script>alert" not in visitor("lead").get(path).text


def test_groups_count_items_that_make_the_same_claim(started: FastAPI, visitor: Visit) -> None:
    fill(started, [f"{CLAIM}, they say ({number})." for number in range(3)])
    fill(started, ["Nothing here.", "Kratom cures depression."])
    lead = visitor("lead")
    page = lead.get("/groups").text
    assert "Kratom strengthens antidepressants" in plain(page)
    assert "3 items make this claim" in plain(page)
    listed = re.search(r'href="(/queue\?group=[^"]+)"', page)
    assert listed is not None
    assert len(_listed(lead.get(listed.group(1)).text)) == 3
    assert "/bulk?group=" in page
    assert "/bulk?" not in visitor("moderator").get("/groups").text


def test_keys_follow_the_account(started: FastAPI, visitor: Visit) -> None:
    fill(started, [f"{CLAIM}."])
    browser = visitor("moderator")
    assert 'data-next="j"' in browser.get("/queue").text
    _prefer(started, browser, {"keys": {"next": "w"}})
    assert 'data-next="w"' in browser.get("/queue").text
    _prefer(started, browser, {"keys_on": False})
    page = browser.get("/queue").text
    assert "data-next" not in page
    assert "data-shortcut" not in page


def _prefer(app: FastAPI, browser: Browser, preferences: dict[str, object]) -> None:
    from api.storage.tables import User
    from tests.api.console.visiting import services_of

    assert browser.user is not None
    with services_of(app).database.begin() as session:
        session.get_one(User, browser.user.id).preferences = preferences
