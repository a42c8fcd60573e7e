"""English verb forms for cue lists, so that a list holds a verb once.

Regular spelling rules plus the irregular verbs that cue lists use; a verb that
follows neither must be written out in the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

IRREGULAR = {
    "be": ("is", "are", "was", "were", "be", "been", "being", "am"),
    "beat": ("beat", "beats", "beating", "beaten"),
    "build": ("build", "builds", "building", "built"),
    "burn": ("burn", "burns", "burning", "burned", "burnt"),
    "come": ("come", "comes", "coming", "came"),
    "cut": ("cut", "cuts", "cutting"),
    "do": ("do", "does", "doing", "did", "done"),
    "drink": ("drink", "drinks", "drinking", "drank"),
    "eat": ("eat", "eats", "eating", "ate", "eaten"),
    "fight": ("fight", "fights", "fighting", "fought"),
    "get": ("get", "gets", "getting", "got", "gotten"),
    "give": ("give", "gives", "giving", "gave", "given"),
    "go": ("go", "goes", "going", "went", "gone"),
    "have": ("have", "has", "having", "had"),
    "keep": ("keep", "keeps", "keeping", "kept"),
    "lead": ("lead", "leads", "leading", "led"),
    "make": ("make", "makes", "making", "made"),
    "occur": ("occur", "occurs", "occurring", "occurred"),
    "overcome": ("overcome", "overcomes", "overcoming", "overcame"),
    "quit": ("quit", "quits", "quitting"),
    "rebuild": ("rebuild", "rebuilds", "rebuilding", "rebuilt"),
    "rid": ("rid", "rids", "ridding"),
    "say": ("say", "says", "saying", "said"),
    "shed": ("shed", "sheds", "shedding"),
    "shrink": ("shrink", "shrinks", "shrinking", "shrank", "shrunk"),
    "speed": ("speed", "speeds", "speeding", "sped"),
    "swear": ("swear", "swears", "swearing", "swore"),
    "take": ("take", "takes", "taking", "took", "taken"),
    "throw": ("throw", "throws", "throwing", "threw", "thrown"),
}
# Verbs that double their last letter before -ed and -ing.
DOUBLED = frozenset(("stop", "rub", "control", "skip"))
_PART = re.compile(r"\{([a-z]{2,20})\}|\[([a-z0-9 '|%]{0,120})\]|([^\[\]{}]{1,80})")


def verb_forms(verb: str) -> tuple[str, ...]:
    """Return base, third person, -ing and past forms of ``verb``."""
    if verb in IRREGULAR:
        return IRREGULAR[verb]
    if verb in DOUBLED:
        stem = verb + verb[-1]
        return (verb, verb + "s", stem + "ing", stem + "ed")
    if verb.endswith("ie"):
        return (verb, verb + "s", verb[:-2] + "ying", verb + "d")
    if verb.endswith("ee"):
        return (verb, verb + "s", verb + "ing", verb + "d")
    if verb.endswith("e"):
        return (verb, verb + "s", verb[:-1] + "ing", verb + "d")
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return (verb, verb[:-1] + "ies", verb + "ing", verb[:-1] + "ied")
    if verb.endswith(("s", "x", "z", "ch", "sh")):
        return (verb, verb + "es", verb + "ing", verb + "ed")
    return (verb, verb + "s", verb + "ing", verb + "ed")


def expand(template: str) -> Iterator[str]:
    """Yield every phrase a cue template stands for.

    ``{treat}`` stands for all forms of the verb, ``[a|b|]`` for one of the
    alternatives.

    Raises:
        ValueError: the template has an unclosed bracket or an unknown sign.
    """
    choices: list[tuple[str, ...]] = []
    position = 0
    for match in _PART.finditer(template):
        if match.start() != position:
            raise ValueError(f"cannot read cue template {template!r}")
        position = match.end()
        verb, alternatives, literal = match.groups()
        if verb:
            choices.append(verb_forms(verb))
        elif alternatives is not None:
            choices.append(tuple(alternatives.split("|")))
        else:
            choices.append((literal,))
    if position != len(template):
        raise ValueError(f"cannot read cue template {template!r}")
    for parts in product(*choices):
        yield " ".join("".join(parts).split())
