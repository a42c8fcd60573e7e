"""Ordinary posts, written by templates of our own: the same seed gives the same posts.

Posts have 5 to 60 words, in sentences on everyday matters that are filled in
differently each time; about one in fifty has a sentence with a health claim.
A few are what a platform's history also holds: empty, without text, twice the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SEED = 7
CLAIM_SHARE = 1 / 50
REPEATED_SHARE = 1 / 100
BAD_SHARE = 1 / 1_000
FEWEST_WORDS = 5
MOST_WORDS = 60
ROW_GROUP = 50_000

_SENTENCES = (
    "The {thing} in {place} was {state} again on {day}, so we {did} instead.",
    "{person} asked me whether the {thing} is still {state}, and I said {answer}.",
    "Does anybody know when the {thing} opens in {place}?",
    "We {did} for {number} hours and then {person} wanted to go home.",
    "I paid {number} euros for a {thing} and it was {state} after a week.",
    "{day} night: {person}, {number} friends and a {thing} that would not start.",
    "My {person} says the {thing} from {place} is better, but I liked ours.",
    "They are closing the {thing} near {place} in {number} days; sign the petition!",
    "Look at this {state} {thing} 😍 {place} never disappoints.",
    "Why is every {thing} in {place} {state}? Asking for {person}.",
    "The match ended {number} to {number}, and {person} {did} all evening.",
    "It rained in {place} on {day}, the train was late, and the {thing} was {state}.",
    "Reminder: bring your own {thing} on {day}, {person} has only {number}.",
    "I have been learning the {hobby} for {number} months and I am still terrible at it.",
    "New video is up: how we {did} with {number} euros in {place}.",
    "lol {person} still thinks the {thing} is {state}",
    "@{person} thanks, that is the best {hobby} advice I have had in {number} years",
    "Good morning {place}, coffee first!",
    "{thing} or {thing}? Wrong answers only.",
    "Selling: one {thing}, {state}, {number} euros, pick up in {place} before {day}.",
    "If you see {person} in {place} on {day}, say hello and ask about the {hobby}.",
    "Nobody told {person} that the {thing} moved to {place}, so {number} of us {did}.",
    "Unpopular opinion: the {thing} was never {state}, you just went on a {day}.",
)
_CLAIMS = (
    "{herb} {cures} {illness}, my {person} swears by it.",
    "I stopped my tablets and take {herb} for my {illness} now.",
    "A study found that {herb} may ease {illness} in adults.",
    "There is no evidence that {herb} {cures} {illness}.",
    "Doctors will not tell you that {herb} {cures} {illness}!",
    "Does {herb} really help with {illness}?",
)
_WORDS = {
    "thing": "bus stop|library|guitar|bakery|bridge|printer|coffee machine|bike lane|playlist|sofa|"
    "council page|car park|goalkeeper|sourdough|keyboard|festival|garden gate|old cinema|"
    "market hall|phone charger",
    "place": "Leeds|Ghent|the old town|Porto|our street|Lyon|the north side|Aarhus|the harbour|Graz|"
    "the village",
    "state": "closed|broken|wonderful|crowded|late|half empty|far too loud|on sale|repainted|freezing|"
    "sold out",
    "day": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday",
    "did": "walked along the river|watched the replay|cooked for six|played cards|argued about maps|"
    "fixed the fence|waited for the plumber|read on the balcony|packed boxes|sang badly",
    "person": "Ana|my neighbour|Tom|grandma|the new manager|Yusuf|my sister|Priya|the referee|Marek|"
    "our teacher",
    "answer": "no|probably|ask the desk|not before June|it depends on the weather|only on weekends",
    "hobby": "violin|tango|chess|pottery|drums|crochet|juggling|Basque",
    "herb": "turmeric|garlic|kratom|St John's wort|apple cider vinegar|ginger|vitamin D|melatonin|"
    "CBD oil|zinc|black seed oil|magnesium|echinacea|green tea",
    "cures": "cures|prevents|relieves|reverses|helps with|works better than any drug for",
    "illness": "cancer|a cold|depression|high blood pressure|diabetes|migraine|arthritis|insomnia|anxiety|"
    "nausea",
}
_CHOICES = {name: tuple(words.split("|")) for name, words in _WORDS.items()}


def posts(count: int, *, seed: int = SEED) -> Iterator[str | None]:
    """Yield ``count`` posts; a few are empty or none at all."""
    choice = random.Random(seed)
    earlier = "The council met on Tuesday."
    for _ in range(count):
        kind = choice.random()
        if kind < BAD_SHARE:
            yield choice.choice(("", " \n", None))
        elif kind < BAD_SHARE + REPEATED_SHARE:
            yield earlier
        else:
            earlier = _post(choice)
            yield earlier


def _post(choice: random.Random) -> str:
    wanted = choice.randint(FEWEST_WORDS, MOST_WORDS)
    sentences = [_filled(_CLAIMS, choice)] if choice.random() < CLAIM_SHARE else []
    while words_of(sentences) < wanted:
        sentences.append(_filled(_SENTENCES, choice))
    choice.shuffle(sentences)
    return " ".join(" ".join(sentences).split(" ")[:MOST_WORDS])


def words_of(sentences: list[str]) -> int:
    """Return how many words the sentences have together."""
    return sum(sentence.count(" ") + 1 for sentence in sentences)


def _filled(templates: tuple[str, ...], choice: random.Random) -> str:
    number = str(choice.randint(2, 90))
    chosen = {name: choice.choice(words) for name, words in _CHOICES.items()}
    sentence = choice.choice(templates).format(number=number, **chosen)
    return sentence[0].upper() + sentence[1:]


def write(path: Path, count: int, *, seed: int = SEED) -> int:
    """Write ``count`` posts with their ids to a Parquet file; return their words."""
    schema = pa.schema([pa.field("id", pa.string()), pa.field("text", pa.string())])
    words = 0
    waiting: list[str | None] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for number, post in enumerate(posts(count, seed=seed), start=1):
            waiting.append(post)
            words += len(post.split()) if post else 0
            if len(waiting) == ROW_GROUP or number == count:
                ids = [f"p{number - len(waiting) + place:07d}" for place in range(len(waiting))]
                writer.write_batch(
                    pa.record_batch([pa.array(ids), pa.array(waiting, pa.string())], schema=schema)
                )
                waiting = []
    return words
