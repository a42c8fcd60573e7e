"""Works out how many core-hours, machines and euros a history of posts takes, from a measured rate.

Usage: python -m benchmarks.bulk.sizing --words-a-second RATE [RATE …] [--posts 300000000] [--words 40]
       [--price 0.04] [--ratio 1.0] [--cores 64 256 1024]

RATE is that of one core: what ``benchmarks.bulk.million`` prints, divided by its
workers.  ``--ratio`` is what ``benchmarks.bulk.spark_ratio`` prints.  The price
is that of one core for one hour, in whatever currency.  Prints a table.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

_HOUR = 3_600
POSTS = 300_000_000
WORDS = 40.0
PRICE = 0.04


@dataclass(frozen=True, slots=True)
class History:
    """What is to be scored, and what Spark and an hour of a core cost.

    Attributes:
        posts: how many there are.
        words: words of a post, on average.
        ratio: time of Spark to time of ``claimcheck bulk`` on as many cores.
        price: of a core for an hour.
    """

    posts: int = POSTS
    words: float = WORDS
    ratio: float = 1.0
    price: float = PRICE

    def core_hours(self, words_a_second: float) -> float:
        """Return posts x words x ratio / words a second of one core / 3,600."""
        return self.posts * self.words * self.ratio / words_a_second / _HOUR


def table(history: History, *, rates: Sequence[float], cores: Sequence[int]) -> str:
    """Return the sizing as a table in Markdown, a row for each rate."""
    wall = [f"hours on {count:,} cores" for count in cores]
    head = ["words/s of a core", "posts/s of a core", "core-hours", "cost", *wall]
    lines = [head, ["---:"] * len(head)]
    for rate in rates:
        hours = history.core_hours(rate)
        posts = rate / history.words / history.ratio
        cost = hours * history.price
        row = [f"{rate:,.0f}", f"{posts:,.0f}", f"{hours:,.0f}", f"{cost:,.0f}"]
        lines.append([*row, *(f"{hours / count:,.1f}" for count in cores)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words-a-second", type=float, nargs="+", required=True)
    parser.add_argument("--posts", type=int, default=POSTS)
    parser.add_argument("--words", type=float, default=WORDS)
    parser.add_argument("--ratio", type=float, default=1.0)
    parser.add_argument("--price", type=float, default=PRICE)
    parser.add_argument("--cores", type=int, nargs="+", default=[64, 256, 1_024])
    chosen = parser.parse_args()
    history = History(posts=chosen.posts, words=chosen.words, ratio=chosen.ratio, price=chosen.price)
    print(table(history, rates=chosen.words_a_second, cores=chosen.cores))


if __name__ == "__main__":
    main()
