"""A browser without scripts: fetches pages, keeps cookies, fills in forms by the ids of their inputs, follows redirects on its own site.

It knows HTML as a browser does and nothing of the server: what is not on the page cannot be pressed.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import aiohttp

from sandbox.tpp_kit.connector import open_connector

REDIRECTS_MAX = 5
CALL_SECONDS = 30.0


@dataclass
class Control:
    """An input or button of a form."""

    id: str
    name: str
    type: str
    value: str
    checked: bool = False


@dataclass
class HtmlForm:
    action: str
    method: str
    controls: list[Control] = field(default_factory=list)

    def fields(self, pressed: Control, filled: Mapping[str, str | bool]) -> list[tuple[str, str]]:
        """The form that a browser sends when `pressed` is pressed; `filled` names inputs by id."""
        unknown = set(filled) - {control.id for control in self.controls}
        assert not unknown, f"no such input: {unknown}"
        pairs = []
        for control in self.controls:
            value = filled.get(control.id, control.checked if control.type in {"checkbox", "radio"} else control.value)
            if control.type in {"submit", "button"}:
                value = control.value if control is pressed else False
            if value is True:
                value = control.value
            if control.name and value is not False:
                pairs.append((control.name, str(value)))
        return pairs


class Page(HTMLParser):
    """The contents of a page: forms, links, visible text, ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self.ids: dict[str, str] = {}  # id -> tag
        self.text = ""
        self._form: HtmlForm | None = None
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attributes}
        if "id" in found:
            assert found["id"] not in self.ids, f"two elements have the id {found['id']}"
            self.ids[found["id"]] = tag
        if tag in {"style", "script"}:
            self._hidden += 1
        elif tag == "form":
            self._form = HtmlForm(found.get("action", ""), found.get("method", "get").upper())
            self.forms.append(self._form)
        elif tag in {"input", "button"} and self._form is not None:
            kind = found.get("type", "text" if tag == "input" else "submit")
            default = "on" if kind in {"checkbox", "radio"} else ""
            control = Control(found.get("id", ""), found.get("name", ""), kind, found.get("value", default), "checked" in found)
            self._form.controls.append(control)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag in {"style", "script"}:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += f" {data.strip()}" if data.strip() else ""

    def find(self, button_id: str) -> tuple[HtmlForm, Control]:
        """The button and its form."""
        for form in self.forms:
            for control in form.controls:
                if control.id == button_id and control.type == "submit":
                    return form, control
        raise AssertionError(f"no button {button_id} on this page, only {sorted(self.ids)}")


class Browser:
    """One browser with its own cookies. `landed` is where it was sent away to, at the end."""

    def __init__(self, ca: Path, cookies: Mapping[str, str] | None = None) -> None:
        self._context = ssl.create_default_context(cafile=ca)
        self._session: aiohttp.ClientSession | None = None
        self.cookies: dict[str, str] = dict(cookies or {})
        self.set_cookies: list[str] = []
        self.url = ""
        self.status = 0
        self.headers: Mapping[str, str] = {}
        self.html = ""
        self.page = Page("")
        self.landed = ""

    async def __aenter__(self) -> "Browser":
        self._open()
        return self

    def _open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=open_connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS),
            trust_env=False,
        )

    async def reconnect(self) -> None:
        """Leave the connections of a server that is gone; cookies stay."""
        assert self._session is not None
        await self._session.close()
        self._open()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        assert self._session is not None
        await self._session.close()

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def answer(self) -> dict[str, str]:
        """The parameters that it was sent away with."""
        pairs = parse_qsl(urlsplit(self.landed).query, keep_blank_values=True)
        assert len(dict(pairs)) == len(pairs), "a parameter is repeated"
        return dict(pairs)

    @property
    def error_code(self) -> str:
        """The error that an error page shows."""
        assert "error-code" in self.page.ids, self.page.text
        return self.page.text.rsplit("error code:", 1)[1].split()[0]

    async def open(self, url: str) -> "Browser":
        """Go there, and on to wherever that leads."""
        await self.send("GET", url)
        return self

    async def press(self, button_id: str, **filled: str | bool) -> "Browser":
        """Fill in the form of this button, by ids with `_` for `-`, and press it."""
        form, button = self.page.find(button_id)
        fields = form.fields(button, {name.replace("_", "-"): value for name, value in filled.items()})
        await self.send(form.method, urljoin(self.url, form.action), fields)
        return self

    def form_token(self, button_id: str) -> str:
        """The hidden token of the button's form."""
        return next(control.value for control in self.page.find(button_id)[0].controls if control.type == "hidden")

    async def send(
        self,
        method: str,
        url: str,
        fields: list[tuple[str, str]] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """One request as the page would send it, or as an attacker would have it sent; redirects within the site are followed."""
        self.landed, self.set_cookies = "", []
        body = urlencode(fields).encode() if isinstance(fields, list) else fields
        sent = {"Content-Type": "application/x-www-form-urlencoded"} if body is not None else {}
        for _ in range(REDIRECTS_MAX):
            location = await self._once(method, urljoin(self.url, url), body, sent | dict(headers or {}))
            if location is None:
                return
            if urlsplit(location).netloc != urlsplit(self.url).netloc:
                self.landed = location
                return
            method, url, body, sent, headers = "GET", location, None, {}, None
        raise AssertionError(f"more than {REDIRECTS_MAX} redirects")

    async def _once(self, method: str, url: str, body: bytes | None, headers: dict[str, str]) -> str | None:
        """One answer; where it leads if it redirects."""
        assert self._session is not None
        sent = {"Accept": "text/html", **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self._session.request(
            method, url, data=body, headers=sent, ssl=self._context, allow_redirects=False
        ) as response:
            self.url, self.status, self.headers = url, response.status, response.headers
            self.html = await response.text()
            self._keep_cookies(response.headers.getall("Set-Cookie", []))
        self.page = Page(self.html)
        return urljoin(url, self.headers["Location"]) if self.status == 303 else None

    def _keep_cookies(self, headers: list[str]) -> None:
        self.set_cookies += headers
        for header in headers:
            for name, morsel in SimpleCookie(header).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
