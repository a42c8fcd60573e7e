"""Every page of the console in a real browser, in light and in dark: no rule of accessibility is broken.

The pages are those of the console's own routes: a new one without a visit here fails.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from playwright.sync_api import Page
from sqlalchemy import select

from api.access import keys
from api.access.actors import SYSTEM
from api.console.waiting import WaitingRoom
from api.jobs import queueing
from api.jobs.queueing import Row
from api.jobs.row_errors import RowError
from api.main import CONSOLE, create_app
from api.review import correcting, deciding
from api.settings import Settings
from api.storage.tables import (
    CorrectionKind,
    DecisionAction,
    Feedback,
    Item,
    JobKind,
    LoginSession,
    Scope,
    Webhook,
    WebhookDelivery,
)
from claimcheck.kb.store import KnowledgeBase
from tests import axe
from tests.api.conftest import PhraseChecker
from tests.api.console.browser.serving import Console, running_chromium, served
from tests.api.console.filling import OVERLAP, fill
from tests.api.console.visiting import services_of

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Visit:
    """One look at one page.

    Attributes:
        route: the page's route, as the console declares it; None for a page that has none.
        path: where it is; what stands in braces is filled in from what the console was filled with.
        role: who looks; None for nobody who is signed in.
        status: what it answers with.
        act: what to do on the page before it is looked at: open, choose, send.
    """

    route: str | None
    path: str
    role: str | None = "admin"
    status: int = 200
    act: Callable[[Page], object] | None = field(default=None, compare=False)


def _check(text: str) -> Callable[[Page], object]:
    def act(page: Page) -> None:
        page.get_by_label("Text to check").fill(text)
        page.get_by_role("button", name="Check", exact=True).click()
        page.wait_for_load_state()

    return act


def _open_all(page: Page) -> None:
    for folded in page.locator("details:not([open]) > summary").all():
        folded.click()


VISITS = (
    Visit("/sign-in", "/sign-in", None),
    Visit("/sign-in", "/sign-in?next=/queue", None, act=lambda page: page.get_by_role("button").click()),
    Visit("/docs", "/docs", None),
    Visit("/docs", "/docs"),
    Visit("/problems", "/problems", None),
    Visit("/problems/{slug}", "/problems/not-text"),
    Visit("/", "/", "reader"),
    Visit("/", "/?sample=1"),
    Visit("/", "/", act=_check(OVERLAP + " Do drink bleach.")),
    Visit("/", "/", act=_check(" ")),
    Visit("/", "/", act=_check("Knoblauch heilt.")),
    Visit("/knowledge", "/knowledge", "reader"),
    Visit("/knowledge", "/knowledge?q=kratom"),
    Visit("/knowledge", "/knowledge?q=nothing"),
    Visit("/knowledge/interventions", "/knowledge/interventions"),
    Visit("/knowledge/conditions", "/knowledge/conditions?bare=1&kind=condition"),
    Visit("/knowledge/concepts/{concept_id}", "/knowledge/concepts/kratom"),
    Visit("/knowledge/concepts/{concept_id}", "/knowledge/concepts/depression"),
    Visit("/knowledge/rules", "/knowledge/rules"),
    Visit("/knowledge/rules/{rule_id}", "/knowledge/rules/interaction.knowledge_base"),
    Visit("/knowledge/rules/{rule_id}", "/knowledge/rules/principle.herbs-cure-nothing"),
    Visit("/knowledge/rules/{rule_id}", "/knowledge/rules/regulation.us-disease-claim"),
    Visit("/knowledge/references", "/knowledge/references?q=kratom"),
    Visit("/knowledge/references/{reference_id}", "/knowledge/references/page"),
    Visit("/import", "/import", "moderator"),
    Visit("/import", "/import"),
    Visit("/import/{name}", "/import/{upload}?format=csv"),
    Visit("/import/{name}", "/import/" + "0" * 32, status=404),
    Visit("/import/jobs/{job_id}", "/import/jobs/{import_job}"),
    Visit("/export", "/export", "reader"),
    Visit("/export", "/export?risk=high&state=any"),
    Visit("/dashboard", "/dashboard"),
    Visit("/dashboard", "/dashboard?from=2020-01-01&to=2020-01-07"),
    Visit("/audit", "/audit"),
    Visit("/audit", "/audit?actor=nobody"),
    Visit("/feedback", "/feedback?state=all", act=_open_all),
    Visit("/feedback", "/feedback?kind=wrong_span"),
    Visit("/queue", "/queue", "reader"),
    Visit("/queue", "/queue", "moderator"),
    Visit("/queue", "/queue?topic=nothing"),
    Visit("/groups", "/groups"),
    Visit("/decisions", "/decisions"),
    Visit("/items/{item_id}", "/items/{pending}", "moderator", act=_open_all),
    Visit("/items/{item_id}", "/items/{decided}"),
    Visit("/items/{item_id}", "/items/{pending}", "reader"),
    Visit("/items/{item_id}/history", "/items/{decided}/history"),
    Visit("/decisions/{decision_id}/statement", "/decisions/{decision}/statement"),
    Visit("/bulk", "/bulk?risk=high"),
    Visit("/bulk/{job_id}", "/bulk/{bulk_job}"),
    Visit("/account", "/account"),
    Visit("/connect", "/connect", "reader"),
    Visit("/admin", "/admin"),
    Visit("/admin/users", "/admin/users"),
    Visit("/admin/keys", "/admin/keys"),
    Visit("/admin/webhooks", "/admin/webhooks"),
    Visit("/admin/webhooks/{webhook_id}", "/admin/webhooks/{webhook}"),
    Visit("/admin/settings", "/admin/settings"),
    Visit(None, "/nothing", status=404),
    Visit(None, "/dashboard", "reader", status=403),
)
NO_PAGES = {
    "/import/jobs/{job_id}/errors.csv": "a file",
    "/export/queue.{written_as}": "a file",
    "/export/corrections.jsonl": "a file",
    "/export/audit.{written_as}": "a file",
    "/dashboard/plots/{name}.svg": "a picture; the dashboard shows it",
}


def test_every_page_is_visited() -> None:
    routes = {
        route.path
        for module in CONSOLE
        for route in module.router.routes
        if isinstance(route, APIRoute) and "GET" in (route.methods or ())
    }
    assert len(routes) > 30
    looked_at = {visit.route for visit in VISITS if visit.route} | set(NO_PAGES)
    assert routes - looked_at == set(), "pages without a visit"
    assert looked_at - routes == set(), "visits of pages that are gone"


@dataclass(frozen=True)
class Tour:
    """A console with something on each page, and one window for each role that looks at it."""

    console: Console
    known: dict[str, str]
    windows: dict[str | None, Page] = field(default_factory=dict)

    def window(self, role: str | None) -> Page:
        """Return the window of somebody of this role; of nobody, where it is None."""
        if role not in self.windows:
            self.windows[role] = self.console.visit(role) if role else self._strange_window()
        return self.windows[role]

    def _strange_window(self) -> Page:
        context = self.console.browser.new_context()
        self.console.contexts.append(context)
        return context.new_page()

    def upload(self, role: str | None) -> str:
        """Leave a file to be imported for the sign-in of this role, and return what it is found by."""
        if role is None:
            return ""
        services = services_of(self.console.application)
        user = self.console.users[f"a-{role}"]
        with services.database.read() as session:
            signed_in = session.scalars(select(LoginSession.id).where(LoginSession.user_id == user.id)).one()
        file = io.BytesIO(b"id,text\n1,Kratom cures depression\n2,\n")
        return WaitingRoom.of(services.settings.database_url).keep(file, session_id=signed_in)


@pytest.fixture(scope="module")
def tour(knowledge_base: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    """The console of the tour."""
    folder: Path = tmp_path_factory.mktemp("console")
    url = f"sqlite:///{folder / 'claimcheck.db'}"
    settings = Settings(database_url=url, log_format="off", require_key=False)
    app = create_app(checker=PhraseChecker(knowledge_base), settings=settings)
    with running_chromium() as chromium, served(app) as address:
        console = Console(app, address, chromium)
        yield Tour(console, _fill(app))
        console.close()


def _fill(app: FastAPI) -> dict[str, str]:
    database = services_of(app).database
    pending, decided, *_ = fill(app, [OVERLAP, f"{OVERLAP} Again.", "Do drink bleach."], source="forum")
    fill(app, [f"{OVERLAP} {number}" for number in range(60)])
    with database.begin() as session:
        version = session.get_one(Item, decided).version
        decision = deciding.decide(
            session,
            decided,
            actor=SYSTEM,
            action=DecisionAction.ALLOW,
            reason_code=None,
            note="Seen.",
            expected_version=version,
        )
        correcting.correct(
            session, decided, actor=SYSTEM, kind=CorrectionKind.NOT_A_CLAIM, claim_id="c-potentiates"
        )
        for kind, rule in (("wrong_span", "interaction.knowledge_base"), ("missed_claim", "of.theirs")):
            session.add(
                Feedback(
                    kind=kind,
                    rule=rule,
                    quote="Kratom <cures>",
                    prefix="that ",
                    suffix=" all",
                    comment="Look.",
                    source_url="https://example.org/post",
                    versions={"kb": "k1"},
                    sent_by="key:browser",
                )
            )
        keys.create(session, name="a browser", scope=Scope.SCORE, created_by=SYSTEM.name)
        webhook = Webhook(
            url="https://example.org/hook", secret="whsec_x", events=["job.finished"], created_by="a"
        )
        session.add(webhook)
        session.flush()
        session.add(
            WebhookDelivery(webhook_id=webhook.id, event="job.finished", payload={"id": "x"}, last_status=500)
        )
        import_job = queueing.create(
            session,
            kind=JobKind.IMPORT,
            rows=[
                Row({"text": OVERLAP}, external_id="one", line=2),
                Row(None, external_id="two", line=3, error=RowError.EMPTY_TEXT),
            ],
            options={"jurisdictions": ["us"]},
            actor=SYSTEM,
        )
        bulk_job = queueing.create(
            session,
            kind=JobKind.BULK_DECISION,
            rows=[Row({"item": "0" * 32, "version": 1}, external_id="0" * 32)],
            options={"action": "allow", "reason_code": None, "note": None},
            actor=SYSTEM,
        )
    return {
        "pending": pending,
        "decided": decided,
        "decision": decision.id,
        "import_job": import_job.id,
        "bulk_job": bulk_job.id,
        "webhook": webhook.id,
    }


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: f"{visit.path} {visit.role} {visit.status}")
def test_page_is_for_everybody(tour: Tour, visit: Visit) -> None:
    """No rule of accessibility is broken in either scheme, and a narrow screen shows the whole width."""
    tour.console.complaints.clear()
    page = tour.window(visit.role)
    page.set_viewport_size({"width": 1440, "height": 900})
    reply = page.goto(tour.console.address + visit.path.format(**tour.known, upload=tour.upload(visit.role)))
    assert reply is not None
    assert reply.status == visit.status
    if visit.act is not None:
        visit.act(page)
    found = axe.violations(page)
    assert found == [], axe.describe(found)
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert tour.console.complaints == []
