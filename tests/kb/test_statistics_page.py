"""The page of figures: self-contained, well nested, escaped, and the same in pictures and numbers."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import date
from html.parser import HTMLParser

import pytest

from claimcheck.kb import statistics_page
from claimcheck.kb.statistics import Statistics, statistics
from claimcheck.kb.store import KnowledgeBase
from tests.kb.support import reference, small_sources

VOID = {"meta"}
HOSTILE = "<script>alert(1)</script> \"'&{{ 7 * 7 }}"


class Page(HTMLParser):
    """The elements of a page, its tables by heading, and whether it is well nested."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.bars: dict[str, list[float]] = {}
        self._heading = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.elements.append((tag, values))
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.open.append(tag)
        if tag == "h2":
            self._heading = ""
        if tag == "tr":
            self.tables.setdefault(self._heading, []).append([])
        if tag == "rect":
            length = values["width"] if "figure" not in self.open else values["height"]
            self.bars.setdefault(self._heading, []).append(float(length or -1))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    # A tag that closes itself is no end of another.
    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["h2"]:
            self._heading += data
        elif "tr" in self.open and data.strip():
            self.tables[self._heading][-1].append(data.strip())

    def rows(self, heading: str) -> dict[str, int]:
        return {row[0]: int(row[1]) for row in self.tables[heading][1:]}

    def values(self, attribute: str) -> list[str]:
        return [value for _, attrs in self.elements if (value := attrs.get(attribute))]


def figures(*years: str | None, publisher: str = "The Agency") -> Statistics:
    """Return the figures of the small base, with one reference a year if any is named."""
    found = small_sources()
    if years:
        found.references = [reference(f"ref-{n}", published=year) for n, year in enumerate(years)]
    found.references[0] = reference("ref-a", published=found.references[0].published, checked=False)
    for number, cited in enumerate(found.references):
        changes = {"publisher": publisher.replace("#", str(number))}
        found.references[number] = type(cited)(
            **{f: getattr(cited, f) for f in cited.__struct_fields__} | changes
        )
    return statistics(KnowledgeBase.build(found), today=date(2026, 11, 22))


def page(*years: str | None, publisher: str = "The Agency") -> Page:
    return Page(statistics_page.render(figures(*years, publisher=publisher)))


def test_it_loads_nothing_and_runs_nothing() -> None:
    text = statistics_page.render(figures())
    found = Page(text)
    tags = {tag for tag, _ in found.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "a", "image", "use"}
    assert not {"src", "href", "style", "onclick"} & {key for _, attrs in found.elements for key in attrs}
    assert "url(" not in text
    assert "@import" not in text


def test_its_policy_allows_its_own_style_alone() -> None:
    text = statistics_page.render(figures())
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert policy in Page(text).values("content")


def test_it_follows_the_reader_from_light_to_dark() -> None:
    text = statistics_page.render(figures())
    dark = re.search(r"prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}", text, re.DOTALL)
    light = re.search(r":root \{(.*?)\}", text, re.DOTALL)
    assert dark
    assert light
    names = set(re.findall(r"(--[a-z]+):", light[1]))
    assert set(re.findall(r"(--[a-z]+):", dark[1])) == names
    assert set(re.findall(r"var\((--[a-z]+)\)", text)) == names


def test_each_table_says_what_was_counted() -> None:
    found = page()
    assert found.rows("Statements by evidence") == {
        "supported": 2,
        "limited": 0,
        "mixed": 0,
        "insufficient": 2,
        "refuted": 1,
        "unknown": 0,
    }
    assert found.rows("Statements by grade") == {"very low": 0, "low": 5, "moderate": 0, "high": 0}
    risks = found.rows("Risks by code")
    assert (len(risks), risks["interaction"], risks["vulnerable group"]) == (12, 1, 1)
    assert found.rows("Monographs by kind") == {"drug class": 1, "herb": 1}
    assert found.rows("References that somebody opened") == {"opened": 1, "not opened": 1}
    assert found.rows("References by publisher") == {"The Agency": 2}
    assert found.rows("References by kind") == {"regulator": 2}
    assert found.rows("References by the day they were last read")["within a month"] == 2
    assert found.tables["Coverage"][1:] == [
        ["interventions", "2", "3"],
        ["conditions", "3", "0"],
        ["classes", "1", "0"],
    ]


def test_bars_are_as_long_as_their_numbers() -> None:
    found = page()
    assert found.bars["Statements by evidence"] == [100.0, 0.0, 0.0, 100.0, 50.0, 0.0]
    assert found.tables["Statements by evidence"][5] == ["refuted", "1", "20.0%"]
    assert found.bars["References that somebody opened"] == [100.0, 100.0]


def test_every_plot_is_within_or_before_a_table() -> None:
    found = page("2020", "2022")
    assert set(found.bars) == set(found.tables) - {"Coverage"}
    assert len(found.bars) == 9
    for tag, attrs in found.elements:
        if tag == "svg":  # a picture has words, what only repeats its row is left to the eyes
            assert attrs.get("aria-hidden") == "true" or (attrs["role"] == "img" and attrs["aria-label"])
    assert [attrs for tag, attrs in found.elements if tag == "th" and "scope" not in attrs] == []
    ids = found.values("id")
    assert len(ids) == len(set(ids))
    assert set(found.values("aria-labelledby")) <= set(ids)


def test_years_stand_side_by_side_without_gaps() -> None:
    found = page("2020-05", "2020", "2023", None)
    heading = "References by year of publication"
    assert found.rows(heading) == {"2020": 2, "2021": 0, "2022": 0, "2023": 1}
    assert found.bars[heading] == [100.0, 0.0, 0.0, 50.0, *[100.0, 0.0, 0.0, 50.0]]
    assert found.tables[heading][1][2] == "50.0%"  # of all references, dated or not


def test_the_oldest_documents_share_a_column() -> None:
    text = statistics_page.render(figures("1938", "1990", "2024", None))
    found = Page(text)
    rows = found.rows("References by year of publication")
    assert len(rows) == statistics_page.YEARS_SHOWN + 1
    assert (rows["before 1995"], rows["1995"], rows["2024"]) == (2, 0, 1)
    assert "The first column stands for all earlier years. Undated: 1." in text


def test_a_base_whose_documents_have_no_date_shows_no_years() -> None:
    text = statistics_page.render(figures(None))
    assert "<figure" not in text
    assert "Undated: 1." in text


def test_what_is_beyond_the_table_is_counted() -> None:
    years = ["2024"] * (statistics_page.ROWS_SHOWN + 3)
    text = statistics_page.render(figures(*years, publisher="Publisher #"))
    assert len(Page(text).rows("References by publisher")) == statistics_page.ROWS_SHOWN
    assert "3 others, with 3 references in all." in text


@pytest.mark.parametrize("years", [(), ("2024",)])
def test_words_of_the_knowledge_base_are_escaped(years: tuple[str, ...]) -> None:
    text = statistics_page.render(figures(*years, publisher=HOSTILE))
    assert "<script" not in text
    assert list(Page(text).rows("References by publisher")) == [HOSTILE]
