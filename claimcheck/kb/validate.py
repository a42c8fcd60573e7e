"""The checks that stand between a written knowledge base and its readers.

Run by ``claimcheck kb validate`` and by ``make check``.  Each check is one
function that yields problems; a problem names the file, the place and what is
wrong, so that whoever wrote it can mend it without reading code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path

from claimcheck.errors import KnowledgeBaseError
from claimcheck.kb import sources
from claimcheck.kb.compile import patterns_of, slug, sure_names
from claimcheck.kb.schema import PLACEHOLDER, ClaimTable, DrugClass, Monograph, Statement
from claimcheck.types import Evidence, Kind, Relation

GROUPS = frozenset(("pregnancy", "breastfeeding", "infants", "children", "frail_age"))
REFERENCE_KINDS = frozenset(
    ("regulator", "guideline", "systematic_review", "trial", "label", "monograph", "law", "dataset")
)
# These two settle a matter for the reader: nothing unopened may stand alone behind them.
WEIGHTY = frozenset((Evidence.SUPPORTED, Evidence.REFUTED))
# The share of statements that may lean on a page nobody could open.
UNCHECKED_SHARE = 0.10
# What a list of the law may say of a claim that it names.
LIST_CLASSES = frozenset(("authorised_health_claim", "qualified_health_claim", "refused_health_claim"))
_SLUG = re.compile(r"[a-z0-9]{1,60}(?:-[a-z0-9]{1,60}){0,12}")
# Where a key stands at the head of a line, or of the first line of a list's entry.
_KEY = re.compile(r"\s{0,40}(?:- )?(\w{1,40}):")
_ISO = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: in which file, at which place, and what."""

    path: str
    where: str
    message: str

    def __str__(self) -> str:
        """Return the one line a person reads."""
        return f"{self.path}: {self.where}: {self.message}"


def validate(directory: Path) -> list[Problem]:
    """Return every problem of the knowledge base in ``directory``, none if it may be built."""
    drafts = list(unfilled(directory))
    try:
        found = sources.read(directory)
    except KnowledgeBaseError as error:
        # A placeholder fits no schema: to name the lines says more than to name the first label.
        return drafts or [Problem(directory.name, "schema", str(error))]
    return drafts + [problem for check in CHECKS for problem in check(found)]


def is_slug(text: str) -> bool:
    """Tell whether ``text`` may be an id: lower-case words joined by hyphens."""
    return _SLUG.fullmatch(text) is not None


def unfilled(directory: Path) -> Iterator[Problem]:
    """Name each line of a monograph in which a scaffold's placeholder still stands."""
    for path in sorted((directory / "monographs").glob("*.yaml")):
        for number, line in enumerate(_written(path).split("\n"), 1):
            if PLACEHOLDER not in line or line.lstrip().startswith("#"):
                continue
            match = _KEY.match(line)
            key = match[1] if match else "a value"
            yield Problem(path.name, f"line {number}", f"still to be filled in: {key}")


def _written(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # sources.read says so
        return ""


def unique_ids(found: sources.Sources) -> Iterator[Problem]:
    """Each id has one owner; a drug class and its monograph are one concept."""
    seen: dict[str, str] = {}
    classes = {c.id for c in found.classes}
    entries = [(m.id, f"{m.id}.yaml") for m in found.monographs]
    entries += [(c.id, found.origin.get(c.id, "conditions")) for c in found.conditions]
    entries += [
        (c.id, "classes.yaml")
        for c in found.classes
        if not any(m.id == c.id and m.kind is Kind.DRUG_CLASS for m in found.monographs)
    ]
    for concept_id, path in entries:
        if not is_slug(concept_id):
            yield Problem(path, concept_id, "an id is lower-case words joined by hyphens")
        if concept_id in seen:
            yield Problem(path, concept_id, f"id already used in {seen[concept_id]}")
        seen.setdefault(concept_id, path)
    for monograph in found.monographs:
        if monograph.id in classes and monograph.kind is not Kind.DRUG_CLASS:
            yield Problem(
                f"{monograph.id}.yaml", "kind", "a class of this id exists: kind must be drug_class"
            )
    for label, ids in (
        ("references", [r.id for r in found.references]),
        ("principles.yaml", [p.id for p in found.principles]),
        ("regulation.yaml", [r.id for r in found.regulations]),
        ("regulation", [t.id for t in found.claim_tables]),
        *((f"regulation/{t.id}", [s.id for s in t.substances]) for t in found.claim_tables),
    ):
        for repeated in sorted({i for i in ids if ids.count(i) > 1}):
            yield Problem(label, repeated, "id used twice")


def one_owner_per_alias(found: sources.Sources) -> Iterator[Problem]:
    """No name stands for two interventions or for two targets, unless both list it as ambiguous."""
    for side, entries in _names_by_side(found).items():
        owners: dict[str, dict[str, bool]] = {}
        for concept_id, name, ambiguous in entries:
            for pattern in patterns_of(name):
                owners.setdefault(pattern, {})[concept_id] = ambiguous
        for pattern, holders in sorted(owners.items()):
            if len(holders) > 1 and not all(holders.values()):
                names = ", ".join(sorted(holders))
                yield Problem(side, " ".join(pattern.split()), f"alias with two owners: {names}")


def _names_by_side(found: sources.Sources) -> dict[str, list[tuple[str, str, bool]]]:
    interventions: list[tuple[str, str, bool]] = []
    targets: list[tuple[str, str, bool]] = []
    entries: list[Monograph | DrugClass] = [*found.monographs, *found.classes]
    for entry in entries:
        names = sure_names(entry.id, entry.name, entry.aliases, entry.ambiguous)
        interventions += [(entry.id, n, False) for n in names]
        interventions += [(entry.id, n, True) for n in entry.ambiguous]
    for condition in found.conditions:
        names = sure_names(condition.id, condition.name, condition.aliases, condition.ambiguous)
        targets += [(condition.id, n, False) for n in names]
        targets += [(condition.id, n, True) for n in condition.ambiguous]
    return {"interventions": interventions, "targets": targets}


def references_resolve(found: sources.Sources) -> Iterator[Problem]:
    """Every statement, risk, principle and rule of law cites documents that exist."""
    known = {r.id for r in found.references}
    for path, where, cited, needed in _citations(found):
        if needed and not cited:
            yield Problem(path, where, "no reference")
        for reference in cited:
            if reference not in known:
                yield Problem(path, where, f"reference {reference!r} does not exist")


def _citations(found: sources.Sources) -> Iterator[tuple[str, str, list[str], bool]]:
    for monograph in found.monographs:
        path = f"{monograph.id}.yaml"
        for statement in monograph.statements:
            yield path, _place(statement), statement.references, True
        for risk in monograph.risks:
            yield path, f"risk {risk.code}", risk.references, True
    for drug_class in found.classes:
        yield "classes.yaml", drug_class.id, drug_class.references, drug_class.dangerous_to_stop
    for principle in found.principles:
        yield "principles.yaml", principle.id, principle.references, True
    for regulation in found.regulations:
        yield "regulation.yaml", regulation.id, regulation.references, True
    for table in found.claim_tables:
        path = f"regulation/{table.id}"
        yield path, "table", table.references, True
        for entry in table.substances:
            yield path, entry.id, entry.references, False
    for indication in found.indications:
        yield "indications", f"{indication.drug} / {indication.condition}", indication.references, True


def no_dead_references(found: sources.Sources) -> Iterator[Problem]:
    """A document that nothing cites has no business here."""
    cited = {r for *_, references, _ in _citations(found) for r in references}
    for reference in found.references:
        if reference.id not in cited:
            yield Problem("references", reference.id, "cited by nothing")


def references_are_sound(found: sources.Sources) -> Iterator[Problem]:
    """Addresses, dates and kinds of cited documents."""
    today = date.today().isoformat()
    for reference in found.references:
        if not reference.url.startswith("https://") and not reference.url.startswith("http://"):
            yield Problem("references", reference.id, "url must be a web address")
        if reference.kind not in REFERENCE_KINDS:
            yield Problem(
                "references", reference.id, f"kind {reference.kind!r} is not one of {sorted(REFERENCE_KINDS)}"
            )
        for label, value in (("published", reference.published), ("retrieved", reference.retrieved)):
            if value is not None and (not _is_date(value) or value > today):
                yield Problem("references", reference.id, f"{label} {value!r} is not a past ISO date")
        if len(reference.retrieved) != len("2026-11-22"):
            yield Problem("references", reference.id, "retrieved must name the day")


def _is_date(value: str) -> bool:
    match = _ISO.fullmatch(value)
    if match is None:
        return False
    year, month, day = (int(g) if g else 1 for g in match.groups())
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def nothing_unopened_behind_a_verdict(found: sources.Sources) -> Iterator[Problem]:
    """``supported`` and ``refuted`` need at least one reference that somebody opened."""
    checked = {r.id for r in found.references if r.checked}
    leaning = 0
    total = 0
    weighed = [
        (f"{m.id}.yaml", _place(s), s.evidence, s.references) for m in found.monographs for s in m.statements
    ]
    weighed += [("principles.yaml", p.id, p.evidence, p.references) for p in found.principles]
    for path, where, evidence, references in weighed:
        total += 1
        opened = any(r in checked for r in references)
        leaning += not opened
        if evidence in WEIGHTY and references and not opened:
            yield Problem(path, where, f"an unopened reference alone behind {evidence!s}")
    if total and leaning / total > UNCHECKED_SHARE:
        yield Problem(
            "references", "checked", f"{leaning} of {total} statements lean on unopened pages alone"
        )


def no_dead_concepts(found: sources.Sources) -> Iterator[Problem]:
    """Every id that is pointed at exists, and stands on the right side."""
    interventions = {m.id for m in found.monographs} | {c.id for c in found.classes}
    targets = {c.id for c in found.conditions}
    drugs = interventions | {n.id for n in found.names if not n.kind.is_target}
    drugs |= {slug(member) for c in found.classes for member in c.members}
    for monograph in found.monographs:
        path = f"{monograph.id}.yaml"
        for statement in monograph.statements:
            on_intervention = statement.relation in (Relation.POTENTIATES, Relation.REPLACES)
            allowed = drugs if on_intervention else targets
            if statement.relation is Relation.HARMS:
                allowed = targets | drugs  # "antibiotics make the pill fail"
            if statement.target is not None and statement.target not in allowed:
                side = "intervention" if on_intervention else "condition or function"
                yield Problem(path, _place(statement), f"target is no known {side}")
        for parent in monograph.classes:
            if parent not in interventions:
                yield Problem(path, "classes", f"{parent!r} is no known class")
        for risk in monograph.risks:
            for other in risk.with_:
                if other not in drugs:
                    yield Problem(path, f"risk {risk.code}", f"with: {other!r} is no known intervention")
            for group in risk.groups:
                if group not in GROUPS:
                    yield Problem(
                        path, f"risk {risk.code}", f"group {group!r} is not one of {sorted(GROUPS)}"
                    )
    yield from _dead_in_conditions(found, targets, drugs)
    yield from _dead_in_law(found, targets, drugs)


def _dead_in_conditions(found: sources.Sources, targets: set[str], drugs: set[str]) -> Iterator[Problem]:
    for condition in found.conditions:
        path = found.origin.get(condition.id, "conditions")
        if not condition.kind.is_target:
            yield Problem(path, condition.id, f"kind {condition.kind!s} is no target")
        for parent in condition.broader:
            if parent not in targets:
                yield Problem(path, condition.id, f"broader: {parent!r} does not exist")
        for treatment in condition.treatments:
            if treatment not in drugs:
                yield Problem(path, condition.id, f"treatments: {treatment!r} does not exist")
    for drug_class in found.classes:
        for condition_id in drug_class.prescribed_for:
            if condition_id not in targets:
                yield Problem(
                    "classes.yaml", drug_class.id, f"prescribed_for: {condition_id!r} does not exist"
                )
    for principle in found.principles:
        for target in principle.targets:
            if target not in targets | drugs:
                yield Problem("principles.yaml", principle.id, f"target {target!r} does not exist")
        for intervention in principle.interventions:
            if intervention not in drugs:
                yield Problem(
                    "principles.yaml", principle.id, f"intervention {intervention!r} does not exist"
                )


def _dead_in_law(found: sources.Sources, targets: set[str], drugs: set[str]) -> Iterator[Problem]:
    """Rules and lists of the law name concepts that exist; a bare name will do."""
    known = targets | {n.id for n in found.names if n.kind.is_target}
    named = [("regulation.yaml", r.id, r.interventions, r.targets) for r in found.regulations]
    for table in found.claim_tables:
        for entry in table.substances:
            aims = [target for effect in entry.effects for target in effect.targets]
            named.append((f"regulation/{table.id}", entry.id, entry.interventions, aims))
    for path, where, interventions, aims in named:
        for intervention in interventions:
            if intervention not in drugs:
                yield Problem(path, where, f"intervention {intervention!r} does not exist")
        for target in aims:
            if target not in known:
                yield Problem(path, where, f"target {target!r} does not exist")


def lists_of_law_are_complete(found: sources.Sources) -> Iterator[Problem]:
    """A list says whose law it is and what it does; an entry says of what and to what effect."""
    for table in found.claim_tables:
        for where, missing in _incomplete_entries(table):
            yield Problem(f"regulation/{table.id}", where, missing)


def _incomplete_entries(table: ClaimTable) -> Iterator[tuple[str, str]]:
    if table.claim_class not in LIST_CLASSES:
        yield "claim_class", f"{table.claim_class!r} is not one of {sorted(LIST_CLASSES)}"
    if not table.rules:
        yield "rules", "no jurisdiction has it"
    for entry in table.substances:
        if not is_slug(entry.id):
            yield entry.id, "an id is lower-case words joined by hyphens"
        if not entry.effects:
            yield entry.id, "names no effect"
        if entry.rule is not None and len(table.rules) > 1:
            yield entry.id, "a rule of its own needs a table of one jurisdiction"
        if entry.named and not entry.interventions:
            yield entry.id, "words without a concept meet no claim"
        if any(not patterns_of(name) for name in entry.named):
            yield entry.id, "one of its names holds no word"
        effects = [effect.effect for effect in entry.effects]
        for repeated in sorted({e for e in effects if effects.count(e) > 1}):
            yield entry.id, f"listed twice: {repeated}"
        if not (table.relations or all(effect.relations for effect in entry.effects)):
            yield entry.id, "an effect without a relation meets no claim"


def no_conflicts(found: sources.Sources) -> Iterator[Problem]:
    """Two statements on one pair must agree, or a person has to say which is right."""
    alike = frozenset((Relation.TREATS, Relation.RELIEVES, Relation.IMPROVES))
    for monograph in found.monographs:
        for one, other in combinations(monograph.statements, 2):
            if one.target != other.target:
                continue
            same = one.relation is other.relation
            if same:
                yield Problem(f"{monograph.id}.yaml", _place(one), "stated twice")
            elif {one.relation, other.relation} <= alike and one.evidence is not other.evidence:
                yield Problem(
                    f"{monograph.id}.yaml",
                    _place(one),
                    f"conflicts with {_place(other)}: {one.evidence!s} against {other.evidence!s}",
                )


def serious_conditions_have_treatments(found: sources.Sources) -> Iterator[Problem]:
    """A serious condition names the effective treatments that must not be left."""
    for condition in found.conditions:
        if condition.serious and not condition.treatments:
            yield Problem(
                found.origin.get(condition.id, "conditions"),
                condition.id,
                "serious, but no treatment is named",
            )


def dates_of_statements(found: sources.Sources) -> Iterator[Problem]:
    """``as_of`` is a month that has been."""
    today = date.today().isoformat()
    dated = [(f"{m.id}.yaml", _place(s), s.as_of) for m in found.monographs for s in m.statements]
    dated += [("principles.yaml", p.id, p.as_of) for p in found.principles]
    for path, where, as_of in dated:
        if not _is_date(as_of) or as_of > today:
            yield Problem(path, where, f"as_of {as_of!r} is not a past ISO date")


def interactions_name_partners(found: sources.Sources) -> Iterator[Problem]:
    """An interaction without a partner, or a group risk without a group, can never fire."""
    for monograph in found.monographs:
        for place, missing in _incomplete_risks(monograph):
            yield Problem(f"{monograph.id}.yaml", place, missing)


def _incomplete_risks(monograph: Monograph) -> Iterable[tuple[str, str]]:
    for risk in monograph.risks:
        if risk.code == "interaction" and not risk.with_:
            yield "risk interaction", "names nothing it interacts with"
        if risk.code == "vulnerable_group" and not risk.groups:
            yield "risk vulnerable_group", "names no group"


def _place(statement: Statement) -> str:
    return f"{statement.relation} {statement.target or 'anything'}"


CHECKS: tuple[Callable[[sources.Sources], Iterator[Problem]], ...] = (
    unique_ids,
    one_owner_per_alias,
    references_resolve,
    no_dead_references,
    references_are_sound,
    nothing_unopened_behind_a_verdict,
    no_dead_concepts,
    no_conflicts,
    serious_conditions_have_treatments,
    dates_of_statements,
    interactions_name_partners,
    lists_of_law_are_complete,
)
