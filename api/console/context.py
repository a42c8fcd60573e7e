"""What every page is given beside its own values: who looks at it, where they may go, in which colours.

A template finds it as ``page``.  Handlers answer by :func:`show`, or by
:func:`see_other` after a form was carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.access.actors import Permission
from api.console.preferences import Preferences, Theme
from api.console.rendering import render

if TYPE_CHECKING:  # it needs the errors, whose page needs this module
    from api.access.sessions import Visitor


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the navigation."""

    label: str
    path: str
    permission: Permission


PLACES = (
    Place("Check", "/", Permission.READ),
    Place("Queue", "/queue", Permission.READ),
    Place("Groups", "/groups", Permission.READ),
    Place("Import", "/import", Permission.REVIEW),
    Place("Export", "/export", Permission.READ),
    Place("Decisions", "/decisions", Permission.READ),
    Place("Dashboard", "/dashboard", Permission.LEAD),
    Place("Knowledge", "/knowledge", Permission.READ),
    Place("Feedback", "/feedback", Permission.REVIEW),
    Place("Audit", "/audit", Permission.LEAD),
    Place("Admin", "/admin", Permission.ADMIN),
)


@dataclass(frozen=True, slots=True)
class Told:
    """One message to the person in front of the page."""

    words: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """What the frame of every page shows.

    Attributes:
        name: the account that is signed in; None where nobody is.
        role: its role, as a word.
        csrf: what every form sends back in the field ``csrf``.
        places: where this account may go.
        here: the path of this page.
        told: what the last form did.
        preferences: the account's own.
        permissions: what the account may do.
    """

    name: str | None = None
    role: str = ""
    csrf: str = ""
    places: tuple[Place, ...] = ()
    here: str = ""
    told: Told | None = None
    preferences: Preferences = field(default_factory=Preferences)
    permissions: frozenset[Permission] = frozenset()

    def may(self, permission: str) -> bool:
        """Tell whether the account may do this: ``page.may("review")``."""
        return Permission(permission) in self.permissions

    def is_here(self, place: Place) -> bool:
        """Tell whether the page belongs to this entry of the navigation."""
        if place.path == "/":
            return self.here == "/"
        if place.path == "/queue" and self.here.startswith(("/items/", "/bulk")):
            return True
        return self.here == place.path or self.here.startswith(f"{place.path}/")

    @property
    def theme(self) -> str | None:
        """The colours the account asked for; None where the system decides."""
        theme = self.preferences.theme
        return None if theme is Theme.SYSTEM else theme.value


def of(request: Request, *, told: Told | None = None) -> Page:
    """Return the frame for whoever sent ``request``."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    if visitor is None:
        return Page(here=request.url.path, told=told)
    return Page(
        name=visitor.user.name,
        role=visitor.user.role,
        csrf=visitor.csrf,
        places=tuple(place for place in PLACES if visitor.actor.may(place.permission)),
        here=request.url.path,
        told=told or visitor.told,
        preferences=Preferences.of(visitor.user.preferences),
        permissions=visitor.actor.permissions,
    )


def show(
    request: Request,
    template: str,
    /,
    *,
    status: int = HTTPStatus.OK,
    told: Told | None = None,
    headers: Mapping[str, str] | None = None,
    **values: Any,  # noqa: ANN401 -- a template takes any value
) -> HTMLResponse:
    """Return the page, or the part of one, that ``template`` makes of these values."""
    content = render(template, page=of(request, told=told), **values)
    return HTMLResponse(content, status_code=status, headers=dict(headers or {}))


def see_other(path: str) -> Response:
    """Send the browser on to a page of ours after a form was carried out, so that reloading repeats nothing.

    To say something on that page, call :func:`api.access.sessions.tell` in the
    transaction that carried the form out.
    """
    return RedirectResponse(path, status_code=HTTPStatus.SEE_OTHER)
