"""The first page: paste a text or choose a file, see its claims, put it into the queue, keep the report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api import errors
from api.access.actors import Permission
from api.access.sessions import SignedIn, Visitor, tell
from api.bodies import JSON, require_usable
from api.console import files as file_reading
from api.console.context import see_other, show
from api.console.marks import pieces
from api.deps import Services, ServicesDep
from api.errors import FORBIDDEN, INVALID_REQUEST, Kind, Problem, from_input_error
from api.review import intake
from claimcheck.errors import InputError
from claimcheck.types import Jurisdiction

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

SAMPLE = "samples/kratom.txt"
USUAL_LEAST = 0.5
CHECK, QUEUE, DOWNLOAD = "check", "queue", "download"
_NAME_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form asks for.

    Attributes:
        text: what to check.
        jurisdictions: whose law the notes speak of.
        least: the least probability of a claim, as it was typed; empty for the usual one.
        note: what to say of the file that the text came from.
    """

    text: str = ""
    jurisdictions: tuple[Jurisdiction, ...] = (Jurisdiction.US,)
    least: str = ""
    note: str = ""

    @property
    def min_probability(self) -> float | None:
        """The least probability as a number, None for the usual one.

        Raises:
            Problem: ``invalid-request`` where it is no number from 0 to 1.
        """
        if not self.least:
            return None
        try:
            value = float(self.least)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            detail = "The least probability is a number from 0 to 1."
            raise Problem(INVALID_REQUEST, errors=[{"pointer": "/min_probability", "detail": detail}])
        return value


@dataclass(frozen=True, slots=True)
class Fault:
    """Why nothing was checked, in words for the page."""

    title: str
    detail: str
    status: int

    @classmethod
    def of(cls, problem: Problem) -> Fault:
        """Return what to say of a problem: its own words where it has some, else those of its kind."""
        kind: Kind = problem.kind
        said = problem.errors[0]["detail"] if kind is INVALID_REQUEST and problem.errors else kind.detail
        return cls(kind.title, said, kind.status)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a page shows: the question, and its answer or why there is none."""

    asked: Asked = field(default_factory=Asked)
    report: Mapping[str, Any] | None = None
    fault: Fault | None = None


@router.get("/")
async def empty_page(request: Request, services: ServicesDep, _: SignedIn, sample: bool = False) -> Response:
    """Show the form; with ``?sample=1``, show it with the shipped article already checked."""
    if not sample:
        return _page(request, Checked())
    text = files("claimcheck").joinpath(SAMPLE).read_text("utf-8").strip()
    return await _shown(request, services, await _checked(services, Asked(text=text)))


@router.post("/")
async def checked_page(request: Request, services: ServicesDep, visitor: SignedIn) -> Response:
    """Check what was sent and show its marks, put it into the queue, or send the report as a file."""
    wish = str(visitor.form.get("do", CHECK))
    if wish == QUEUE and not visitor.actor.may(Permission.REVIEW):
        raise Problem(FORBIDDEN)
    try:
        asked = await _asked(visitor.form)
    except Problem as problem:
        return await _shown(request, services, Checked(fault=Fault.of(problem)))
    checked = await _checked(services, asked)
    if checked.report is None or wish not in (QUEUE, DOWNLOAD):
        return await _shown(request, services, checked)
    if wish == DOWNLOAD:
        return await run_in_threadpool(_as_file, checked.report)
    return see_other(await run_in_threadpool(_stored, services, visitor, checked))


async def _asked(form: FormData) -> Asked:
    """Return what the form asks for; a file that was chosen goes before what was pasted.

    Raises:
        Problem: the file is no text.
    """
    chosen = tuple(one for one in Jurisdiction if one.value in form.getlist("jurisdiction"))
    asked = Asked(jurisdictions=chosen or (Jurisdiction.US,), least=str(form.get("min_probability", ""))[:20])
    upload = form.get("file")
    if isinstance(upload, UploadFile) and upload.filename:
        content = await upload.read()
        found = await run_in_threadpool(file_reading.read, upload.filename, content)
        note = f"Read from the file {upload.filename[:_NAME_SHOWN]} ({found.encoding})."
        return Asked(found.text, asked.jurisdictions, asked.least, note)
    # A browser sends each line break of a text area as CR LF, whatever was pasted.
    text = str(form.get("text", "")).replace("\r\n", "\n")
    return Asked(text, asked.jurisdictions, asked.least)


async def _checked(services: Services, asked: Asked) -> Checked:
    try:
        return Checked(asked, await services.runner.run(partial(_report, services, asked)))
    except InputError as error:
        return _refused(asked, from_input_error(error, at="/text"))
    except Problem as problem:
        if problem.kind.status >= errors.INTERNAL.status:
            raise
        return _refused(asked, problem)


def _report(services: Services, asked: Asked) -> dict[str, Any]:
    require_usable(asked.text, max_bytes=services.settings.max_text_bytes, at=("text",))
    return services.checker.check(
        asked.text, jurisdictions=asked.jurisdictions, min_probability=asked.min_probability
    ).to_dict()


def _refused(asked: Asked, problem: Problem) -> Checked:
    # What is no text, or too much of it, is not sent back into the form.
    kept = asked.text if problem.kind in (errors.EMPTY_TEXT, INVALID_REQUEST) else ""
    return Checked(Asked(kept, asked.jurisdictions, asked.least), fault=Fault.of(problem))


async def _shown(request: Request, services: Services, checked: Checked) -> Response:
    # A long text with many claims takes its time to be written.
    return await services.runner.run(partial(_page, request, checked))


def _page(request: Request, checked: Checked) -> Response:
    claims = checked.report["claims"] if checked.report else []
    return show(
        request,
        "check.html",
        status=checked.fault.status if checked.fault else 200,
        asked=checked.asked,
        report=checked.report,
        fault=checked.fault,
        pieces=pieces(checked.asked.text, claims) if checked.report else [],
        numbered=list(enumerate(claims, 1)),
        jurisdictions=_JURISDICTIONS,
        endings=",".join(file_reading.ENDINGS),
        usual_least=USUAL_LEAST,
    )


_JURISDICTIONS: tuple[tuple[Jurisdiction, str], ...] = (
    (Jurisdiction.US, "United States"),
    (Jurisdiction.EU, "European Union"),
    (Jurisdiction.UK, "United Kingdom"),
)


def _as_file(report: Mapping[str, Any]) -> Response:
    name = f"claimcheck-{report['text']['sha256'][:12]}.json"
    return Response(
        json.dumps(report, ensure_ascii=False, indent=2).encode(),
        media_type=JSON,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _stored(services: Services, visitor: Visitor, checked: Checked) -> str:
    """Put the text into the queue and return the address of its page."""
    assert checked.report is not None
    with services.database.begin() as session:
        item = intake.submit(
            session,
            text=checked.asked.text,
            report=checked.report,
            submitted_by=visitor.actor,
            source="console",
        )
        tell(session, visitor, "The text is in the queue now, and kept on this server.")
        return f"/items/{item.id}"
