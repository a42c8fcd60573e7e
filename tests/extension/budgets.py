"""How large and how quick the extension is; ``python -m tests.extension.budgets`` prints it.

Sizes and counts are held to exactly.  Times are the best of two, since a
machine that does other things makes them longer and nothing makes them
shorter.  They may be twice the budget, and longer still by as much as the
machine has more to do than it has processors.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright, sync_playwright

from tests.extension.builds import build_all
from tests.extension.chromium import Chromium, reading
from tests.extension.driver import Browser, connect, eventually, marks, run_in_page
from tests.extension.firefox import browsing
from tests.extension.generated import comments
from tests.extension.service import Faults, Service, pages

TOLERANCE = 2.0
REPEATS = 2
WALKS = {
    "Chromium": {"2,500": 60.0, "25,000": 1_500.0},
    "Firefox": {"2,500": 150.0, "25,000": 1_500.0},
}
# Firefox does not tell of long tasks: there a page that asks to be called at once notes how long it waited.
_LONG_TASKS = """
  const { dataset } = document.documentElement;
  dataset.longest = 0;
  const keep = took => { if (took > Number(dataset.longest)) dataset.longest = took };
  const note = all => { for (const one of all.getEntries()) keep(one.duration) };
  if (PerformanceObserver.supportedEntryTypes.includes('longtask')) {
    new PerformanceObserver(note).observe({type: 'longtask'});
    return;
  }
  const channel = new MessageChannel();
  let last = performance.now();
  channel.port1.onmessage = () => {
    const now = performance.now();
    keep(now - last);
    last = now;
    setTimeout(() => { last = performance.now(); channel.port2.postMessage(0) }, 1);
  };
  channel.port2.postMessage(0)"""
_RANGES = """
  const highlight = new Highlight(), nodes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (nodes.length < 500 && walker.nextNode()) nodes.push(walker.currentNode);
  document.body.getBoundingClientRect();
  let began = performance.now();
  for (const node of nodes) {
    const range = document.createRange();
    range.selectNodeContents(node);
    highlight.add(range);
  }
  CSS.highlights.set('measured', highlight);
  document.body.getBoundingClientRect();
  const adding = performance.now() - began;
  began = performance.now();
  for (let i = 0; i < 20; i++) CSS.highlights.highlightsFromPoint(100 + i, 100 + i);
  return [adding, (performance.now() - began) / 20]"""


@dataclass(frozen=True)
class Measured:
    """One figure and what it may be."""

    what: str
    value: float
    budget: float
    unit: str

    @property
    def allowed(self) -> float:
        """The budget; for times with what a shared machine may add."""
        if self.unit not in ("ms", "s"):
            return self.budget
        return self.budget * TOLERANCE * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))

    def __str__(self) -> str:
        return f"{self.what:<58}{self.value:>10.1f} {self.unit:<9} budget {self.budget:g}"


def sizes(dist: Path) -> Iterator[Measured]:
    """Measure what is shipped."""
    icons = sum(one.stat().st_size for one in (dist / "chrome" / "icons").iterdir())
    yield Measured("content script", (dist / "chrome" / "content.js").stat().st_size / 1024, 40, "KiB")
    for target in ("chrome", "firefox"):
        package = next(dist.glob(f"claimcheck-*-{target}.zip")).stat().st_size
        yield Measured(f"package for {target}, without icons", (package - icons) / 1024, 150, "KiB")


def _best(measure: Callable[[], dict[str, float]]) -> dict[str, float]:
    rounds = [measure() for _ in range(REPEATS)]
    return {name: min(one[name] for one in rounds) for name in rounds[0]}


def _walk(browser: Browser, name: str) -> dict[str, float]:
    """Read a page once, from memory where it was read before, and return how its walk went."""
    tab = browser.open(name)
    run_in_page(tab, _LONG_TASKS)
    tab.toolbar()
    eventually(lambda: marks(tab), bool, 30)
    said: dict[str, Any] = json.loads(tab.js("return document.documentElement.dataset.claimcheck"))
    task: float = tab.js("return Number(document.documentElement.dataset.longest)")
    tab.close()
    return {"walk": said["ms"], "slice": said["longest"], "task": task}


def _first_mark(browser: Browser, service: Service, name: str) -> dict[str, float]:
    """Return the time from click to first mark, with nothing remembered and a server 100 ms away."""
    browser.extension("await api.storage.session.clear()")
    service.faults.seconds = 0.1
    tab = browser.open(name)
    began = time.monotonic()
    tab.toolbar()
    eventually(lambda: marks(tab), bool, 30)
    first = time.monotonic() - began
    service.faults.seconds = 0.0
    tab.close()
    return {"first": first}


def times(browser: Browser, service: Service, walks: Mapping[str, float]) -> Iterator[Measured]:
    """Measure how quick it is and how much it asks; ``walks`` are budgets by number of elements."""
    for name, elements in (("small.html", "2,500"), ("large.html", "25,000")):
        first = _best(lambda name=name: _first_mark(browser, service, name))  # type: ignore[misc]
        yield Measured(f"click to first mark, {elements} elements", first["first"], 1.0, "s")
        walk = _best(lambda name=name: _walk(browser, name))  # type: ignore[misc]
        yield Measured(f"walk, {elements} elements", walk["walk"], walks[elements], "ms")
        yield Measured(f"longest slice, {elements} elements", walk["slice"], 16, "ms")
        yield Measured(f"longest task of the page, {elements} elements", walk["task"], 50, "ms")
    checks = service.faults.checks
    yield Measured("most texts in a request", max(len(one.texts) for one in checks), 60, "texts")
    yield Measured("largest request", max(len(one.body.encode()) for one in checks) / 1000, 31, "kB")
    yield Measured("most requests at a time", service.faults.together, 2, "requests")
    tab = browser.open("large.html")
    adding, hitting = tab.js(_RANGES)
    tab.close()
    yield Measured("500 ranges", adding, 5, "ms")
    yield Measured("hit test among 500 ranges", hitting, 2, "ms")
    asked = len(service.faults.asked)
    _walk(browser, "small.html")
    yield Measured("requests of a second visit", len(service.faults.asked) - asked, 0, "requests")


@contextmanager
def everything() -> Iterator[tuple[Path, Playwright, Service, int]]:
    """Start the service, the pages and the driver, for those who are not a test."""
    import claimcheck
    from api.access import keys
    from api.main import create_app
    from api.settings import Settings
    from api.storage.tables import Scope
    from tests.extension.service import listening

    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            log_format="off", database_url=f"sqlite:///{folder}/claimcheck.db", rate_limit="100000/minute"
        )
        app = create_app(checker=claimcheck.load(), settings=settings)
        faults = Faults(app)
        made = {"/small.html": comments(250), "/large.html": comments(2_500)}
        with listening(faults) as address, pages(made) as port, sync_playwright() as playwright:
            with app.state.services.database.begin() as session:
                key = keys.create(session, name="budgets", scope=Scope.SCORE, created_by="budgets").secret
            yield Path(folder), playwright, Service(address, key, faults, app), port


def main() -> None:
    """Print every figure."""
    dist = build_all()
    with everything() as (folder, playwright, service, port):
        for one in sizes(dist):
            print(one)  # noqa: T201 -- this is what the command is for
        with reading(playwright, folder / "profile", dist / "chrome-test", port) as reader:
            _print("Chromium", Chromium(reader), service)
        service.faults.reset()
        with browsing(dist / "firefox-test", port) as firefox:
            _print("Firefox", firefox, service)


def _print(name: str, browser: Browser, service: Service) -> None:
    connect(browser, service.address, service.key)
    print(f"\n{name}")  # noqa: T201 -- this is what the command is for
    for one in times(browser, service, WALKS[name]):
        print(one, flush=True)  # noqa: T201 -- this is what the command is for


if __name__ == "__main__":
    main()
