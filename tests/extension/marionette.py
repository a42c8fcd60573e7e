"""A small Marionette client: drives a stock Firefox without geckodriver."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_QUIET: Mapping[str, Any] = {
    "extensions.webextOptionalPermissionPrompts": False,  # optional permissions are granted without a prompt
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.aboutwelcome.enabled": False,
    "startup.homepage_welcome_url": "about:blank",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "extensions.getAddons.cache.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.region.network.url": "",
}
_START_SECONDS = 60.0
_REPLY_SECONDS = 60.0


class Firefox:
    """One headless Firefox with a profile of its own; ``quit`` ends it."""

    def __init__(self, *, program: str, port: int, preferences: Mapping[str, Any]) -> None:
        """Start it and begin a session."""
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        lines = {**_QUIET, "marionette.port": port, **preferences}.items()
        Path(self._profile.name, "user.js").write_text(
            "\n".join(f"user_pref({json.dumps(name)},{json.dumps(value)});" for name, value in lines)
        )
        flags = ["--headless", "--no-remote", "--marionette", "--remote-allow-system-access"]
        self._process = subprocess.Popen(
            [program, *flags, "--profile", self._profile.name, "about:blank"],
            env={**os.environ, "HOME": self._profile.name},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._sent, self._buffer = 0, b""
        self._socket = self._connected(port)
        self._socket.settimeout(_REPLY_SECONDS)
        self._receive()
        self.command("WebDriver:NewSession", {})

    def _connected(self, port: int) -> socket.socket:
        end = time.monotonic() + _START_SECONDS
        while time.monotonic() < end:
            try:
                return socket.create_connection(("127.0.0.1", port), 1)
            except OSError:
                time.sleep(0.1)
        self._kill()
        raise RuntimeError("Firefox did not open its Marionette port")

    def _receive(self) -> list[Any]:
        """Read one message; on the wire it is ``length:json``."""
        while True:
            head, colon, rest = self._buffer.partition(b":")
            if colon and len(rest) >= int(head):
                break
            more = self._socket.recv(65536)
            if not more:
                raise RuntimeError("Firefox closed the connection")
            self._buffer += more
        message, self._buffer = rest[: int(head)], rest[int(head) :]
        read: list[Any] = json.loads(message)
        return read

    def command(self, name: str, parameters: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 -- JSON
        """Send a command and return its result."""
        self._sent += 1
        body = json.dumps([0, self._sent, name, parameters or {}]).encode()
        self._socket.sendall(str(len(body)).encode() + b":" + body)
        reply = self._receive()
        while len(reply) < 4 or reply[1] != self._sent:
            reply = self._receive()
        if reply[2]:
            raise RuntimeError(f"{reply[2]['error']}: {reply[2]['message'][:400]}")
        return reply[3].get("value", reply[3]) if isinstance(reply[3], dict) else reply[3]

    def js(self, script: str, *arguments: Any, chrome: bool = False) -> Any:  # noqa: ANN401 -- JSON
        """Run an async function body in the page, or in the browser's own context."""
        wrapped = (
            "const done=arguments[arguments.length-1];"
            f"(async()=>{{{script}}})().then(value=>done([value??null]),e=>done({{error:String(e)}}))"
        )
        with self.context("chrome" if chrome else "content"):
            said = self.command(
                "WebDriver:ExecuteAsyncScript",
                {
                    "script": wrapped,
                    "args": list(arguments),
                    "sandbox": "default" if chrome else None,
                    "scriptTimeout": 20_000,
                },
            )
        if isinstance(said, dict):
            raise RuntimeError(str(said["error"])[:1000])
        return said[0]

    @contextlib.contextmanager
    def context(self, name: str) -> Iterator[None]:
        """Speak to the browser itself, or to its pages."""
        if name == "chrome":
            self.command("Marionette:SetContext", {"value": "chrome"})
        try:
            yield
        finally:
            if name == "chrome":
                self.command("Marionette:SetContext", {"value": "content"})

    def go(self, url: str) -> None:
        """Open an address."""
        self.command("WebDriver:Navigate", {"url": url})

    def install(self, folder: Path) -> None:
        """Install an unpacked extension until the browser ends."""
        self.command("Addon:Install", {"path": str(folder), "temporary": True})

    def close_other_tabs(self, expected: int) -> None:
        """Wait until this many tabs are open and close all but the first."""
        end = time.monotonic() + _START_SECONDS
        while len(handles := self.command("WebDriver:GetWindowHandles")) < expected:
            if time.monotonic() > end:
                raise RuntimeError(f"{len(handles)} tabs, not {expected}")
            time.sleep(0.05)
        for handle in handles[1:]:
            self.command("WebDriver:SwitchToWindow", {"handle": handle})
            self.command("WebDriver:CloseWindow")
        self.command("WebDriver:SwitchToWindow", {"handle": handles[0]})

    def find(self, css: str) -> str:
        """Return the reference of the first element that matches."""
        found = self.command("WebDriver:FindElement", {"using": "css selector", "value": css})
        return str(next(iter(found.values())))

    def fill(self, css: str, text: str) -> None:
        """Type a text in the place of what stands there."""
        element = self.find(css)
        self.command("WebDriver:ElementClear", {"id": element})
        self.command("WebDriver:ElementSendKeys", {"id": element, "text": text})

    def click(self, css: str) -> None:
        """Click an element."""
        self.command("WebDriver:ElementClick", {"id": self.find(css)})

    def click_toolbar(self, extension_id: str) -> None:
        """Click the extension's toolbar button for real, which lets it read the tab."""
        self.js(
            """
            const {ExtensionParent} = ChromeUtils.importESModule('resource://gre/modules/ExtensionParent.sys.mjs');
            const extension = WebExtensionPolicy.getByID(arguments[0]).extension;
            await ExtensionParent.apiManager.global.browserActionFor(extension)
              .triggerAction(Services.wm.getMostRecentWindow('navigator:browser'))""",
            extension_id,
            chrome=True,
        )

    def screenshot(self) -> bytes:
        """Return what the window shows, as PNG."""
        return base64.b64decode(self.command("WebDriver:TakeScreenshot", {"full": False}))

    def quit(self) -> None:
        """End the browser, by force where it does not end."""
        with contextlib.suppress(OSError, RuntimeError):
            self.command("Marionette:Quit", {"flags": ["eForceQuit"]})
        self._socket.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._kill()
        self._profile.cleanup()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
