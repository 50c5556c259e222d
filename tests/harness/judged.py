"""The TPP kit with a judge at its ear: each answer of a resource API is held against its standard's own document."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp

from sandbox.tpp_kit.answers import Tokens
from sandbox.tpp_kit.authorization import PushedRequest
from sandbox.tpp_kit.connector import open_connector
from sandbox.tpp_kit.folder import ClientCertificate, TppFolder
from sandbox.tpp_kit.tpp import DEFAULT_PERMISSIONS, Tpp
from sandbox.tpp_kit.wire import CALL_SECONDS, Answer, Wire
from tests.harness.server import Server
from tests.official import STANDARDS, validate_answer


class JudgedWire(Wire):
    """Every answer below a dialect's base path is judged, for every caller and every fault."""

    def __init__(self, folder: TppFolder) -> None:
        super().__init__(folder)
        self._mtls = urlsplit(folder.mtls).netloc
        self.connections = 0  # opened so far

    async def call(
        self,
        method: str,
        url: str,
        *,
        certificate: ClientCertificate | Literal["own", "none"],
        headers: Mapping[str, str],
        body: bytes = b"",
    ) -> Answer:
        answer = await super().call(method, url, certificate=certificate, headers=headers, body=body)
        parts = urlsplit(url)
        dialect = dialect_of(parts.path)
        if dialect is not None and parts.netloc == self._mtls:
            validate_answer(dialect, method, parts.path, answer.status, answer.headers, answer.body)
        return answer

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=open_connector(),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=CALL_SECONDS),
                trace_configs=[self._counting()],
                trust_env=False,
            )
        return self._session

    def _counting(self) -> aiohttp.TraceConfig:
        async def count(*_: Any) -> None:
            self.connections += 1

        tracing = aiohttp.TraceConfig()
        tracing.on_connection_create_end.append(count)
        return tracing


def dialect_of(path: str) -> str | None:
    """The name of the dialect that answers at `path`."""
    return next((name for name, standard in STANDARDS.items() if path.startswith(f"{standard.base_path}/")), None)


@dataclass(frozen=True, slots=True)
class Grant:
    """A consent that a persona gave, and what the TPP got for it."""

    consent_id: str
    pushed: PushedRequest
    tokens: Tokens

    @property
    def token(self) -> str:
        return self.tokens.access_token


class JudgedTpp(Tpp):
    """A TPP of a server, with the shortcuts that journeys share."""

    def __init__(self, folder: TppFolder, server: Server) -> None:
        super().__init__(folder)
        self.server = server
        self.wire = JudgedWire(folder)

    @classmethod
    def of(cls, server: Server, name: str) -> "JudgedTpp":
        """One that stands in the server's state directory, reaching the server under one name."""
        kit = Tpp.from_folder(server.state_dir / "tpps" / name)
        return cls(kit.folder, server)

    async def reconnect(self) -> None:
        """Leave the connections of a server that is gone."""
        await self.wire.close()

    async def control(self, path: str, document: dict[str, Any] | None = None) -> Answer:
        """The sandbox's control API: POST with a document, GET without."""
        url, headers = f"{self.folder.issuer}/sandbox{path}", {"Content-Type": "application/json"}
        if document is None:
            return await self.wire.call("GET", url, certificate="none", headers={})
        return await self.wire.call("POST", url, certificate="none", headers=headers, body=json.dumps(document).encode())

    async def decide(
        self, consent_id: str, verb: str = "approve", persona: str = "alice", accounts: list[str] | None = None
    ) -> None:
        """A persona's decision, taken before the page is opened."""
        document = {"persona": persona} | ({} if accounts is None else {"accounts": accounts})
        answer = await self.control(f"/consents/{consent_id}/{verb}", document)
        assert answer.status == 200, answer.body

    async def granted(
        self,
        persona: str = "alice",
        *,
        accounts: list[str] | None = None,
        permissions: tuple[str, ...] = DEFAULT_PERMISSIONS,
        **dates: str,
    ) -> Grant:
        """The whole way from a consent to tokens, decided by the control API."""
        consent = await self.lodge_account_consent(permissions, **dates)
        return await self.authorised(consent.id, persona, accounts=accounts)

    async def authorised(self, consent_id: str, persona: str = "alice", *, accounts: list[str] | None = None) -> Grant:
        """Tokens for a consent that stands already."""
        pushed = await self.push_authorization_request(consent_id)
        await self.decide(consent_id, "approve", persona, accounts)
        code = await self.authorize_without_page(pushed)
        return Grant(consent_id, pushed, await self.redeem(code, pushed))
