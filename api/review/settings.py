"""What an admin sets in the console: each a model under a name, kept in the database, audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Generic, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from sqlalchemy.orm import Session

from api.access.actors import Actor
from api.review import audit
from api.review.errors import UnusableValue
from api.storage.columns import now
from api.storage.tables import DecisionAction, SettingValue

Days = Annotated[int | None, Field(ge=1, le=36_500)]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")]


def _without_nul(words: str) -> str:
    """Refuse what PostgreSQL keeps in no column."""
    if "\0" in words:
        raise ValueError("This is not a text.")
    return words


Text = Annotated[str, AfterValidator(_without_nul)]


class Setting(BaseModel):
    """What every setting shares."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Keyboard(Setting):
    """The keys of the queue; any of them may be changed, all may be switched off."""

    enabled: bool = True
    keys: Mapping[str, Annotated[str, Field(min_length=1, max_length=1)]] = {
        "allow": "1",
        "label": "2",
        "limit": "3",
        "remove": "4",
        "escalate": "5",
        "next": "j",
        "previous": "k",
        "evidence": "o",
        "note": "n",
        "skip": "s",
        "search": "/",
        "undo": "u",
        "help": "?",
    }

    @field_validator("keys")
    @classmethod
    def _one_key_each(cls, keys: Mapping[str, str]) -> Mapping[str, str]:
        if set(keys) != set(KEY_NAMES):
            raise ValueError("every command needs a key, and no other may have one")
        if len(set(keys.values())) != len(keys) or not all(key.isprintable() for key in keys.values()):
            raise ValueError("each command needs a key of its own")
        return keys


KEY_NAMES = tuple(Keyboard.model_fields["keys"].default)


class Redress(Setting):
    """What a statement of reasons says of redress: Regulation (EU) 2022/2065, Article 17(3)(f)."""

    text: Annotated[Text, Field(min_length=1, max_length=4_000)] = (
        "If you think that this decision is wrong, you can complain to us, free of charge, within six months "
        "(Article 20 of Regulation (EU) 2022/2065). You can also turn to a certified out-of-court dispute "
        "settlement body (Article 21), and to a court at any time."
    )


class Retention(Setting):
    """For how many days things are kept; none for ever.  What still waits in the queue is always kept."""

    decided_items: Days = 180
    job_results: Days = 30
    feedback: Days = 365
    audit: Days = 730
    sessions: Days = 30


class StoredReason(Setting):
    """One reason of the policy, as it is kept."""

    code: Code
    label: Annotated[Text, Field(min_length=1, max_length=120)]
    ground: Annotated[str, Field(pattern="^(legal|terms)$")]
    text: Annotated[Text, Field(min_length=1, max_length=2_000)]


class StoredReasonPolicy(Setting):
    """The reason policy, as it is kept; the first keys of the console follow the order of the reasons."""

    reasons: Annotated[tuple[StoredReason, ...], Field(min_length=1, max_length=100)]
    required: frozenset[DecisionAction]
    offered: Mapping[DecisionAction, tuple[Code, ...]]

    @model_validator(mode="after")
    def _codes_fit(self) -> Self:
        codes = [reason.code for reason in self.reasons]
        if len(set(codes)) != len(codes):
            raise ValueError("a code may stand for one reason only")
        if not {code for offered in self.offered.values() for code in offered} <= set(codes):
            raise ValueError("an action offers a code that stands for no reason")
        if any(not self.offered.get(action, ("",)) for action in self.required):
            raise ValueError("an action that needs a reason must offer one")
        return self


Model = TypeVar("Model", bound=Setting)


@dataclass(frozen=True, slots=True)
class Named(Generic[Model]):
    """A setting by its name in the database."""

    name: str
    model: type[Model]


KEYBOARD = Named("keyboard", Keyboard)
REDRESS = Named("redress", Redress)
RETENTION = Named("retention", Retention)
REASONS = Named("reasons", StoredReasonPolicy)


def stored(session: Session, setting: Named[Model]) -> Model | None:
    """Return what was set; None where nobody set it."""
    row = session.get(SettingValue, setting.name)
    return None if row is None else setting.model.model_validate(row.value)


def get(session: Session, setting: Named[Model]) -> Model:
    """Return what was set, or what the setting is by itself."""
    found = stored(session, setting)
    return setting.model() if found is None else found


def put(session: Session, setting: Named[Model], value: Model, *, actor: Actor) -> None:
    """Set it; what stood there before goes into the audit with what stands there now."""
    written = value.model_dump(mode="json")
    row = session.get(SettingValue, setting.name)
    before = None if row is None else row.value
    if row is None:
        row = SettingValue(name=setting.name, value=written, updated_by=actor.name)
        session.add(row)
    else:
        row.value, row.updated_by, row.updated_at = written, actor.name, now()
    audit.record(
        session,
        actor=actor,
        action="setting.changed",
        object_kind="setting",
        object_id=setting.name,
        details={"before": before, "after": written},
    )
    session.flush()


def read(setting: Named[Model], values: Mapping[str, object]) -> Model:
    """Return ``values`` as what this setting keeps.

    Raises:
        UnusableValue: they do not fit; ``field`` names the first that does not.
    """
    try:
        return setting.model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"])) or setting.name
        raise UnusableValue(field, str(first["msg"])) from None
