"""A TPP's HTTPS client: with a certificate or without, no cookies, no redirects followed, every call bounded in time.

RFC 8705 (the certificate), RFC 9325 (TLS). Every exchange is kept in the transcript.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

import aiohttp

from sandbox.tpp_kit.connector import open_connector
from sandbox.tpp_kit.folder import ClientCertificate, TppFolder
from sandbox.tpp_kit.transcript import Entry, shorten, shown_body, shown_headers

CALL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """The server's answer. Header names are in the server's spelling; `header` ignores case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The decoded body. Raises ValueError if it is no JSON."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((value for found, value in self.headers.items() if found.lower() == name.lower()), None)


class Wire:
    """One TPP's connections. Close it, or use it as an async context manager."""

    def __init__(self, folder: TppFolder) -> None:
        self._folder = folder
        self._session: aiohttp.ClientSession | None = None
        self.transcript: list[Entry] = []

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(
        self,
        method: str,
        url: str,
        *,
        certificate: ClientCertificate | Literal["own", "none"],
        headers: Mapping[str, str],
        body: bytes = b"",
    ) -> Answer:
        """One request. Raises aiohttp.ClientError if no answer comes, TimeoutError if it comes too late."""
        shown = self._folder.transport if certificate == "own" else certificate
        identity = None if shown == "none" else shown
        async with self._open_session().request(
            method,
            url,
            headers=headers,
            data=body or None,
            ssl=_context(self._folder.ca, identity, _stamp(identity)),
            allow_redirects=False,
        ) as response:
            answer = Answer(response.status, dict(response.headers), await response.read())
        self.transcript.append(_entry(method, url, headers, body, answer, with_certificate=identity is not None))
        return answer

    async def post_form(
        self,
        url: str,
        form: Mapping[str, str],
        *,
        certificate: ClientCertificate | Literal["own", "none"],
        headers: Mapping[str, str],
    ) -> Answer:
        """A form, as every endpoint of an authorization server takes it."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json", **headers}
        return await self.call("POST", url, certificate=certificate, headers=headers, body=urlencode(form).encode())

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=open_connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=CALL_SECONDS),
                trust_env=False,
            )
        return self._session


@lru_cache(maxsize=64)
def _context(ca: Path, identity: ClientCertificate | None, _stamp: int | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if identity is not None:
        context.load_cert_chain(identity.certificate, identity.key)
    return context


def _stamp(identity: ClientCertificate | None) -> int | None:
    """Another one once the certificate was renewed: the next call then shows the new one."""
    return None if identity is None else identity.certificate.stat().st_mtime_ns


def _entry(method: str, url: str, headers: Mapping[str, str], body: bytes, answer: Answer, *, with_certificate: bool) -> Entry:
    content_type = headers.get("Content-Type", "")
    return Entry(
        method=method,
        url=shorten(url),
        with_certificate=with_certificate,
        request_headers=shown_headers(headers),
        request_body=shown_body(body, content_type),
        status=answer.status,
        response_headers=shown_headers(answer.headers),
        response_body=shown_body(answer.body, answer.header("Content-Type") or ""),
    )
