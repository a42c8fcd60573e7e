"""One concept of the knowledge base: as plain values, and as a page for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from claimcheck.kb.schema import Reference
from claimcheck.kb.store import Concept, KnowledgeBase, RiskRecord, StatementRecord
from claimcheck.types import Evidence

MEMBERS_SHOWN = 200
_NAMES_SHOWN = 12


class BriefDict(TypedDict):
    """A concept by name."""

    id: str
    name: str
    kind: str


class DocumentDict(TypedDict):
    """A cited document; ``checked`` is false where nobody could open it."""

    title: str
    publisher: str
    url: str
    published: str | None
    retrieved: str
    id: str
    kind: str
    licence: str
    checked: bool


class StatementEntry(TypedDict):
    """What is stated of the concept."""

    id: str
    relation: str
    target: BriefDict | None
    status: str
    grade: str
    summary: str
    limits: str | None
    exact: bool
    as_of: str
    generated: bool
    references: list[DocumentDict]


class RiskEntry(TypedDict):
    """A way in which the concept can hurt."""

    code: str
    level: str
    because: str
    interacts_with: list[BriefDict]
    groups: list[str]
    jurisdictions: list[str]
    max_daily_mg: float | None
    references: list[DocumentDict]


class ConceptPage(TypedDict):
    """Everything known of one concept; the same object as ``GET /v1/concepts/{id}``."""

    id: str
    name: str
    kind: str
    reviewed: bool
    aliases: list[str]
    ancestors: list[BriefDict]
    members: list[BriefDict]
    member_count: int
    serious: bool
    treatments: list[BriefDict]
    prescribed_for: list[BriefDict]
    dangerous_to_stop: bool
    statements: list[StatementEntry]
    risks: list[RiskEntry]


def concept_page(concept: Concept, kb: KnowledgeBase) -> ConceptPage:
    """Return everything ``kb`` holds on ``concept``, the members cut at :data:`MEMBERS_SHOWN`."""
    members = kb.members(concept.id)
    return {
        "id": concept.id,
        "name": concept.name,
        "kind": concept.kind.value,
        "reviewed": concept.reviewed,
        "aliases": list(dict.fromkeys((*concept.aliases, *concept.ambiguous))),
        "ancestors": _briefs(kb.ancestors(concept.id), kb),
        "members": _briefs(members[:MEMBERS_SHOWN], kb),
        "member_count": len(members),
        "serious": concept.serious,
        "treatments": _briefs(concept.treatments, kb),
        "prescribed_for": _briefs(concept.prescribed_for, kb),
        "dangerous_to_stop": concept.dangerous_to_stop,
        "statements": [_statement(record, kb) for record in kb.statements(concept.id)],
        "risks": [_risk(record, kb) for record in kb.risks(concept.id)],
    }


def print_page(page: ConceptPage, console: Console) -> None:
    """Print the page: names, classes, statements by evidence, risks, each with its sources."""
    kind = _words(page["kind"])
    console.print(Text.assemble((page["name"], "bold underline"), f"  {kind}  ({page['id']})"))
    if not page["reviewed"]:
        console.print("Known by name only: nobody has reviewed it.")
    _print_names(console, "Also called", page["aliases"])
    _print_briefs(console, "Belongs to", page["ancestors"])
    _print_briefs(console, "Includes", page["members"], total=page["member_count"])
    _print_briefs(console, "Effective treatments", page["treatments"])
    _print_briefs(console, "Prescribed for", page["prescribed_for"])
    if page["serious"]:
        console.print("A serious condition: its treatment must not be left.")
    if page["dangerous_to_stop"]:
        console.print("Dangerous to stop without a doctor.")
    _print_statements(console, page["statements"])
    _print_risks(console, page["risks"])


def _statement(record: StatementRecord, kb: KnowledgeBase) -> StatementEntry:
    return {
        "id": record.id,
        "relation": record.relation.value,
        "target": None if record.target is None else _brief(record.target, kb),
        "status": record.evidence.value,
        "grade": record.grade.value,
        "summary": record.summary,
        "limits": record.limits,
        "exact": record.exact,
        "as_of": record.as_of,
        "generated": record.generated,
        "references": _documents(record.references, kb),
    }


def _risk(record: RiskRecord, kb: KnowledgeBase) -> RiskEntry:
    return {
        "code": record.code.value,
        "level": record.level.value,
        "because": record.because,
        "interacts_with": _briefs(record.with_, kb),
        "groups": list(record.groups),
        "jurisdictions": [jurisdiction.value for jurisdiction in record.jurisdictions],
        "max_daily_mg": record.max_daily_mg,
        "references": _documents(record.references, kb),
    }


def _brief(concept_id: str, kb: KnowledgeBase) -> BriefDict:
    concept = kb.concept(concept_id)
    if concept is None:  # a knowledge base that has not passed its checks
        return {"id": concept_id, "name": concept_id, "kind": "other"}
    return {"id": concept.id, "name": concept.name, "kind": concept.kind.value}


def _briefs(concept_ids: Iterable[str], kb: KnowledgeBase) -> list[BriefDict]:
    return [_brief(concept_id, kb) for concept_id in concept_ids]


def _documents(reference_ids: Iterable[str], kb: KnowledgeBase) -> list[DocumentDict]:
    found = (kb.reference(reference_id) for reference_id in reference_ids)
    return [_document(reference) for reference in found if reference is not None]


def _document(reference: Reference) -> DocumentDict:
    return {
        "title": reference.title,
        "publisher": reference.publisher,
        "url": reference.url,
        "published": reference.published,
        "retrieved": reference.retrieved,
        "id": reference.id,
        "kind": reference.kind,
        "licence": reference.licence,
        "checked": reference.checked,
    }


def _print_briefs(
    console: Console, title: str, concepts: list[BriefDict], *, total: int | None = None
) -> None:
    _print_names(console, title, [concept["name"] for concept in concepts], total=total)


def _print_names(console: Console, title: str, names: list[str], *, total: int | None = None) -> None:
    if not names:
        return
    hidden = (total or len(names)) - len(names[:_NAMES_SHOWN])
    more = f" and {hidden} more" if hidden else ""
    console.print(Text.assemble((f"{title}: ", "bold"), ", ".join(names[:_NAMES_SHOWN]) + more))


def _print_statements(console: Console, statements: list[StatementEntry]) -> None:
    console.print()
    console.print(Text(f"Statements ({len(statements)})", style="bold"))
    for evidence in Evidence:
        alike = [entry for entry in statements if entry["status"] == evidence]
        if not alike:
            continue
        console.print()
        console.print(Text(f"Evidence: {_words(evidence)} ({len(alike)})", style="bold cyan"))
        for entry in alike:
            _print_statement(console, entry)


def _print_statement(console: Console, entry: StatementEntry) -> None:
    target = entry["target"]["name"] if entry["target"] else "(any target)"
    title = Text(f"{_words(entry['relation'])} {target}: ", style="bold")
    title.append(f"grade {_words(entry['grade'])}, as of {entry['as_of']}", style="not bold")
    title.append(", from a public table" if entry["generated"] else "", style="not bold")
    console.print(title)
    _indented(console, entry["summary"])
    if entry["limits"]:
        _indented(console, f"Holds for: {entry['limits']}")
    if entry["exact"]:
        _indented(console, "Holds for this pair alone: no member of the class, no narrower target")
    _print_documents(console, entry["references"])


def _print_risks(console: Console, risks: list[RiskEntry]) -> None:
    console.print()
    console.print(Text(f"Risks ({len(risks)})", style="bold"))
    for entry in risks:
        console.print(Text(f"{_words(entry['code'])}: {entry['level']}", style="bold"))
        _indented(console, entry["because"])
        concerns = [concept["name"] for concept in entry["interacts_with"]]
        concerns += [_words(group) for group in entry["groups"]]
        concerns += [jurisdiction.upper() for jurisdiction in entry["jurisdictions"]]
        if concerns:
            _indented(console, f"Concerns: {', '.join(concerns)}")
        if entry["max_daily_mg"] is not None:
            _indented(console, f"Above {entry['max_daily_mg']:g} mg a day")
        _print_documents(console, entry["references"])


def _print_documents(console: Console, documents: list[DocumentDict]) -> None:
    for document in documents:
        unchecked = "" if document["checked"] else "; not opened"
        dates = f"{document['published'] or 'undated'} (read {document['retrieved']}{unchecked})"
        _indented(console, f"· {document['title']}. {document['publisher']}, {dates}")
        console.print(f"     {document['url']}", style="blue", soft_wrap=True)


def _words(label: str) -> str:
    return label.replace("_", " ")


def _indented(console: Console, line: str) -> None:
    console.print(Padding(Text(line), (0, 0, 0, 3), expand=False))
