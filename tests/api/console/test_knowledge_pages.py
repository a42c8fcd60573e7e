"""The knowledge base's pages: each concept, rule and document is there, linked and escaped."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from api.console import browsing
from claimcheck.judging.risk.registry import RULES
from claimcheck.kb.store import KnowledgeBase
from claimcheck.types import Kind
from tests.api.console.filling import plain
from tests.api.console.visiting import Browser

SignedIn = Callable[..., Browser]


@pytest.fixture
def reader(visitor: SignedIn) -> Browser:
    """A reader: the pages are for everybody who is signed in."""
    return visitor("reader")


@pytest.mark.parametrize(
    ("query", "found"), [("Mitragyna", ["kratom"]), ("depress", ["depression"]), ("<zzz>", [])]
)
def test_search(reader: Browser, query: str, found: list[str]) -> None:
    page = reader.get("/knowledge", params={"q": query})
    assert page.status_code == 200
    assert re.findall(r'<li><a href="/knowledge/concepts/([^"]+)"', page.text) == found
    assert "<zzz>" not in page.text


def test_overview_counts_what_there_is(reader: Browser) -> None:
    page = plain(reader.get("/knowledge").text)
    assert re.search(r"Interventions described\s*3\b", page)
    assert re.search(r"Conditions and functions\s*2\b", page)
    assert re.search(r"Documents cited\s*1\b", page)


def test_concept_shows_statements_risks_and_law(reader: Browser) -> None:
    page = reader.get("/knowledge/concepts/kratom").text
    words = plain(page)
    assert "kratom treats mood disorder" in " ".join(words.split())
    assert page.count("<dt>Certainty of the evidence</dt><dd>low (GRADE)</dd>") == 3
    assert re.findall(r'evidence-word evidence-(\w+)"><strong>([^<]+)', page) == [
        ("insufficient", "Insufficient"),
        ("insufficient", "Insufficient"),
        ("refuted", "Refuted"),
    ]
    assert "The two together can be dangerous." in words
    assert "High risk" in words
    assert (
        '<a href="https://example.org/kratom?a=1&amp;b=2" rel="noopener noreferrer">Kratom &amp; health</a>'
        in page
    )
    assert "A regulator, 2024-07 (read 2026-11-22)" in words
    assert '<a href="/knowledge/rules/regulation.us-disease-claim">' in page
    assert "Mitragyna speciosa, ketum" in words


def test_condition_shows_what_acts_on_it(reader: Browser) -> None:
    page = reader.get("/knowledge/concepts/depression").text
    assert "sertraline treats depression" in " ".join(plain(page).split())
    assert re.search(r'href="/knowledge/concepts/sertraline#[^"]+"', page)
    assert "Effective treatments" in page


def test_every_link_within_the_knowledge_base_leads_somewhere(reader: Browser) -> None:
    seen: set[str] = set()
    waiting = ["/knowledge"]
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        page = reader.get(address)
        assert page.status_code == 200, address
        found = re.findall(r'href="(/knowledge[^"#]*)', page.text)
        waiting += [one.replace("&amp;", "&") for one in found]
    assert {f"/knowledge/rules/{rule.id}" for rule in RULES} < seen
    assert {"/knowledge/rules/principle.herbs-cure-nothing", "/knowledge/references/page"} < seen
    assert {"/knowledge/concepts/kratom", "/knowledge/concepts/mood-disorder"} < seen


def test_reference_says_what_rests_on_it(reader: Browser) -> None:
    words = plain(reader.get("/knowledge/references/page").text)
    for heading in ("Statements (4)", "Risks (1)", "Principles (1)", "Regulations (1)"):
        assert heading in words
    assert "Listed claims" not in words


@pytest.mark.parametrize(
    "path",
    [
        "/knowledge/concepts/nothing",
        "/knowledge/rules/nothing",
        "/knowledge/rules/principle.nothing",
        "/knowledge/rules/regulation.",
        "/knowledge/rules/listed.eu.nothing",
        "/knowledge/references/nothing",
    ],
)
def test_what_is_not_there_is_not_found(reader: Browser, path: str) -> None:
    assert reader.get(path, headers={"accept": "text/html"}).status_code == 404


@pytest.mark.parametrize(("page", "status"), [("1", 200), ("9999", 200), ("0", 422), ("x", 422)])
def test_page_numbers_are_bounded(reader: Browser, page: str, status: int) -> None:
    assert reader.get("/knowledge/conditions", params={"page": page}).status_code == status


def test_nobody_reads_it_without_signing_in(reader: Browser) -> None:
    reader.cookies.clear()
    assert reader.get("/knowledge/concepts/kratom").status_code == 303


@pytest.fixture(scope="session")
def shipped() -> KnowledgeBase:
    """The knowledge base that is shipped."""
    return KnowledgeBase.load()


def test_shelves_hold_every_concept_once(shipped: KnowledgeBase) -> None:
    both = [
        concept.id
        for targets in (True, False)
        for concept in browsing.shelved(shipped, targets=targets, kind=None, bare=True)
    ]
    assert sorted(both) == sorted(concept.id for concept in shipped.concepts())
    herbs = browsing.shelved(shipped, targets=False, kind=Kind.HERB, bare=False)
    assert {concept.kind for concept in herbs} == {Kind.HERB}


def test_shelf_pages_hold_every_row_once() -> None:
    rows = list(range(250))
    pages = [browsing.shelf(rows, page=number) for number in (1, 2, 3)]
    assert [row for one in pages for row in one.rows] == rows
    assert [one.pages for one in pages] == [3, 3, 3]
    assert browsing.shelf(rows, page=99).page == 3
    assert browsing.shelf([], page=5).pages == 1


def test_lists_of_the_law_hold_every_entry_once(shipped: KnowledgeBase) -> None:
    lists = browsing.claim_lists(shipped)
    assert sorted(entry.id for one in lists for entry in one.entries) == sorted(
        entry.id for entry in shipped.listed_claims
    )
    assert {one.permits for one in lists} == {True, False}
    for one in lists:
        assert browsing.rule_of(shipped, one.id) == one
        assert browsing.list_of(shipped, one.entries[0]) == one


def test_law_of_a_shipped_substance(shipped: KnowledgeBase) -> None:
    concept = shipped.concept("vitamin-d")
    assert concept is not None
    assert any(
        entry.substance.lower().startswith("vitamin d") for entry in browsing.listed_on(shipped, concept)
    )
    assert any(one.jurisdiction == "us" for one in browsing.regulations_on(shipped, concept))


def test_citations_of_a_shipped_document(shipped: KnowledgeBase) -> None:
    cited = browsing.citations(shipped, "r-eu-432-2012")
    assert len(cited.listed_claims) > 100
    assert all("r-eu-432-2012" in entry.references for entry in cited.listed_claims)
    assert browsing.citations(shipped, "nothing").total == 0
