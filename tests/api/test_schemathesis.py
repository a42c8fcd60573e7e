"""Whatever fits the description, or nearly does, is answered as described: no 5xx, no other shape or status.

Every call is sent generated requests over a socket, with a key that may do everything.  For a larger run,
``CLAIMCHECK_TEST_EXAMPLES=200 pytest tests/api/test_schemathesis.py`` sends so many to each call.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck
from schemathesis import Case, GenerationMode, HookContext, SerializationContext
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.access import keys
from api.main import create_app
from api.settings import Settings
from api.storage.tables import Scope
from claimcheck.kb.store import KnowledgeBase
from tests.api.conftest import PhraseChecker

EXAMPLES = int(os.environ.get("CLAIMCHECK_TEST_EXAMPLES", "0"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CLAIM = "Kratom potentiates antidepressants."
ITEMS = [{"id": f"row-{number}", "text": f"{CLAIM} {number}"} for number in range(3)]
Parameters = dict[str, Any] | None
# Ids of what there is, by the first step of the address; half of the generated requests are for them.
THERE: dict[str, str] = {}

schema = schemathesis.openapi.from_dict(create_app(settings=Settings(log_format="off")).openapi())
schema.config.generation.update(modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE])


@dataclass(frozen=True)
class Service:
    """A started server and the key that may do everything there."""

    address: str
    headers: Mapping[str, str] = field(repr=False)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, knowledge_base: KnowledgeBase) -> Iterator[Service]:
    """The whole application over a checker of three phrases, with a little of everything in its database."""
    path = tmp_path_factory.mktemp("service") / "claimcheck.db"
    settings = Settings(
        database_url=os.environ.get("CLAIMCHECK_TEST_DATABASE", f"sqlite:///{path}"),
        rate_limit="1000000/minute",
        max_kb_age_days=0,
        log_format="off",
    )
    app = create_app(checker=PhraseChecker(knowledge_base), settings=settings)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        with app.state.services.database.begin() as session:
            secret = keys.create(session, name="all", scope=Scope.ADMIN, created_by="test").secret
        port = server.servers[0].sockets[0].getsockname()[1]
        made = Service(f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {secret}"})
        _fill(made)
        yield made
    finally:
        server.should_exit = True
        thread.join(timeout=20)


def _fill(service: Service) -> None:
    """Put an item, a job, a webhook and a feedback there."""
    with httpx.Client(base_url=service.address, headers=service.headers) as client:
        items = [client.post("/v1/items", json=item).json() for item in ITEMS]
        THERE["items"] = items[0]["id"]
        decided = f"/v1/items/{items[1]['id']}"
        etag = client.get(decided).headers["etag"]
        made = client.post(f"{decided}/decision", json={"action": "allow"}, headers={"If-Match": etag})
        assert made.status_code == 201, made.text
        rows = "\n".join(map(json.dumps, ITEMS))
        job = client.post("/v1/jobs", content=rows, headers={"content-type": "application/x-ndjson"})
        THERE["jobs"] = job.json()["id"]
        hook = {"url": "https://example.org/hook", "events": ["decision.made"]}
        THERE["webhooks"] = client.post("/v1/webhooks", json=hook).json()["id"]
        THERE["concepts"] = "kratom"


@schema.hook
def map_path_parameters(context: HookContext, path_parameters: Parameters) -> Parameters:
    """Ask half of the time for what there is: an id that nothing has says little of a call."""
    path = context.operation.path if context.operation else ""
    first = path.removeprefix("/v1/").partition("/")[0]
    if path_parameters and first in THERE and len(str(path_parameters.get("id"))) % 2:
        return {**path_parameters, "id": THERE[first]}
    return path_parameters


@schemathesis.serializer("application/x-ndjson")
def lines(_: SerializationContext, value: object) -> bytes:
    """Send what is generated for a file of lines as it is."""
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else json.dumps(value).encode()


@schema.parametrize()
@hypothesis.settings(
    max_examples=EXAMPLES or 5,
    derandomize=not EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
def test_every_call_answers_as_described(case: Case[Any], service: Service) -> None:
    case.call_and_validate(base_url=service.address, headers=dict(service.headers), checks=CHECKS, timeout=20)
