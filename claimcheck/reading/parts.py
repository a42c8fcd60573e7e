"""Hands the stages what a spaCy config cannot hold: the knowledge base and the trained parts.

A component's config may hold JSON only; it holds a key, and the key stands for
what :func:`share` was given.  The empty key stands for the packaged parts.
"""

from __future__ import annotations

from functools import cache
from typing import cast
from weakref import WeakValueDictionary

from claimcheck import artefacts
from claimcheck.kb.store import KnowledgeBase
from claimcheck.learn.detector import DetectorModel
from claimcheck.learn.encoder import EncoderModel
from claimcheck.learn.referents import ReferentModel

Model = DetectorModel | EncoderModel | ReferentModel
_shared: WeakValueDictionary[str, KnowledgeBase | Model] = WeakValueDictionary()


def share(part: KnowledgeBase | Model) -> str:
    """Return a key for ``part``, good as long as the part lives."""
    key = f"{type(part).__name__}-{id(part):x}"
    _shared[key] = part
    return key


@cache
def _packaged_kb() -> KnowledgeBase:
    return KnowledgeBase.load()


@cache
def _packaged_detector() -> DetectorModel:
    return artefacts.load_detector()


@cache
def _packaged_referents() -> ReferentModel:
    return artefacts.load_referents()


def knowledge_base(key: str) -> KnowledgeBase:
    """Return what the key stands for."""
    return cast(KnowledgeBase, _shared[key]) if key else _packaged_kb()


def detector_model(key: str) -> DetectorModel:
    """Return what the key stands for."""
    return cast(DetectorModel, _shared[key]) if key else _packaged_detector()


def referent_model(key: str) -> ReferentModel:
    """Return what the key stands for."""
    return cast(ReferentModel, _shared[key]) if key else _packaged_referents()


def encoder_model(key: str) -> EncoderModel:
    """Return what the key stands for; there is no default, since a machine may not be able to run it."""
    return cast(EncoderModel, _shared[key])
