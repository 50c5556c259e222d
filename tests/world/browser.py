"""A browser without sockets."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

from multidict import CIMultiDict, CIMultiDictProxy

from consent.app import ConsentServer
from consent.authorization.authorize.pushed import PushedRequest
from consent.services import Services
from kernel.brand import Brand
from kernel.http.message import Request, Response
from tests.world.brands import BRAND


class Site(Protocol):
    """A world with pages."""

    services: Services
    server: ConsentServer


@dataclass
class Browser:
    """Keeps cookies, follows redirects to our own pages, and stops where it would leave."""

    world: Site
    brand: Brand = BRAND
    peer: str = "192.0.2.7"
    cookies: dict[str, str] = field(default_factory=dict)
    path: str = ""
    html: str = ""
    response: Response = field(default_factory=lambda: Response(0))

    async def begin(self, pushed: PushedRequest) -> "Browser":
        from consent.customer.journey.start import begin

        client = await self.world.services.clients.current(self.brand, pushed.client_id, fresh=True)
        response = await begin(self.world.services, self.brand, client, pushed)
        return await self.follow(response, "/authorize")

    def request(self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Request:
        parts = urlsplit(target)
        all_headers = CIMultiDict(headers or {})
        if self.cookies:
            all_headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            all_headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
        query = tuple((name, value) for name, values in parse_qs(parts.query).items() for value in values)
        return Request(
            method=method,
            path=parts.path,
            query=query,
            headers=CIMultiDictProxy(all_headers),
            body=body,
            host=urlsplit(self.brand.issuer).netloc,
            peer=self.peer,
            listener="public",
        )

    async def get(self, path: str) -> "Browser":
        return await self.follow(await self.world.server.handle(self.brand, self.request("GET", path)), path)

    async def send(
        self,
        path: str,
        fields: Mapping[str, str | list[str]],
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """The raw answer to a form; cookies are kept."""
        request = self.request("POST", path, urlencode(fields, doseq=True).encode(), headers)
        return self.keep(await self.world.server.handle(self.brand, request))

    async def post(self, fields: Mapping[str, str | list[str]], headers: Mapping[str, str] | None = None) -> "Browser":
        """Fill in the form of the present page and follow the answer."""
        response = await self.send(self.path, self.hidden | dict(fields), headers)
        return await self.follow(response, self.path)

    async def follow(self, response: Response, path: str) -> "Browser":
        self.keep(response)
        while response.status == 303 and response.headers["Location"].startswith("/"):
            path = response.headers["Location"]
            response = self.keep(await self.world.server.handle(self.brand, self.request("GET", path)))
        self.path, self.response = path, response
        self.html = (response.body or b"").decode()
        return self

    def keep(self, response: Response) -> Response:
        for cookie in response.headers.getall("Set-Cookie", ()):
            name, _, value = cookie.split(";")[0].partition("=")
            if "Max-Age=0" in cookie:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return response

    async def log_in(self, name: str, password: str | None = None) -> "Browser":
        return await self.post({"username": name, "password": password or f"{name}-pw"})

    async def approve(self, *indexes: int) -> "Browser":
        return await self.post({"account": [self.handles[index] for index in indexes]})

    async def deny(self) -> "Browser":
        return await self.post({"action": "deny"})

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields of the page's forms."""
        return {"form_token": self.token} | dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', self.html))

    @property
    def token(self) -> str:
        found = re.search(r'name="form_token" value="([^"]+)"', self.html)
        return found[1] if found else ""

    @property
    def handles(self) -> list[str]:
        return re.findall(r'name="account" id="account-\d+" value="([^"]+)"', self.html)

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def text(self) -> str:
        return unescape(re.sub(r"<[^>]+>", " ", self.html))

    @property
    def answer(self) -> dict[str, str]:
        """The parameters of the redirect to the client."""
        location = self.response.headers.get("Location", "")
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def shows(self, element_id: str) -> bool:
        return f'id="{element_id}"' in self.html
