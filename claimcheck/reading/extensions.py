"""The attributes through which the stages speak, registered in one place.

``doc._.raw``        str                 the text as given: ``doc.text`` is put together anew each time
``doc._.spans``      TokenSpans          the code points of each token
``doc._.words``      tuple[str]          the text of each token
``doc._.spaced``     tuple[bool]         whether a blank follows it
``doc._.kinds``      tuple[str]          what cut each token (see claimcheck.surface)
``doc._.forms``      tuple[str]          comparable form of each token, "" for none
``doc._.sentences``  tuple[Sentence]     token ranges, with kind and heading
``doc._.haystack``   Haystack            the forms joined for matching (see claimcheck.reading.matching)
``doc._.mentions``   tuple[Mention]      names of interventions and targets
``doc._.cues``       tuple[Cue]          words that state a relation
``doc._.proposals``  tuple[Proposal]     claims with their arguments and probability
``doc._.polarity`` ``doc._.certainty`` ``doc._.stance`` ``doc._.source``
                     tuple[Qualified]    one a proposal, in the same order
``doc._.links``      tuple[Links]        concepts and referents, one a proposal
``doc._.signals``    tuple[Signal]       risks that need no claim
"""

from __future__ import annotations

from spacy.tokens import Doc

TUPLES = (
    "words",
    "spaced",
    "kinds",
    "forms",
    "sentences",
    "mentions",
    "cues",
    "proposals",
    "polarity",
    "certainty",
    "stance",
    "source",
    "links",
    "signals",
)


def register() -> None:
    """Register every attribute once; calling it again changes nothing."""
    defaults = {**dict.fromkeys(TUPLES, ()), "raw": "", "spans": None, "haystack": None}
    for name, default in defaults.items():
        if not Doc.has_extension(name):
            Doc.set_extension(name, default=default)


register()
