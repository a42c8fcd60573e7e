"""The knowledge base, readable."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api import errors, knowledge
from api.deps import ServicesDep
from api.openapi import problems
from api.schemas import checks as schemas

router = APIRouter(prefix="/v1", tags=["knowledge"])

_PROBLEMS = (errors.INVALID_REQUEST, errors.BUSY, errors.TIME_LIMIT, errors.NOT_READY)


@router.get(
    "/concepts",
    operation_id="searchConcepts",
    summary="Search interventions and conditions by name",
    responses=problems(*_PROBLEMS),
)
async def search_concepts(
    query: Annotated[schemas.ConceptsQuery, Query()], services: ServicesDep
) -> schemas.ConceptsReply:
    """Find concepts whose name or alias is, begins with or holds the words given, best first."""
    search = partial(knowledge.found_concepts, services.checker.kb, query.q, limit=query.limit)
    return await services.runner.run(search)


@router.get(
    "/concepts/{id}",
    operation_id="getConcept",
    summary="One concept and all that is stated of it",
    responses=problems(*_PROBLEMS, errors.UNKNOWN_CONCEPT),
)
async def get_concept(
    concept_id: Annotated[str, Path(alias="id", max_length=200)], services: ServicesDep
) -> schemas.ConceptReply:
    """Show one concept: names, wider and narrower ones, statements and risks with references."""
    page = partial(knowledge.concept_page, services.checker.kb, concept_id)
    return await services.runner.run(page)


@router.get(
    "/evidence",
    operation_id="getEvidence",
    summary="What is known of an intervention and a target",
    responses=problems(*_PROBLEMS, errors.UNKNOWN_CONCEPT),
)
async def get_evidence(
    query: Annotated[schemas.EvidenceQuery, Query()], services: ServicesDep
) -> schemas.EvidenceReply:
    """List every statement that bears on the pair, nearest first: `basis` says how.

    Without a target, every statement on the intervention and its classes.
    """
    page = partial(
        knowledge.evidence_page, services.checker.kb, intervention=query.intervention, target=query.target
    )
    return await services.runner.run(page)


@router.get(
    "/rules",
    operation_id="getRules",
    summary="Everything that decides and is not a monograph",
    responses=problems(errors.BUSY, errors.TIME_LIMIT, errors.NOT_READY),
)
async def get_rules(services: ServicesDep) -> schemas.RulesReply:
    """List the risk rules, principles, regulations and the law's lists of claims, with what each rests on."""
    page = partial(knowledge.rules_page, services.checker.kb, services.checker.versions)
    return await services.runner.run(page)
