"""Text in, report out: the stages in order."""

from __future__ import annotations

import gc
import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from claimcheck import artefacts
from claimcheck.errors import ArtefactUnavailable, EmptyText, NotText, TextTooLong, UnknownOption
from claimcheck.judging.judge import judge
from claimcheck.judging.policy import Policy
from claimcheck.judging.risk.registry import VERSION as RULES_VERSION
from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.detector import DetectorModel
from claimcheck.learn.encoder import EncoderModel
from claimcheck.learn.prior import PriorModel
from claimcheck.learn.scores import ScoreCalibration
from claimcheck.reading.extract import extract
from claimcheck.reading.language import language
from claimcheck.reading.pipeline import build_nlp
from claimcheck.reporting.explain import explain
from claimcheck.reporting.report import Report
from claimcheck.types import Jurisdiction, Reading, ReportWarning, Verdict, Versions
from claimcheck.version import __version__

MAX_TEXT_BYTES = 1_000_000
# Characters that no text written by a person holds; tab, line feed, form feed and carriage return are text.
_CONTROL = {chr(c) for c in range(32)} - {"\t", "\n", "\x0b", "\x0c", "\r"}
# More of them than this share is binary data that happened to decode.
CONTROL_SHARE = 0.01
DEFAULT_MIN_PROBABILITY = 0.5
BATCH = 16
ENCODER = "claim-encoder"
CUE_DETECTOR = "cue-detector"
REFERENTS = "referents"
PRIOR = "unknown-prior"
SCORES = "text-scores"
# What every report says where a part is missing.
WITHOUT = {
    ENCODER: ReportWarning(
        "degraded_reader", "The trained encoder cannot be loaded here; a simpler reader was used."
    ),
    PRIOR: ReportWarning(
        "no_prior",
        "A claim that nothing is known of counts as unsupported here, whatever it says.",
    ),
    SCORES: ReportWarning("raw_scores", "The scores of the whole text are not calibrated here."),
}
P = TypeVar("P")


class Checker:
    """Finds and judges therapeutic claims.

    Built once by :func:`claimcheck.load`; safe to call from several threads (one
    text is read at a time).  Never opens the network and keeps no text.
    ``warnings`` are those of every report: a part that could not be loaded here.
    """

    def __init__(
        self,
        *,
        kb: KnowledgeBase,
        model: DetectorModel,
        model_version: str,
        policy: Policy,
        encoder: EncoderModel | None = None,
        prior: PriorModel | None = None,
        calibrate: ScoreCalibration | None = None,
        warnings: tuple[ReportWarning, ...] = (),
    ) -> None:
        self.kb = kb
        self.policy = policy
        self.versions = Versions(
            claimcheck=__version__,
            model=model_version,
            kb=kb.version,
            rules=RULES_VERSION,
            policy=policy.version,
        )
        self._parts = (model, encoder)  # the pipeline knows them by key only: keep them alive
        self.warnings = warnings
        self._prior = prior
        self.calibrate = calibrate
        self._nlp = build_nlp(kb, model, encoder)
        self._lock = threading.Lock()
        self._today = _date_of(kb.version)

    def check(
        self,
        text: str,
        *,
        jurisdictions: Sequence[Jurisdiction | str] = (Jurisdiction.US,),
        min_probability: float | None = None,
    ) -> Report:
        """Read and judge one text.

        Args:
            text: plain text or HTML, at most 1,000,000 bytes as UTF-8.
            jurisdictions: whose law the regulatory notes speak of.
            min_probability: report only claims at least this likely (0 to 1);
                the default is 0.5.

        Raises:
            EmptyText: there is no word in the text.
            TextTooLong: the text is longer than the limit.
            NotText: it holds NULs, lone surrogates or other binary data.
            UnknownOption: a jurisdiction or probability that does not exist.
        """
        options = _options(jurisdictions, min_probability)
        validate(text)
        with self._lock, self._nlp.memory_zone():
            return self._report(text, *options)

    def pipe(
        self,
        texts: Iterable[str],
        *,
        jurisdictions: Sequence[Jurisdiction | str] = (Jurisdiction.US,),
        min_probability: float | None = None,
    ) -> Iterator[Report]:
        """Read and judge many texts; equal to ``[check(t) for t in texts]``, in the same order.

        Lazy: takes texts in batches of 16 and holds no more than one batch.

        Raises:
            InputError: as :meth:`check`, when the text concerned is reached.
        """
        options = _options(jurisdictions, min_probability)
        source = iter(texts)
        while batch := list(islice(source, BATCH)):
            for text in batch:
                validate(text)
                with self._lock, self._nlp.memory_zone():
                    report = self._report(text, *options)
                yield report

    def _report(self, text: str, jurisdictions: tuple[Jurisdiction, ...], min_probability: float) -> Report:
        doc = self._nlp.make_doc(text)
        code = language(text, zip(doc._.words, doc._.kinds, strict=True))
        warnings = self.warnings
        if code == "en":
            reading = extract(self._nlp(doc), min_probability=min_probability)
            warnings += reading.warnings
        else:
            reading = Reading(claims=(), language=code)
            warnings += (
                ReportWarning("unsupported_language", "Only English text is read; no claim was looked for."),
            )
        judged = judge(
            reading,
            self.kb,
            jurisdictions=jurisdictions,
            policy=self.policy,
            today=self._today,
            explain=explain,
            prior=self._prior,
            calibrate=self.calibrate,
        )
        verdict = Verdict(
            text=text,
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
            language=code,
            findings=judged.findings,
            alerts=judged.alerts,
            scores=judged.scores,
            action=judged.action,
            warnings=warnings,
            versions=self.versions,
        )
        return Report(verdict, self.kb)


def load(*, policy: Path | str | None = None, knowledge_base: Path | str | None = None) -> Checker:
    """Return a checker made of the installed package alone: no network, no configuration.

    Args:
        policy: a TOML file that changes parts of the packaged policy.
        knowledge_base: a folder in the packaged knowledge base's shape, to be
            used instead of it.

    Raises:
        ConfigError: the policy file has an unknown key or a bad value.
        KnowledgeBaseError: the knowledge base is missing or invalid.
        ArtefactError: a trained part was altered, or neither reader is there.
    """
    with _undisturbed():
        return _loaded(policy, knowledge_base)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Look for no garbage meanwhile: what a load makes by the hundred thousand stays."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _loaded(policy: Path | str | None, knowledge_base: Path | str | None) -> Checker:
    kb = KnowledgeBase.load(Path(knowledge_base) if knowledge_base is not None else None)
    encoder, prior, scores = (
        _optional(artefacts.load_encoder, ENCODER),
        _optional(artefacts.load_prior, PRIOR),
        _optional(artefacts.load_scores, SCORES),
    )
    needed = [artefacts.find(name).version for name in (CUE_DETECTOR, REFERENTS)]
    versions = (encoder.version, *needed, prior.version, scores.version)
    return Checker(
        kb=kb,
        model=artefacts.load_detector(CUE_DETECTOR),
        model_version="/".join(filter(None, versions)),
        policy=Policy.load(Path(policy) if policy is not None else None),
        encoder=encoder.part,
        prior=prior.part,
        calibrate=scores.part,
        warnings=(*encoder.warnings, *prior.warnings, *scores.warnings),
    )


class _Optional(NamedTuple, Generic[P]):
    """A trained part that claimcheck can do without, and what is to be said where it does."""

    part: P | None
    version: str
    warnings: tuple[ReportWarning, ...]


def _optional(load_part: Callable[[str], P], name: str) -> _Optional[P]:
    """Return a trained part; where this machine has none or cannot run it, a warning that says so."""
    try:
        return _Optional(load_part(name), artefacts.find(name).version, ())
    except ArtefactUnavailable:
        return _Optional(None, "", (WITHOUT[name],))


def validate(text: str) -> None:
    """Refuse what is no readable text.

    Raises:
        EmptyText: there is nothing but white space.
        TextTooLong: more than 1,000,000 bytes as UTF-8.
        NotText: NULs, lone surrogates or other binary data.
    """
    if not isinstance(text, str):
        raise NotText("the text must be a string")
    if len(text) > MAX_TEXT_BYTES:
        raise TextTooLong(f"the text has more than {MAX_TEXT_BYTES:,} bytes")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise NotText("the text holds a lone surrogate: it is not valid Unicode") from None
    if size > MAX_TEXT_BYTES:
        raise TextTooLong(f"the text has more than {MAX_TEXT_BYTES:,} bytes")
    if not text.strip():
        raise EmptyText("the text is empty")
    if "\x00" in text:
        raise NotText("the text holds NUL characters: it looks like binary data")
    if sum(map(text.count, _CONTROL)) > CONTROL_SHARE * len(text):
        raise NotText("the text holds control characters: it looks like binary data")


def _options(
    jurisdictions: Sequence[Jurisdiction | str], min_probability: float | None
) -> tuple[tuple[Jurisdiction, ...], float]:
    try:
        chosen = tuple(dict.fromkeys(Jurisdiction(j) for j in jurisdictions))
    except ValueError:
        known = ", ".join(Jurisdiction)
        raise UnknownOption(f"a jurisdiction is one of: {known}") from None
    least = DEFAULT_MIN_PROBABILITY if min_probability is None else min_probability
    if not 0.0 <= least <= 1.0:
        raise UnknownOption("min_probability lies between 0 and 1")
    return chosen, least


def _date_of(kb_version: str) -> date:
    """The knowledge base's own date is "today": a report must not change with the calendar."""
    year, month, day = kb_version.split("+", 1)[0].split(".")
    return date(int(year), int(month), int(day))
