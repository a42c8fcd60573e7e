"""One's own account: password, colours, keys of the queue, and what makes a long day easier."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.access import accounts, passwords, sessions
from api.access.accounts import AccountFault
from api.access.sessions import SignedIn, SignedInAnyhow, Visitor
from api.console import fields
from api.console.context import see_other, show
from api.console.preferences import BREAK_MINUTES, KEYS, KeyFault, Preferences, Theme, remapped
from api.console.signing_in import count_attempt
from api.deps import Services, ServicesDep
from api.errors import BUSY, Problem
from api.storage.tables import User

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

_NO_FAULTS: Mapping[str, str] = {}


@router.get(sessions.ACCOUNT)
def account_page(request: Request, visitor: SignedInAnyhow) -> Response:
    """Show what the account has set."""
    return _page(request, visitor)


@router.post("/account/password")
def change_password(request: Request, services: ServicesDep, visitor: SignedInAnyhow) -> Response:
    """Change the password, end every sign-in of the account, and begin a fresh one here."""
    count_attempt(request)
    current, new, again = (fields.text(visitor.form, name) for name in ("current", "password", "again"))
    if new != again:
        return _page(request, visitor, faults={"again": "It is not the same as above."})
    try:
        accounts.change_password(
            services.database, visitor.user, current=current, new=new, actor=visitor.actor
        )
    except AccountFault as fault:
        return _page(request, visitor, faults={fault.field: fault.reason})
    except passwords.TooManyAtOnce:
        raise Problem(BUSY, headers={"Retry-After": "5"}) from None
    return _signed_in_afresh(request, services, visitor)


def _signed_in_afresh(request: Request, services: Services, visitor: Visitor) -> Response:
    with services.database.begin() as session:
        user = session.get_one(User, visitor.user.id)
        made = sessions.start(session, user, settings=services.settings)
        made.record.told = {
            "words": "Your password is changed, and every other sign-in of yours has ended.",
            "failed": False,
        }
    reply = see_other(sessions.ACCOUNT)
    sessions.set_cookie(reply, request, made.cookie, settings=services.settings)
    return reply


@router.post("/account/preferences")
def change_preferences(services: ServicesDep, visitor: SignedIn) -> Response:
    """Set colours, the break reminder and the quieter text."""
    theme, minutes = fields.text(visitor.form, "theme"), fields.text(visitor.form, "break_minutes")
    known = Preferences.of(visitor.user.preferences)
    wanted = Preferences(
        theme=Theme(theme) if theme in tuple(Theme) else known.theme,
        keys_on=known.keys_on,
        keys=known.keys,
        break_minutes=int(minutes) if minutes in map(str, BREAK_MINUTES) else known.break_minutes,
        grey_text="grey_text" in visitor.form,
    )
    return _kept(services, visitor, wanted, words="Your preferences are kept.")


@router.post("/account/keys")
def change_keys(request: Request, services: ServicesDep, visitor: SignedIn) -> Response:
    """Set the keys of the queue, or go back to the usual ones."""
    known = Preferences.of(visitor.user.preferences)
    usual = fields.text(visitor.form, "do") == "usual"
    typed = {} if usual else {action: fields.text(visitor.form, f"key-{action}") for action in KEYS}
    try:
        keys = remapped(typed)
    except KeyFault as fault:
        return _page(request, visitor, faults={f"key-{fault.action}": fault.reason}, typed=typed)
    wanted = Preferences(
        theme=known.theme,
        keys_on=usual or "keys_on" in visitor.form,
        keys=keys,
        break_minutes=known.break_minutes,
        grey_text=known.grey_text,
    )
    return _kept(services, visitor, wanted, words="Your keys are kept.")


def _kept(services: Services, visitor: Visitor, wanted: Preferences, *, words: str) -> Response:
    with services.database.begin() as session:
        session.get_one(User, visitor.user.id).preferences = wanted.to_dict()
        sessions.tell(session, visitor, words)
    return see_other(sessions.ACCOUNT)


def _page(
    request: Request,
    visitor: Visitor,
    *,
    faults: Mapping[str, str] = _NO_FAULTS,
    typed: Mapping[str, str] | None = None,
) -> Response:
    preferences = Preferences.of(visitor.user.preferences)
    return show(
        request,
        "account.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK,
        user=visitor.user,
        preferences=preferences,
        keys=typed or preferences.keys,
        themes=[(theme.value, _THEMES[theme]) for theme in Theme],
        breaks=[(minutes, f"after {minutes} minutes" if minutes else "never") for minutes in BREAK_MINUTES],
        faults=faults,
        shortest=passwords.SHORTEST,
        longest=passwords.LONGEST,
    )


_THEMES = {
    Theme.SYSTEM: "as this device does",
    Theme.LIGHT: "light",
    Theme.DARK: "dark",
}
