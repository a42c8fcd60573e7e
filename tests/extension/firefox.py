"""A Firefox with the extension in it, driven as ``driver.py`` asks, in the release build."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.extension import service as services
from tests.extension.builds import missing
from tests.extension.chromium import SELECT
from tests.extension.driver import Key, Shortcut, Tab
from tests.extension.marionette import Firefox

GECKO_ID = "claimcheck@example.org"
GECKO_UUID = "11111111-2222-3333-4444-555555555555"
_KEYS: dict[Key, str] = {
    "Escape": "\ue00c",
    "Enter": "\ue007",
    "ArrowDown": "\ue015",
    "ArrowUp": "\ue013",
    "Tab": "\ue004",
}
_ALT, _SHIFT = "\ue00a", "\ue008"
_SHORTCUTS: dict[Shortcut, str] = {"next": "n", "previous": "p", "list": "l"}
_MENU_ENTRY = "claimcheck_example_org-menuitem-_text"
_BADGE = """
  const {ExtensionParent} = ChromeUtils.importESModule('resource://gre/modules/ExtensionParent.sys.mjs');
  const {extension} = WebExtensionPolicy.getByID(arguments[0]);
  const action = ExtensionParent.apiManager.global.browserActionFor(extension);
  const tab = Services.wm.getMostRecentWindow('navigator:browser').gBrowser.selectedTab;
  const shown = action.action.getContextData(tab);
  return [shown.badgeText ?? '', shown.title ?? '']"""
_SPOKEN = """
  const service = Cc['@mozilla.org/accessibilityService;1'].getService(Ci.nsIAccessibilityService);
  const browser = Services.wm.getMostRecentWindow('navigator:browser').gBrowser.selectedBrowser;
  const names = [], left = [service.getAccessibleFor(browser)];
  while (left.length) {
    const one = left.pop();
    if (one?.name) names.push(one.name);
    for (let i = (one?.childCount ?? 0) - 1; i >= 0; i--) left.push(one.getChildAt(i));
  }
  return names.join('\\n')"""
_MENU = """
  const window = Services.wm.getMostRecentWindow('navigator:browser');
  const menu = window.document.getElementById('contentAreaContextMenu');
  if (menu.state !== 'open') await new Promise(go => menu.addEventListener('popupshown', go, {once: true}));
  menu.activateItem(window.document.getElementById(arguments[0]))"""
# A window of its own that the extension opened stays open without a screen; a click elsewhere closes it.
_CLOSE_POPUP = """
  const {document} = Services.wm.getMostRecentWindow('navigator:browser');
  for (const panel of document.querySelectorAll('panel')) {
    if (panel.state === 'closed') continue;
    const hidden = new Promise(go => panel.addEventListener('popuphidden', go, {once: true}));
    panel.hidePopup();
    await hidden;
  }"""
_END = """
  const {extension} = WebExtensionPolicy.getByID(arguments[0]);
  await extension.terminateBackground({disableResetIdleForTest: true});
  return extension.backgroundState"""
# What a reader sets, gives and opens, taken back: the next test begins as after installing.
_FORGET = """
  await Promise.all([api.storage.local.clear(), api.storage.session.clear()]);
  const given = await api.permissions.getAll();
  const origins = given.origins.filter(one => !/^http:..(127\\.0\\.0\\.1|localhost)/.test(one));
  if (origins.length) await api.permissions.remove({origins});
  const scripts = await api.scripting.getRegisteredContentScripts();
  if (scripts.length) await api.scripting.unregisterContentScripts({ids: scripts.map(one => one.id)})"""


class FirefoxTab:
    """A tab of Firefox."""

    def __init__(self, browser: FirefoxBrowser, handle: str) -> None:
        """Take over a tab."""
        self._browser, self._handle = browser, handle

    def _firefox(self, *, focus: bool = False) -> Firefox:
        self._browser.switch(self._handle, focus=focus)
        return self._browser.firefox

    @property
    def address(self) -> str:
        """Where the tab is."""
        return str(self._firefox().command("WebDriver:GetCurrentURL"))

    def js(self, script: str, *given: Any) -> Any:  # noqa: ANN401 -- JSON
        """Run a script in the page."""
        return self._firefox().js(script, *given)

    def ui(self, script: str, *given: Any) -> Any:  # noqa: ANN401 -- JSON
        """Run a script with the extension's tree on the page as ``ui``."""
        firefox = self._firefox()
        if not firefox.js("return document.querySelector('claimcheck-ui') !== null"):
            return firefox.js(f"const ui = null; {script}", *given)
        tree = firefox.command("WebDriver:GetShadowRoot", {"id": firefox.find("claimcheck-ui")})
        # The tree is put behind what was given, where the script does not count it.
        return firefox.js(f"const ui = arguments[{len(given)}]; {script}", *given, tree)

    def click(self, css: str) -> None:
        """Click an element."""
        self._firefox(focus=True).click(css)

    def fill(self, css: str, text: str) -> None:
        """Write a text into a field."""
        self._firefox(focus=True).fill(css, text)

    def point(self, x: float, y: float, *, alt: bool = False) -> None:
        """Move the mouse to a place of the window and click."""
        self._press_mouse(x, y, button=0, alt=alt)

    def _press_mouse(self, x: float, y: float, *, button: int, alt: bool) -> None:
        wait = {"type": "pause", "duration": 0}
        mouse = [
            wait,
            {"type": "pointerMove", "x": int(x), "y": int(y), "duration": 0},
            {"type": "pointerDown", "button": button},
            {"type": "pointerUp", "button": button},
        ]
        keys = [{"type": "keyDown", "value": _ALT}, wait, wait, wait, {"type": "keyUp", "value": _ALT}]
        acting: list[dict[str, Any]] = [{"type": "pointer", "id": "mouse", "actions": mouse}]
        if alt:
            acting.append({"type": "key", "id": "keys", "actions": keys})
        self._firefox(focus=True).command("WebDriver:PerformActions", {"actions": acting})

    def press(self, key: Key) -> None:
        """Press a key."""
        _strike(self._firefox(focus=True), _KEYS[key])

    def type(self, text: str) -> None:
        """Type a text where the focus is."""
        strokes = [{"type": kind, "value": one} for one in text for kind in ("keyDown", "keyUp")]
        acting = [{"type": "key", "id": "keys", "actions": strokes}]
        self._firefox(focus=True).command("WebDriver:PerformActions", {"actions": acting})

    def scroll(self, by: int) -> None:
        """Turn the wheel."""
        turn = {"type": "scroll", "x": 100, "y": 100, "deltaX": 0, "deltaY": by, "duration": 0}
        acting = [{"type": "wheel", "id": "wheel", "actions": [turn]}]
        self._firefox(focus=True).command("WebDriver:PerformActions", {"actions": acting})

    def toolbar(self) -> None:
        """Click the extension's button in the toolbar."""
        firefox = self._firefox(focus=True)
        firefox.js(_CLOSE_POPUP, chrome=True)
        firefox.click_toolbar(GECKO_ID)

    def shortcut(self, name: Shortcut) -> None:
        """Press the keys of one of the extension's commands."""
        firefox = self._firefox(focus=True)
        with firefox.context("chrome"):
            _strike(firefox, _ALT, _SHIFT, _SHORTCUTS[name])

    def check_selection(self, css: str) -> None:
        """Select what an element holds, click it with the other button, and choose the menu's entry."""
        place = self.js(
            f"{SELECT}; const box = chosen.getClientRects()[0]; return [box.x + 20, box.y + box.height / 2]",
            css,
        )
        self._press_mouse(*place, button=2, alt=False)
        self._firefox().js(_MENU, _MENU_ENTRY, chrome=True)

    def badge(self) -> tuple[str, str]:
        """Return what the toolbar button shows for this tab, and its title."""
        text, title = self._firefox(focus=True).js(_BADGE, GECKO_ID, chrome=True)
        return str(text), str(title)

    def spoken(self) -> str:
        """Return what assistive software finds on the page."""
        return str(self._firefox(focus=True).js(_SPOKEN, chrome=True))

    def picture(self) -> bytes:
        """Return what the window shows, as PNG."""
        return self._firefox(focus=True).screenshot()

    def front(self) -> None:
        """Look at this tab."""
        self._firefox(focus=True)

    def reload(self) -> None:
        """Load the page anew."""
        self._firefox().command("WebDriver:Refresh")

    def close(self) -> None:
        """Close the tab."""
        self._firefox().command("WebDriver:CloseWindow")
        self._browser.forget_current()


def _strike(firefox: Firefox, *keys: str) -> None:
    """Hold keys down one after the other, then let them go."""
    strokes = [{"type": "keyDown", "value": one} for one in keys]
    strokes += [{"type": "keyUp", "value": one} for one in reversed(keys)]
    acting = [{"type": "key", "id": "keys", "actions": strokes}]
    firefox.command("WebDriver:PerformActions", {"actions": acting})


class FirefoxBrowser:
    """A Firefox with an extension; a tab of the extension's stays open to ask it things."""

    def __init__(self, firefox: Firefox, port: int) -> None:
        """Take over a browser that has just started, with the extension in it."""
        self.firefox, self._port = firefox, port
        self._desk = str(firefox.command("WebDriver:GetWindowHandle"))
        self._current, self._looked_at = self._desk, self._desk
        firefox.go(f"moz-extension://{GECKO_UUID}/sent.html?desk")

    @property
    def port(self) -> int:
        """Where the fixture pages are."""
        return self._port

    def switch(self, handle: str, *, focus: bool) -> None:
        """Speak to a tab, and look at it or not."""
        if handle == self._current and (not focus or handle == self._looked_at):
            return
        self.firefox.command("WebDriver:SwitchToWindow", {"handle": handle, "focus": focus})
        self._current = handle
        if focus:
            self._looked_at = handle

    def forget_current(self) -> None:
        """The tab that was spoken to is gone: what comes next is asked of one that stays."""
        self._current = self._looked_at = ""
        self.switch(self._desk, focus=False)

    def extension(self, script: str, *given: Any) -> Any:  # noqa: ANN401 -- JSON
        """Run a script where the extension's interfaces are, as ``api``."""
        self.switch(self._desk, focus=False)
        return self.firefox.js(f"const api = browser; {script}", *given)

    def _new(self, address: str) -> Tab:
        made = self.firefox.command("WebDriver:NewWindow", {"type": "tab", "focus": True})
        self.switch(str(made["handle"]), focus=True)
        self.firefox.go(address)
        return FirefoxTab(self, str(made["handle"]))

    def open(self, name: str, host: str = "news.test") -> Tab:
        """Open a fixture page."""
        return self._new(f"http://{host}:{self._port}/{name}")

    def own(self, name: str) -> Tab:
        """Open one of the extension's own pages."""
        return self._new(f"moz-extension://{GECKO_UUID}/{name}")

    def tabs(self, part: str) -> list[Tab]:
        """Return the open tabs whose address has this in it."""
        # A tab that the extension opens comes to the front by itself.
        self._looked_at = ""
        all_ = [FirefoxTab(self, handle) for handle in self.firefox.command("WebDriver:GetWindowHandles")]
        return [one for one in all_ if part in one.address]

    def end_background(self) -> None:
        """End the page of events as the browser does when it is idle, though it is not."""
        assert self.firefox.js(_END, GECKO_ID, chrome=True) == "stopped"

    def begin_anew(self) -> None:
        """Close what is open and forget what was stored, as if the extension had just been installed."""
        for handle in self.firefox.command("WebDriver:GetWindowHandles"):
            if handle != self._desk:
                self.switch(handle, focus=False)
                self.firefox.command("WebDriver:CloseWindow")
                self.forget_current()
        self.switch(self._desk, focus=True)
        self.extension(_FORGET)
        self.end_background()


@contextlib.contextmanager
def browsing(build: Path, port: int) -> Iterator[FirefoxBrowser]:
    """Start a browser with an unpacked extension and a fresh profile."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        missing("firefox-esr")
    preferences = {
        "extensions.webextensions.uuids": json.dumps({GECKO_ID: GECKO_UUID}),  # its pages at a known address
        "network.dns.localDomains": "news.test,other.test,mail.news.test",
    }
    firefox = Firefox(program=str(program), port=services.closed_port(), preferences=preferences)
    try:
        firefox.install(build)
        firefox.close_other_tabs(expected=2)  # the page of welcome
        # The part of the window that shows pages is as large as Chromium's.
        firefox.command("WebDriver:SetWindowRect", {"width": 1000, "height": 886})
        yield FirefoxBrowser(firefox, port)
    finally:
        firefox.quit()
