"""The desk from end to end on either database."""

from __future__ import annotations

import re
import warnings

from api.jobs.worker import Worker
from api.main import create_app
from api.ports import TextChecker
from api.settings import Settings
from api.storage.tables import ItemState, Role
from tests.api.console.filling import CLAIM, OVERLAP, decisions_of, fill, item_of, plain
from tests.api.console.visiting import add_user, services_of, sign_in_as

with warnings.catch_warnings():
    # The test client prefers another HTTP library and says so on import.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


def test_desk_from_end_to_end(database_url: str, checker: TextChecker) -> None:
    settings = Settings(log_format="off", database_url=database_url, embedded_worker=False)
    app = create_app(checker=checker, settings=settings)
    with TestClient(app) as client:
        app.state.portal = client.portal
        services = services_of(app)
        lead = sign_in_as(app, add_user(services.database, name="linus", role=Role.LEAD))
        grace = sign_in_as(app, add_user(services.database, name="grace", role=Role.MODERATOR))
        first, *others = fill(app, [OVERLAP, *(f"{CLAIM} ({number})." for number in range(3))])

        query = "?risk=high&relation=potentiates&assessment=unsupported&query=kratom"
        assert first[:8] in lead.get(f"/queue{query}").text
        assert "4 items make this claim" in plain(lead.get("/groups").text)
        assert lead.get(f"/items/{first}{query}").status_code == 200
        fields = {"action": "label", "version": "1"}
        assert grace.send_form(f"/items/{first}/decision{query}", fields).status_code == 303
        assert lead.send_form(f"/items/{first}/decision", fields).status_code == 409
        missed = {"kind": "missed_claim", "start": "0", "end": "6"}
        assert grace.send_form(f"/items/{first}/corrections", missed).status_code == 303
        (decision,) = decisions_of(app)
        assert grace.get(f"/decisions/{decision.id}/statement").status_code == 200
        assert grace.send_form(f"/decisions/{decision.id}/undo").status_code == 303
        assert grace.send_form(f"/items/{first}/skip").status_code == 303
        assert grace.send_form(f"/items/{first}/assign").status_code == 303
        assert "missed claim, at 0–6" in plain(lead.get(f"/items/{first}/history").text)

        boxes = re.findall(r'name="item" value="([^"]+)" checked', lead.get("/bulk").text)
        assert len(boxes) == 4
        job = lead.send_form("/bulk", {"scope": "page", "action": "allow", "item": boxes}).headers["location"]
        worker = Worker(services.database, services.checker, settings)
        while worker.run_once():
            pass
        assert "Undo all 4" in plain(lead.get(job).text)
        assert {item_of(app, one).state for one in others} == {ItemState.DECIDED}
        assert lead.send_form(f"{job}/undo").status_code == 303
        assert {item_of(app, one).state for one in (first, *others)} == {ItemState.PENDING}
        assert lead.get("/decisions?all=1").status_code == 200
        for browser in (lead, grace):
            browser.close()
