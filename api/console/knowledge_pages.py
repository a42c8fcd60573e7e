"""The knowledge base to read: search, lists, one page for each concept, rule and cited document."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, Response

from api import errors
from api.access.sessions import SignedIn
from api.console import browsing
from api.console.browsing import TARGETS, ClaimList
from api.console.context import show
from api.deps import ServicesDep
from api.errors import Problem
from claimcheck.judging.risk.registry import RULES
from claimcheck.judging.risk.rule import Rule
from claimcheck.kb.store import PrincipleRecord
from claimcheck.reporting import wording
from claimcheck.types import Evidence, Grade, Kind, Relation

router = APIRouter(prefix="/knowledge", include_in_schema=False, default_response_class=HTMLResponse)

MOST_NAMED = 60
"""Members of a class, or rows of a table, that a page shows at once; what is left out is counted."""
MOST_ROWS = 500

EVIDENCE: dict[Evidence, str] = {
    Evidence.SUPPORTED: "Supported",
    Evidence.LIMITED: "Limited",
    Evidence.MIXED: "Mixed",
    Evidence.INSUFFICIENT: "Insufficient",
    Evidence.REFUTED: "Refuted",
    Evidence.UNKNOWN: "Unknown here",
}
GRADE: dict[Grade, str] = {
    Grade.HIGH: "high (GRADE)",
    Grade.MODERATE: "moderate (GRADE)",
    Grade.LOW: "low (GRADE)",
    Grade.VERY_LOW: "very low (GRADE)",
}

Words = Annotated[str, Query(max_length=200)]
PageNumber = Annotated[int, Query(ge=1, le=10_000)]
Id = Annotated[str, Path(max_length=200)]


def relation(value: Relation) -> str:
    """Return what a statement says, affirmed: "treats"."""
    return wording.RELATION[value][0]


WORDS = SimpleNamespace(EVIDENCE=EVIDENCE, GRADE=GRADE, relation=relation)


def _kind(value: str) -> Kind | None:
    """Return the kind that a form names; an empty or unknown one is no restriction."""
    return Kind(value) if value in tuple(Kind) else None


def _addresses(path: str, **kept: str) -> Callable[[int], str]:
    """Return what makes the address of another page of the same list."""

    def address(page: int) -> str:
        given = {name: value for name, value in kept.items() if value}
        return f"{path}?{urlencode({**given, 'page': page})}"

    return address


@router.get("")
def search(request: Request, services: ServicesDep, _: SignedIn, q: Words = "") -> Response:
    """Search concepts by any of their names; without words, say how much there is."""
    kb = services.checker.kb
    words = q.strip()
    return show(
        request,
        "knowledge/search.html",
        kb=kb,
        query=words,
        found=kb.search(words, limit=browsing.MOST_FOUND) if words else (),
        most=browsing.MOST_FOUND,
        counts=browsing.counts(kb),
    )


@router.get("/interventions")
def interventions(
    request: Request,
    services: ServicesDep,
    _: SignedIn,
    kind: Words = "",
    bare: bool = False,
    page: PageNumber = 1,
) -> Response:
    """List what treats: substances, practices, devices and the like."""
    return _shelf(request, services, heading="Interventions", kind=_kind(kind), bare=bare, page=page)


@router.get("/conditions")
def conditions(
    request: Request,
    services: ServicesDep,
    _: SignedIn,
    kind: Words = "",
    bare: bool = False,
    page: PageNumber = 1,
) -> Response:
    """List what is treated: conditions, symptoms and functions."""
    return _shelf(request, services, heading="Conditions", kind=_kind(kind), bare=bare, page=page)


def _shelf(
    request: Request, services: ServicesDep, *, heading: str, kind: Kind | None, bare: bool, page: int
) -> Response:
    path = f"/knowledge/{heading.lower()}"
    targets = heading == "Conditions"
    rows = browsing.shelved(services.checker.kb, targets=targets, kind=kind, bare=bare)
    return show(
        request,
        "knowledge/shelf.html",
        heading=heading,
        path=path,
        kind=kind,
        kinds=sorted(one for one in Kind if (one in TARGETS) is targets),
        bare=bare,
        found=browsing.shelf(rows, page=page),
        address=_addresses(path, kind=kind or "", bare="1" if bare else ""),
    )


@router.get("/concepts/{concept_id}")
def concept(request: Request, services: ServicesDep, _: SignedIn, concept_id: Id) -> Response:
    """Show all that is known of one concept."""
    kb = services.checker.kb
    found = kb.concept(concept_id)
    if found is None:
        raise Problem(errors.UNKNOWN_CONCEPT)
    return show(
        request,
        "knowledge/concept.html",
        kb=kb,
        concept=found,
        is_target=found.kind in TARGETS,
        ancestors=kb.ancestors(found.id),
        members=kb.members(found.id),
        statements=kb.statements(found.id),
        statements_on=browsing.statements_on(kb, found.id),
        risks=kb.risks(found.id),
        regulations=browsing.regulations_on(kb, found),
        listed=browsing.listed_on(kb, found),
        most=MOST_NAMED if found.kind not in TARGETS else MOST_ROWS,
        words=WORDS,
    )


@router.get("/rules")
def rules(request: Request, services: ServicesDep, _: SignedIn) -> Response:
    """List the risk rules, the principles, the regulations and the law's lists."""
    kb = services.checker.kb
    return show(
        request,
        "knowledge/rules.html",
        kb=kb,
        rules=RULES,
        lists=browsing.claim_lists(kb),
        versions=services.checker.versions,
        words=WORDS,
    )


@router.get("/rules/{rule_id}")
def rule(request: Request, services: ServicesDep, _: SignedIn, rule_id: Id, page: PageNumber = 1) -> Response:
    """Show one rule: what it asks, what it rests on, and what of the knowledge base feeds it."""
    kb = services.checker.kb
    found = browsing.rule_of(kb, rule_id)
    more: dict[str, Any] = {}
    address = _addresses(f"/knowledge/rules/{rule_id}")
    match found:
        case None:
            raise Problem(errors.NOT_FOUND)
        case Rule():
            shape, heading = "risk", found.title
            more = {"found": browsing.shelf(browsing.risks_of_code(kb, found), page=page), "address": address}
        case ClaimList():
            shape = "listed"
            heading = f"{found.jurisdiction.upper()}: {found.claim_class.replace('_', ' ')}s"
            cited = tuple(dict.fromkeys(one for entry in found.entries for one in entry.references))
            more = {
                "found": browsing.shelf(found.entries, page=page),
                "address": address,
                "cited": cited[:MOST_NAMED],
            }
        case PrincipleRecord():
            shape, heading = "principle", "A principle of evidence"
        case _:
            shape, heading = "regulation", f"{found.jurisdiction.upper()}, {found.rule}"
    return show(
        request,
        "knowledge/rule.html",
        kb=kb,
        rule=found,
        rule_id=rule_id,
        shape=shape,
        heading=heading,
        words=WORDS,
        **more,
    )


@router.get("/references")
def references(
    request: Request,
    services: ServicesDep,
    _: SignedIn,
    q: Words = "",
    kind: Words = "",
    page: PageNumber = 1,
) -> Response:
    """List the cited documents, all or those whose title or publisher holds some words."""
    kb = services.checker.kb
    kinds = browsing.reference_kinds(kb)
    wanted = kind if kind in kinds else None
    return show(
        request,
        "knowledge/references.html",
        query=q.strip(),
        kind=wanted,
        kinds=kinds,
        found=browsing.shelf(browsing.references_found(kb, q, kind=wanted), page=page),
        address=_addresses("/knowledge/references", q=q.strip(), kind=wanted or ""),
    )


@router.get("/references/{reference_id}")
def reference(request: Request, services: ServicesDep, _: SignedIn, reference_id: Id) -> Response:
    """Show one cited document and everything that rests on it."""
    kb = services.checker.kb
    found = kb.reference(reference_id)
    if found is None:
        raise Problem(errors.NOT_FOUND)
    return show(
        request,
        "knowledge/reference.html",
        kb=kb,
        document=found,
        cited=browsing.citations(kb, found.id),
        most=MOST_ROWS,
        words=WORDS,
    )
