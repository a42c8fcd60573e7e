"""Features of sentences and of claim candidates.

Names are blinded (Patel et al. 2022, "healthsea"): every known intervention
becomes ``<int>``, every known target ``<condition>``, ``<symptom>`` or
``<function>``, so that the classifier learns how claims are made and not which
remedies the training texts happen to speak of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from claimcheck.types import Relation

NGRAMS = (1, 3)


@dataclass(frozen=True, slots=True)
class SentenceView:
    """What a classifier may know of a sentence: blinded words and its surroundings."""

    words: tuple[str, ...]
    kind: str
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CandidateView:
    """What a classifier may know of one relation cue with its arguments.

    ``sentence_score`` is the sentence classifier's chance that the sentence
    holds a claim; for training it must come from folds that never saw the
    sentence.
    """

    relation: Relation
    order: str
    weak: bool
    cue: str
    before_cue: tuple[str, ...]
    after_cue: tuple[str, ...]
    intervention: str  # known, generic, phrase, none
    target: str  # condition, symptom, function, intervention, phrase, implied, none
    intervention_gap: int
    target_gap: int
    sentence_kind: str
    sentence_score: float
    sentence_length: int
    rivals: int


def sentence_tokens(view: SentenceView) -> list[str]:
    """Return the n-grams and marks of a sentence, as strings."""
    words = view.words[:120]
    grams: list[str] = []
    padded = ("<s>", *words, "</s>")
    for size in range(NGRAMS[0], NGRAMS[1] + 1):
        grams += [" ".join(padded[i : i + size]) for i in range(len(padded) - size + 1)]
    grams.append(f"kind={view.kind}")
    grams.append(f"length={min(len(words) // 6, 6)}")
    grams += [f"before={w}" for w in set(view.before[:60])]
    return grams


def candidate_features(view: CandidateView) -> dict[str, float]:
    """Return named features of a candidate, for a hashing or dictionary vectoriser."""
    relation = view.relation.value
    gap_left, gap_right = min(view.intervention_gap, 12) // 3, min(view.target_gap, 9) // 3
    shape = f"{view.intervention}>{view.target}"
    features: dict[str, float] = {
        "score": view.sentence_score,
        f"relation={relation}": 1.0,
        f"score*{relation}": view.sentence_score,
        f"order={view.order}": 1.0,
        f"weak={view.weak}": 1.0,
        f"cue={view.cue}>{relation}": 1.0,
        f"cue={view.cue}>{relation}>{view.target}": 1.0,
        f"intervention={view.intervention}": 1.0,
        f"target={view.target}": 1.0,
        f"shape={shape}": 1.0,
        f"shape={shape}>{relation}": 1.0,
        f"{relation}>{view.target}": 1.0,
        f"kind={view.sentence_kind}": 1.0,
        f"left={gap_left}": 1.0,
        f"right={gap_right}": 1.0,
        f"length={min(view.sentence_length // 8, 6)}": 1.0,
        f"rivals={min(view.rivals, 4)}": 1.0,
    }
    for offset, word in enumerate(reversed(view.before_cue), 1):
        features[f"b{offset}={word}"] = 1.0
        features[f"b={word}"] = 1.0
    for offset, word in enumerate(view.after_cue, 1):
        features[f"a{offset}={word}"] = 1.0
    return features


def blind(
    forms: Sequence[str], start: int, end: int, names: Sequence[tuple[int, int, str]]
) -> tuple[str, ...]:
    """Return the forms of a token range with names replaced by their kinds.

    ``names`` holds (start, end, placeholder), in order, none overlapping.
    """
    words: list[str] = []
    position = start
    for name_start, name_end, placeholder in names:
        words += _plain(forms, position, name_start)
        words.append(placeholder)
        position = name_end
    words += _plain(forms, position, end)
    return tuple(words)


def _plain(forms: Sequence[str], start: int, end: int) -> list[str]:
    return ["<n>" if f[0].isdigit() else f for f in forms[start:end] if f]
