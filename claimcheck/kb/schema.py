"""The shape of the knowledge base, as people write it.

One YAML file a monograph, readable by a pharmacist who writes no code.
Decoding is strict: an unknown key or label is an error that names its place.
"""

from __future__ import annotations

import msgspec

from claimcheck.types import Evidence, Grade, Jurisdiction, Kind, Relation, Risk, RiskLevel

# What a scaffold holds in the place of each value that only a person can give; no label is spelled so,
# and a file that still holds it passes no check.
PLACEHOLDER = "FILL_ME_IN"


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A cited document.

    ``published`` and ``retrieved`` are ISO dates (``YYYY``, ``YYYY-MM`` or
    ``YYYY-MM-DD``); ``checked`` is false where nobody could open the page.
    """

    id: str
    title: str
    publisher: str
    url: str
    published: str | None = None
    retrieved: str
    licence: str = "all rights reserved; facts only"
    kind: str  # regulator guideline systematic_review trial label monograph law
    checked: bool = True


class Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is known of one intervention, relation and target.

    ``target`` is a condition, function or intervention id; None says the
    statement holds for any target.  ``limits`` names form, dose or group.
    ``exact`` keeps it to this pair: neither a member of a class nor a narrower
    target is answered by it.
    """

    relation: Relation
    target: str | None = None
    evidence: Evidence
    summary: str
    grade: Grade
    as_of: str
    references: list[str]
    limits: str | None = None
    exact: bool = False


class RiskEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A way in which the intervention can hurt.

    ``with`` (interaction) names interventions or classes; ``groups``
    (vulnerable_group) any of pregnancy, breastfeeding, infants, children,
    frail_age; ``max_daily_mg`` (dosage) the amount above which it fires.
    """

    code: Risk
    level: RiskLevel
    because: str
    references: list[str]
    with_: list[str] = msgspec.field(default_factory=list, name="with")
    groups: list[str] = []
    jurisdictions: list[Jurisdiction] = []
    max_daily_mg: float | None = None


class Monograph(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One intervention or class of interventions."""

    id: str
    name: str
    kind: Kind
    aliases: list[str] = []
    ambiguous: list[str] = []
    classes: list[str] = []
    statements: list[Statement] = []
    risks: list[RiskEntry] = []


class Condition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A disease, symptom or function that interventions are said to affect.

    ``treatments`` (needed where ``serious``) are ids of the effective
    treatments that must not be left; ``broader`` ids of wider conditions.
    """

    id: str
    name: str
    kind: Kind
    aliases: list[str] = []
    ambiguous: list[str] = []
    broader: list[str] = []
    serious: bool = False
    treatments: list[str] = []


class DrugClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A class of medicines, by the names of its members."""

    id: str
    name: str
    aliases: list[str] = []
    ambiguous: list[str] = []
    members: list[str]
    classes: list[str] = []
    prescribed_for: list[str] = []
    dangerous_to_stop: bool = False
    references: list[str] = []


class Principle(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A statement that holds for a whole class of claims.

    Applies where the intervention has one of ``kinds`` or is (a member of) one
    of ``interventions``, the relation is one of ``relations`` and the target,
    where ``targets`` is given, is one of them or narrower.
    """

    id: str
    kinds: list[Kind] = []
    interventions: list[str] = []
    relations: list[Relation]
    targets: list[str] = []
    target_kinds: list[Kind] = []
    evidence: Evidence
    summary: str
    grade: Grade
    as_of: str
    references: list[str]


class Regulation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the law of one jurisdiction calls a kind of claim.

    ``interventions`` and ``targets``, where given, narrow it to those ids.
    """

    id: str
    jurisdiction: Jurisdiction
    applies_to_kinds: list[Kind]
    relations: list[Relation]
    target_kinds: list[Kind]
    interventions: list[str] = []
    targets: list[str] = []
    claim_class: str
    rule: str
    message: str
    references: list[str]


class ListedEffect(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a list of the law says of one effect of a substance, in our words.

    ``targets`` are the conditions or functions that a text means by it; without
    one the entry stands for the record and meets no claim.  ``relations`` and
    ``conditions``, where given, take the place of the table's and the substance's.
    """

    effect: str
    targets: list[str] = []
    relations: list[Relation] = []
    conditions: str | None = None


class ListedSubstance(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A nutrient, substance or food as the law names it, and its listed effects.

    ``interventions`` are the concepts that a text means by it.  Where a concept
    is wider than the substance, ``named`` holds the words that the text must use.
    ``rule``, where given, takes the place of the table's.
    """

    id: str
    substance: str
    interventions: list[str] = []
    named: list[str] = []
    conditions: str | None = None
    rule: str | None = None
    effects: list[ListedEffect]
    references: list[str] = []


class ClaimTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A list of the law that names claims one by one: permitted, qualified or refused.

    ``rules`` says under which provision each jurisdiction has it; ``opening``
    begins and ``closing`` ends the message of every note.
    """

    id: str
    title: str
    claim_class: str
    rules: dict[Jurisdiction, str]
    relations: list[Relation]
    opening: str
    closing: str = ""
    references: list[str]
    substances: list[ListedSubstance]


class Name(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A bare name compiled in for recognition; nothing is known of it here."""

    id: str
    name: str
    kind: Kind
    aliases: list[str] = []
    ambiguous: list[str] = []


class Indication(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An indication taken from a public table, not from a reviewer; both sides are names."""

    drug: str
    condition: str
    references: list[str]


class Meta(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The date of the knowledge base, ``YYYY.MM.DD``: the readable part of its version."""

    date: str
