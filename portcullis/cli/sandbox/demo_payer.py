"""A customer's browser in the demo: it follows redirects on the bank's pages, fills in their forms, and stops where it would leave them."""

import ssl
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import aiohttp

from sandbox.tpp_kit.connector import open_connector

CALL_SECONDS_MAX = 30.0  # for one page of the demo's customer
_REDIRECTS = frozenset({302, 303, 307})


class _Page(HTMLParser):
    """The first form of a page, its words, and the words of its headings by id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.text: list[str] = []
        self.headings: dict[str, str] = {}
        self._heading = ""
        self._in_first = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        self._heading = found.get("id", "") if tag == "h2" else ""
        if tag == "form":
            self._in_first += 1
            self.action = self.action or found.get("action", "")
        if self._in_first != 1 or tag != "input":
            return
        if found.get("type") != "radio" or found.get("name") not in self.fields:  # the first account
            self.fields[found.get("name", "")] = found.get("value", "")

    def handle_data(self, data: str) -> None:
        if words := " ".join(data.split()):
            self.text.append(words)
            if self._heading:
                self.headings.setdefault(self._heading, words)


@dataclass
class Payer:
    """`landed` is where the customer left the bank's pages."""

    ca: Path
    text: str = ""
    landed: str = ""
    _url: str = ""
    _page: _Page = field(default_factory=lambda: _Page(""))

    async def __aenter__(self) -> "Payer":
        connector = open_connector(ssl=ssl.create_default_context(cafile=self.ca))
        timeout = aiohttp.ClientTimeout(total=CALL_SECONDS_MAX)
        self._session = aiohttp.ClientSession(connector=connector, timeout=timeout)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._session.close()

    @property
    def headings(self) -> dict[str, str]:
        """Of the parts of the page, by id."""
        return self._page.headings

    async def open(self, url: str) -> None:
        await self._go("GET", url, {})

    async def send(self, **filled: str) -> None:
        """Fill in the form of the page, and follow where it leads."""
        await self._go("POST", urljoin(self._url, self._page.action), self._page.fields | filled)

    async def _go(self, method: str, url: str, fields: dict[str, str]) -> None:
        site = urlsplit(url).netloc
        while True:
            async with self._session.request(method, url, data=fields or None, allow_redirects=False) as answer:
                html = await answer.text()
            if answer.status not in _REDIRECTS:
                break
            method, url, fields = "GET", urljoin(url, answer.headers["Location"]), {}
            if urlsplit(url).netloc != site:
                self.landed = url
                return
        self._url, self._page = url, _Page(html)
        self.text = " ".join(self._page.text)
