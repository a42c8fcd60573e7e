"""A knowledge base as small as one that passes every check can be, and ways to spoil it."""

from __future__ import annotations

from pathlib import Path

from claimcheck.kb import schema
from claimcheck.kb.sources import Sources
from claimcheck.types import Evidence, Grade, Jurisdiction, Kind, Relation, Risk, RiskLevel


def statement(
    relation: str,
    target: str | None,
    evidence: str,
    *,
    references: tuple[str, ...] = ("ref-a",),
    as_of: str = "2026-11",
) -> schema.Statement:
    """Return a written statement."""
    return schema.Statement(
        relation=Relation(relation),
        target=target,
        evidence=Evidence(evidence),
        summary="What is known.",
        grade=Grade.LOW,
        as_of=as_of,
        references=list(references),
    )


def risk(code: str, *, meets: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> schema.RiskEntry:
    """Return a written risk."""
    return schema.RiskEntry(
        code=Risk(code),
        level=RiskLevel.HIGH,
        because="It happens.",
        references=["ref-a"],
        with_=list(meets),
        groups=list(groups),
    )


def reference(
    identifier: str,
    *,
    url: str = "https://example.org/page",
    published: str | None = "2024-05-01",
    retrieved: str = "2026-11-22",
    kind: str = "regulator",
    checked: bool = True,
) -> schema.Reference:
    """Return a cited document."""
    return schema.Reference(
        id=identifier,
        title="A page",
        publisher="The Agency",
        url=url,
        published=published,
        retrieved=retrieved,
        kind=kind,
        checked=checked,
    )


def condition(
    identifier: str, *, broader: tuple[str, ...] = (), kind: Kind = Kind.CONDITION
) -> schema.Condition:
    """Return a condition that is not serious."""
    return schema.Condition(
        id=identifier, name=identifier.replace("-", " "), kind=kind, broader=list(broader)
    )


def small_sources() -> Sources:
    """Return sources without a problem, new at each call."""
    return Sources(
        meta=schema.Meta(date="2026.11.22"),
        monographs=[
            schema.Monograph(
                id="kratom",
                name="kratom",
                kind=Kind.HERB,
                aliases=["Mitragyna speciosa", "ketum"],
                ambiguous=["leaf"],
                statements=[
                    statement("treats", "depression", "insufficient"),
                    statement("potentiates", "ssris", "insufficient"),
                    statement("is_safe", None, "refuted"),
                    statement("harms", "pain", "supported"),
                ],
                risks=[
                    risk("interaction", meets=("ssris",)),
                    risk("vulnerable_group", groups=("pregnancy",)),
                ],
            ),
            schema.Monograph(id="st-johns-wort", name="St. John's wort", kind=Kind.HERB),
            schema.Monograph(
                id="ssris",
                name="SSRIs",
                kind=Kind.DRUG_CLASS,
                statements=[statement("treats", "depression", "supported")],
            ),
        ],
        conditions=[
            schema.Condition(
                id="depression",
                name="depression",
                kind=Kind.CONDITION,
                aliases=["low mood"],
                serious=True,
                treatments=["ssris"],
            ),
            condition("postnatal-depression", broader=("depression",)),
            condition("pain", kind=Kind.SYMPTOM),
        ],
        classes=[
            schema.DrugClass(
                id="ssris",
                name="SSRIs",
                aliases=["selective serotonin reuptake inhibitors"],
                members=["sertraline", "fluoxetine"],
                prescribed_for=["depression"],
                dangerous_to_stop=True,
                references=["ref-b"],
            )
        ],
        principles=[
            schema.Principle(
                id="no-herb-cures",
                kinds=[Kind.HERB],
                relations=[Relation.CURES],
                evidence=Evidence.INSUFFICIENT,
                summary="No herb is known to cure.",
                grade=Grade.LOW,
                as_of="2026-11",
                references=["ref-a"],
            )
        ],
        regulations=[
            schema.Regulation(
                id="us-disease",
                jurisdiction=Jurisdiction.US,
                applies_to_kinds=[Kind.HERB],
                relations=[Relation.CURES],
                target_kinds=[Kind.CONDITION],
                claim_class="disease_claim",
                rule="21 CFR 101.93(g)",
                message="A disease claim.",
                references=["ref-a"],
            )
        ],
        claim_tables=[
            schema.ClaimTable(
                id="permitted",
                title="A list",
                claim_class="authorised_health_claim",
                rules={Jurisdiction.EU: "A regulation", Jurisdiction.UK: "A register"},
                relations=[Relation.IMPROVES],
                opening="Permitted for",
                closing="No more.",
                references=["ref-a"],
                substances=[
                    schema.ListedSubstance(
                        id="kratom-leaf",
                        substance="kratom leaf",
                        interventions=["kratom"],
                        named=["ketum"],
                        conditions="One leaf  a day.",
                        effects=[
                            schema.ListedEffect(effect="calm", targets=["pain"]),
                            schema.ListedEffect(
                                effect="ease",
                                targets=["pain", "depression"],
                                relations=[Relation.RELIEVES],
                                conditions="Two leaves a day.",
                            ),
                            schema.ListedEffect(effect="what no concept stands for"),
                        ],
                        references=["ref-b"],
                    ),
                    schema.ListedSubstance(
                        id="chloride",
                        substance="chloride",
                        effects=[schema.ListedEffect(effect="digestion", targets=["pain"])],
                    ),
                ],
            )
        ],
        references=[reference("ref-a"), reference("ref-b")],
        names=[
            schema.Name(id="zoplexin", name="zoplexin", kind=Kind.DRUG, aliases=["Zoplex"]),
            schema.Name(id="kratom-plant", name="ketum", kind=Kind.HERB, aliases=["biak"]),
        ],
        indications=[schema.Indication(drug="sertraline", condition="low mood", references=["ref-b"])],
    )


META = "date: 2026.11.22\n"
MONOGRAPH = """\
id: kratom
name: kratom
kind: herb
aliases: [ketum]
statements:
  - relation: treats
    target: pain
    evidence: insufficient
    summary: Nothing shows it.
    grade: very_low
    as_of: "2026-11"
    references: [ref-a]
"""
CONDITIONS = "- {id: pain, name: pain, kind: symptom}\n"
REFERENCES = """\
- id: ref-a
  title: A page
  publisher: The Agency
  url: https://example.org/page
  published: "2024"
  retrieved: "2026-11-22"
  kind: regulator
"""


def write(directory: Path, **changed: str) -> Path:
    """Write a small base below ``directory``; a keyword replaces the file of that name."""
    files = {
        "meta": META,
        "monograph": MONOGRAPH,
        "conditions": CONDITIONS,
        "references": REFERENCES,
    } | changed
    places = {
        "meta": "meta.yaml",
        "monograph": "monographs/kratom.yaml",
        "conditions": "conditions/all.yaml",
        "references": "references/all.yaml",
    }
    for name, text in files.items():
        path = directory / places.get(name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return directory
