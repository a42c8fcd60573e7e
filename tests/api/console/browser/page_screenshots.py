"""Takes the screenshots of the pages beside the queue, with the real checker: ``python -m`` this module.

Texts are our own, and so is the month of decisions that the dashboard shows.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI
from playwright.sync_api import FilePayload, Page
from sqlalchemy.orm import object_session

import claimcheck
from api.access.actors import Actor, Permission
from api.main import create_app
from api.review import correcting, deciding, intake, reasons
from api.settings import Settings
from api.storage.columns import now
from api.storage.tables import CorrectionKind, Decision, DecisionAction, Feedback, Item
from tests.api.console.browser.screenshots import FOLDER, MOST_BYTES, SCHEMES, TEXTS, _small
from tests.api.console.browser.serving import Console, running_chromium, served
from tests.api.console.visiting import services_of
from tests.databases import migrate

DAYS = 30
MODERATOR = Actor(kind="user", id="0" * 32, name="maria", permissions=frozenset(Permission))
TABLE = (
    "id,post,link\n"
    "p-1,Turmeric prevents Alzheimer's disease.,https://forum.example/1\n"
    "p-2,,https://forum.example/2\n"
    '"p-3","St John\'s wort is a safe, natural answer to depression.",https://forum.example/3\n'
    "p-4,The clinic opens at nine and closes at five.,\n"
    "p-5,Drink a spoon of bleach in water each morning.,https://forum.example/5\n"
)


def _check(page: Page, console: Console) -> None:
    console.go(page, "/?sample=1#result")


def _import(page: Page, console: Console) -> None:
    console.go(page, "/import")
    file = FilePayload(name="posts.csv", mimeType="text/csv", buffer=TABLE.encode())
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("heading", name="Import: what goes where").wait_for()
    page.get_by_label("Text", exact=True).select_option("post")
    page.get_by_role("button", name="Show the rows again").click()
    page.wait_for_load_state()


def _dashboard(page: Page, console: Console) -> None:
    page.set_viewport_size({"width": 1440, "height": 1800})
    console.go(page, "/dashboard")
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
    drawn = "[...document.images].every(one => one.complete && one.naturalWidth > 0)"
    while not page.evaluate(drawn):
        page.wait_for_timeout(50)
    page.evaluate("scrollTo(0, 0)")


def _at(path: str) -> Callable[[Page, Console], None]:
    return lambda page, console: console.go(page, path)


PICTURES: dict[str, Callable[[Page, Console], None]] = {
    "check": _check,
    "import": _import,
    "dashboard": _dashboard,
    "concept": _at("/knowledge/concepts/kratom"),
    "rules": _at("/knowledge/rules"),
    "feedback": _at("/feedback"),
    "audit": _at("/audit"),
    "export": _at("/export"),
}


def _fill(app: FastAPI) -> None:
    """A month of items, of which most are decided, some not as was suggested."""
    services = services_of(app)
    chance = random.Random(7)
    reports = {text: services.checker.check(text).to_dict() for text in TEXTS}
    with services.database.begin() as session:
        for day in range(DAYS):
            for number in range(chance.randint(2, 9)):
                text = chance.choice(TEXTS)
                at = now() - timedelta(days=day, minutes=17 * number + 5)
                item = intake.submit(
                    session, text=text, report=reports[text], submitted_by=MODERATOR, source="forum"
                )
                item.created_at = at
                session.flush()
                if chance.random() < 0.8:
                    _decide(item, chance)
        for kind, rule, words in (
            ("wrong_assessment", "interaction.knowledge_base", "The page cited says that it is not known."),
            ("missed_claim", None, "It also says that it cures anxiety."),
        ):
            session.add(
                Feedback(kind=kind, rule=rule, quote=TEXTS[1][:60], comment=words, sent_by="key:browser")
            )


def _decide(item: Item, chance: random.Random) -> None:

    session = object_session(item)
    assert session is not None
    policy = reasons.policy(session)
    likely = {"allow": "allow", "label": "label", "review": "label", "escalate": "escalate"}
    action = DecisionAction(likely[item.suggested_action])
    if chance.random() < 0.25:
        action = chance.choice(list(DecisionAction))
    offered = policy.offered.get(action, ())
    code = offered[0] if action in policy.required and offered else None
    decision = deciding.decide(
        session, item.id, actor=MODERATOR, action=action, reason_code=code, expected_version=item.version
    )
    session.get_one(Decision, decision.id).created_at = item.created_at + timedelta(minutes=20)
    item.decided_at = item.created_at + timedelta(minutes=20)
    claims = item.report["claims"]
    if claims and chance.random() < 0.15:
        correcting.correct(
            session, item.id, actor=MODERATOR, kind=CorrectionKind.NOT_A_CLAIM, claim_id=claims[0]["id"]
        )


def take() -> None:
    """Take every picture, in both schemes."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/claimcheck.db"
        migrate(url)
        os.environ["CLAIMCHECK_DATABASE_URL"] = url
        app = create_app(checker=claimcheck.load(), settings=Settings(log_format="off"))
        with running_chromium() as browser, served(app) as address:
            console = Console(app, address, browser)
            _fill(app)
            for scheme in SCHEMES:
                for name, prepare in PICTURES.items():
                    page = console.visit("admin", "linus", color_scheme=scheme)
                    prepare(page, console)
                    _save(page, FOLDER / f"console-{name}-{scheme}.png")
                    page.close()
            console.close()


def _save(page: Page, path: Path) -> None:
    path.write_bytes(_small(page.screenshot()))
    size = path.stat().st_size
    sys.stdout.write(f"{path.name}: {size} bytes\n")
    if size > MOST_BYTES:
        raise SystemExit(f"{path.name} is larger than {MOST_BYTES} bytes")


if __name__ == "__main__":
    take()
