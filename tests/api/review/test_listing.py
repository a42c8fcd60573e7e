"""The queue's order, its filters, its cursors, its groups."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import deciding, facets, leases, listing
from api.review.errors import FilterError
from api.review.listing import Filters
from api.storage.columns import new_id, now
from api.storage.tables import DecisionAction, Item, ItemState
from claimcheck.types import Action, Assessment, Relation, RiskLevel
from tests.api.review.conftest import KRATOM, Submit

CURES = "Now antidepressants and cures depression."
SERTRALINE = "We know that sertraline treats depression."
BLEACH = "Just drink bleach."
_MOST_PAGES = 50
ALL = (KRATOM, CURES, SERTRALINE, BLEACH, "Nothing.")


def _ids(session: Session, filters: Filters, **options: object) -> list[str]:
    return [item.id for item in listing.page(session, filters, **options).items]  # type: ignore[arg-type]


def _walk(session: Session, filters: Filters, *, limit: int) -> list[list[str]]:
    pages: list[list[str]] = []
    after = None
    while len(pages) < _MOST_PAGES:
        page = listing.page(session, filters, after=after, limit=limit)
        pages.append([item.id for item in page.items])
        if page.next is None:
            return pages
        after = page.next
    raise AssertionError("the cursors lead round in a circle")


def test_by_risk_then_priority_then_age(session: Session, submit: Submit) -> None:
    made = {text: submit(session, text) for text in ALL}
    old = submit(session, KRATOM)
    old.created_at = now() - timedelta(days=1)
    session.flush()
    order = [BLEACH, None, KRATOM, CURES, SERTRALINE, "Nothing."]
    expected = [old.id if text is None else made[text].id for text in order]
    assert _ids(session, Filters()) == expected


@pytest.mark.parametrize("state", [ItemState.PENDING, None])
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_pages_hold_everything_once_in_both_directions(
    session: Session, submit: Submit, ada: Actor, limit: int, state: ItemState | None
) -> None:
    moment = now()
    for index, text in enumerate(ALL * 3):
        item = submit(session, text)
        # Equal places and equal times: the id alone decides.
        item.created_at = moment - timedelta(seconds=index % 2)
    session.flush()
    if state is None:
        for item in listing.page(session, Filters(), limit=4).items:
            deciding.decide(session, item.id, actor=ada, action=DecisionAction.ALLOW, expected_version=1)
    filters = Filters(state=state)
    whole = _ids(session, filters)
    assert len(whole) == len(set(whole)) == 15
    pages = _walk(session, filters, limit=limit)
    assert [one for page in pages for one in page] == whole
    back: list[list[str]] = []
    last = listing.page(session, filters, limit=limit)
    for _ in pages[1:]:
        assert last.next is not None
        last = listing.page(session, filters, after=last.next, limit=limit)
    for number in range(len(pages), 0, -1):
        back.insert(0, [item.id for item in last.items])
        assert (last.previous is None) == (number == 1)
        last = listing.page(session, filters, after=last.previous, limit=limit)
    assert [one for page in back for one in page] == whole


def test_what_is_decided_meanwhile_shifts_nothing(session: Session, submit: Submit, ada: Actor) -> None:
    for _ in range(4):
        submit(session)
    whole = _ids(session, Filters())
    first = listing.page(session, Filters(), limit=2)
    for item in first.items:
        deciding.decide(session, item.id, actor=ada, action=DecisionAction.ALLOW, expected_version=1)
    assert _ids(session, Filters(), after=first.next) == whole[2:]


@pytest.mark.parametrize(
    ("filters", "texts"),
    [
        (Filters(), ALL),
        (Filters(state=ItemState.DECIDED), ()),
        (Filters(risk=RiskLevel.HIGH), (KRATOM, BLEACH)),
        (Filters(risk=RiskLevel.NONE), ALL),
        (Filters(topic="kratom"), (KRATOM, CURES)),
        (Filters(language="en"), ALL),
        (Filters(language="de"), ()),
        (Filters(source="forum"), (KRATOM,)),
        (Filters(action=Action.REVIEW), (KRATOM, CURES, SERTRALINE)),
        (Filters(relation=Relation.CURES), (CURES,)),
        (Filters(assessment=Assessment.SUPPORTED), (SERTRALINE,)),
        (Filters(relation=Relation.CURES, assessment=Assessment.CONTRADICTED), (CURES,)),
        (Filters(relation=Relation.CURES, assessment=Assessment.SUPPORTED), ()),
        (Filters(group="potentiates|kratom|antidepressants"), (KRATOM,)),
        (Filters(query="post-"), (KRATOM,)),
        (Filters(query="post-_"), ()),
        (Filters(query="POST-1%"), ()),
        (Filters(query="Kratom"), (KRATOM, CURES)),
        (Filters(query="depress"), (KRATOM, CURES, SERTRALINE)),
        (Filters(query="%"), ()),
        (Filters(query="nothing at all"), ()),
    ],
)
def test_filters(session: Session, submit: Submit, filters: Filters, texts: tuple[str, ...]) -> None:
    for text in ALL:
        named = {"source": "forum", "external_id": "post-1"} if text == KRATOM else {}
        submit(session, text, **named)
    found = listing.page(session, filters).items
    assert sorted(item.text for item in found) == sorted(texts)
    assert listing.count(session, filters) == len(texts)


def test_a_relation_and_an_assessment_are_of_one_claim(session: Session, submit: Submit) -> None:
    submit(session, f"{KRATOM} {SERTRALINE}")
    mixed = Filters(relation=Relation.TREATS, assessment=Assessment.UNSUPPORTED)
    assert listing.count(session, mixed) == 0
    assert listing.count(session, Filters(relation=Relation.TREATS, assessment=Assessment.SUPPORTED)) == 1


def test_search_by_id_and_by_text(session: Session, submit: Submit) -> None:
    items = [submit(session) for _ in range(3)]
    other = submit(session, SERTRALINE)
    assert _ids(session, Filters(query=items[1].id)) == [items[1].id]
    assert items[1].id in _ids(session, Filters(query=items[1].id[:4]))
    assert _ids(session, Filters(query=other.text_sha256)) == [other.id]


def test_search_with_more_hits_than_are_named(
    session: Session, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [submit(session, text) for text in (KRATOM, CURES, KRATOM, SERTRALINE)]
    filters = Filters(query="kratom")
    named = _ids(session, filters)
    monkeypatch.setattr(listing, "_CANDIDATES", 1)
    assert _ids(session, filters) == named
    assert set(named) == {item.id for item in items[:3]}


def test_by_whom_and_from_where(session: Session, submit: Submit, ada: Actor, lead: Actor) -> None:
    job_id = new_id()
    first, second = submit(session, job_id=job_id), submit(session)
    leases.assign(session, first, to="ada", actor=lead)
    assert _ids(session, Filters(assigned="ada")) == [first.id]
    assert _ids(session, Filters(job=job_id)) == [first.id]
    deciding.decide(session, second.id, actor=ada, action=DecisionAction.ALLOW, expected_version=1)
    assert _ids(session, Filters(state=ItemState.DECIDED, decided_by="ada")) == [second.id]
    assert _ids(session, Filters(state=ItemState.DECIDED, decided_by="lea")) == []
    assert set(_ids(session, Filters(state=None))) == {first.id, second.id}


def test_the_next_item_is_one_that_nobody_else_holds(
    session: Session, submit: Submit, ada: Actor, ben: Actor
) -> None:
    for _ in range(3):
        submit(session)
    first, second, third = listing.page(session, Filters()).items
    leases.take(session, first, actor=ben)
    assert listing.next_item(session, Filters(), actor=ben) is first
    assert listing.next_item(session, Filters(), actor=ada) is second
    assert listing.next_item(session, Filters(), actor=ada, after=listing.cursor_after(second)) is third
    assert listing.next_item(session, Filters(topic="none"), actor=ada) is None
    first.lease_until = now() - timedelta(seconds=1)
    session.flush()
    assert listing.next_item(session, Filters(), actor=ada) is first


def test_counting_is_bounded(session: Session, submit: Submit) -> None:
    for _ in range(5):
        submit(session)
    assert listing.count(session, Filters(), most=3) == 3
    assert listing.count(session, Filters()) == 5


def test_groups_are_the_largest_first(session: Session, submit: Submit) -> None:
    for text in (KRATOM, KRATOM, KRATOM, CURES, CURES, SERTRALINE):
        submit(session, text)
    groups = listing.groups(session, Filters())
    assert [(g.count, g.top_risk, g.relation, g.intervention, g.target) for g in groups] == [
        (3, RiskLevel.HIGH, "potentiates", "kratom", "antidepressants"),
        (2, RiskLevel.MODERATE, "cures", "kratom", "depression"),
    ]
    example = session.get(Item, groups[0].example_item_id)
    assert example is not None and example.group_key == groups[0].key
    assert len(_ids(session, Filters(group=groups[0].key))) == 3
    assert len(listing.groups(session, Filters(topic="kratom"), limit=1)) == 1


@pytest.mark.parametrize("level", list(RiskLevel))
@given(priority=st.floats(0, 1))
def test_a_place_keeps_the_order_of_risk_and_priority(level: RiskLevel, priority: float) -> None:
    place = facets.place(level, priority)
    assert facets.level_at(place) is level
    assert (place <= facets.least_place(RiskLevel.HIGH)) == (level.rank >= RiskLevel.HIGH.rank)


_VALUES = st.one_of(
    st.none(), st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=40)
)


@given(
    filters=st.builds(
        Filters,
        state=st.sampled_from([*ItemState, None]),
        risk=st.sampled_from([*RiskLevel, None]),
        topic=_VALUES,
        source=_VALUES,
        query=_VALUES,
        action=st.sampled_from([*Action, None]),
        relation=st.sampled_from([*Relation, None]),
    )
)
def test_filters_survive_the_address_line(filters: Filters) -> None:
    read = Filters.from_query(filters.to_query())
    assert read == Filters.from_query(read.to_query())
    assert (read.state, read.risk, read.action, read.relation) == (
        filters.state,
        filters.risk,
        filters.action,
        filters.relation,
    )
    assert read.topic == ((filters.topic or "").strip() or None)


def test_other_names_and_empty_values_are_left_alone() -> None:
    assert Filters.from_query({"page": "2", "topic": "", "risk": " ", "state": ""}) == Filters()


@pytest.mark.parametrize("cursor", ["", "x", "é", "WzFd", "bnVsbA", "A" * 500, "W10", "WyJuIiwxLCJ4IiwieSJd"])
def test_what_is_no_cursor(session: Session, cursor: str) -> None:
    with pytest.raises(FilterError) as caught:
        listing.page(session, Filters(), after=cursor)
    assert caught.value.field == "cursor"
