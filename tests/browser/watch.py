"""What a browser asks for and complains about, recorded from its first page on.

Nothing may leave the machine, and nothing may be complained about: there is no list of messages that are let through.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, WebError

_HERE = {"127.0.0.1", "localhost"}
_INSIDE_THE_PAGE = {"about", "blob", "data"}


class Watch:
    """Everything noteworthy that has happened in a browser context since it was last asked."""

    def __init__(self, context: BrowserContext) -> None:
        self.requests = 0
        self._seen: list[str] = []
        context.on("request", lambda request: self._asked(request.url))
        context.on("page", self._opened)
        context.on("console", self._said)
        context.on("weberror", self._failed)

    def problems(self) -> list[str]:
        """What should not have happened since the last call, a line each."""
        seen, self._seen = self._seen, []
        return seen

    def _opened(self, page: Page) -> None:
        page.on("websocket", lambda socket: self._asked(socket.url))

    def _asked(self, url: str) -> None:
        self.requests += 1
        parts = urlsplit(url)
        if parts.scheme not in _INSIDE_THE_PAGE and parts.hostname not in _HERE:
            self._seen.append(f"a request left this machine: {url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._seen.append(f"an error in the console: {message.text} ({message.location.get('url', '')})")

    def _failed(self, error: WebError) -> None:
        self._seen.append(f"an error of the page: {error.error}")
