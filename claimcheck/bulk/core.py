"""The core that every runner of many texts shares: record batches in, record batches out.

Pure: nothing is opened, nothing is kept between batches, the rows come out in
the order in which they went in, one for one.  A text that cannot be read gives
a row with an ``error`` and no scores; it never ends the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from claimcheck.errors import InputError, NotText
from claimcheck.reporting.report import Report
from claimcheck.types import Jurisdiction

TEXT = "text"
ID = "id"
OUTPUT_SCHEMA = pa.schema(
    [
        pa.field(ID, pa.string()),
        pa.field("unsupported", pa.float64()),
        pa.field("risk", pa.float64()),
        pa.field("priority", pa.float64()),
        pa.field("action", pa.string()),
        pa.field("claims", pa.int32()),
        pa.field("flagged", pa.int32()),
        pa.field("report", pa.string()),
        pa.field("error", pa.string()),
    ]
)
_DIGITS = 4  # of a score, as over HTTP


class TextChecker(Protocol):
    """The part of :class:`claimcheck.Checker` that is used here."""

    def check(
        self, text: str, *, jurisdictions: Sequence[Jurisdiction | str], min_probability: float | None
    ) -> Report:
        """Judge one text.

        Raises:
            InputError: the text or an option cannot be used.
        """


@dataclass(frozen=True, slots=True)
class Options:
    """How texts are checked, the same for all.

    Attributes:
        jurisdictions: whose law the regulatory notes speak of.
        min_probability: report only claims at least this likely; None is the checker's own default.
        reports: carry each whole report as JSON; without it the ``report`` column is null.
    """

    jurisdictions: tuple[str, ...] = ("us",)
    min_probability: float | None = None
    reports: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """What is said of one text, without its id."""

    unsupported: float | None = None
    risk: float | None = None
    priority: float | None = None
    action: str | None = None
    claims: int | None = None
    flagged: int | None = None
    report: str | None = None
    error: str | None = None


def score_batches(
    batches: Iterable[pa.RecordBatch], *, checker: TextChecker, options: Options | None = None
) -> Iterator[pa.RecordBatch]:
    """Check the texts of each batch and yield one batch of :data:`OUTPUT_SCHEMA` for it.

    Args:
        batches: each with a column ``text`` of strings and, if wanted, a column ``id`` of strings.
        checker: what judges a text.
        options: how; the defaults of :class:`Options` where left out.

    Raises:
        KeyError: a batch has no column ``text``.
    """
    chosen = options or Options()
    for batch in batches:
        texts = batch.column(TEXT).to_pylist()
        ids = batch.column(ID) if ID in batch.schema.names else pa.nulls(len(texts), pa.string())
        # A feed repeats itself: within a batch, equal texts are read once.
        known: dict[str | None, Row] = {}
        rows = [known[t] if t in known else known.setdefault(t, _row(t, checker, chosen)) for t in texts]
        columns = [ids.cast(pa.string())]
        for field in list(OUTPUT_SCHEMA)[1:]:
            columns.append(pa.array([getattr(row, field.name) for row in rows], field.type))
        yield pa.RecordBatch.from_arrays(columns, schema=OUTPUT_SCHEMA)


def _row(text: str | None, checker: TextChecker, options: Options) -> Row:
    try:
        if text is None:
            raise NotText("there is no text")
        report = checker.check(
            text, jurisdictions=options.jurisdictions, min_probability=options.min_probability
        )
    except InputError as error:
        return Row(error=error.code)
    scores = report.scores
    return Row(
        unsupported=round(scores.unsupported, _DIGITS),
        risk=round(scores.risk, _DIGITS),
        priority=round(scores.priority, _DIGITS),
        action=report.action.value,
        claims=len(report.claims),
        flagged=sum(finding.flagged for finding in report.claims),
        report=report.to_json() if options.reports else None,
    )
