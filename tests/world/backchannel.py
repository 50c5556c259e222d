"""A brand whose clients ask its customers over the backchannel: the authorization server's world with hand-made customers and pages."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from consent.app import ConsentServer
from consent.authorization.backchannel.notifier import Notifier
from consent.authorization.offer.profiles import SecurityProfile
from kernel.banking.consents import Permission
from kernel.http.outbound.fetcher import Unanswered
from kernel.observability.telemetry import Telemetry
from kernel.storage.lease import Lease
from tests.world.answer import Answer
from tests.world.authorization import AuthorizationWorld, authorization_world
from tests.world.brands import BRAND
from tests.world.browser import Browser
from tests.world.customers import Accounts, Identity
from tests.world.keys import KEYS
from tests.world.tpp import Tpp

GRANT_TYPE = "urn:openid:params:grant-type:ciba"
GRANT_TYPES = frozenset({"authorization_code", "refresh_token", "client_credentials", GRANT_TYPE})
NOTIFICATION_URI = "https://pinged.example/ciba-notification"
NOTIFICATION_TOKEN = "notification-token-1"
ASK = "/bc-authorize"


@dataclass
class Receiver:
    """Where clients are pinged. `answers` are statuses, or what no answer looks like; the last one goes on."""

    answers: list[int | Unanswered] = field(default_factory=lambda: [204])
    received: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    async def notify(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.received.append((url, body, headers))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Unanswered):
            raise answer
        return answer


@dataclass
class Backchannel:
    """`poll` and `ping` are clients of FAPI 1.0 that ask customers by their names."""

    world: AuthorizationWorld
    identity: Identity
    receiver: Receiver = field(default_factory=Receiver)

    @property
    def polls(self) -> Tpp:
        return self.world.tpps["polls"]

    @property
    def pinged(self) -> Tpp:
        return self.world.tpps["pinged"]

    def claims(self, tpp: Tpp, **changes: Any) -> dict[str, Any]:
        """Of a correct authentication request; a change to None leaves a member out."""
        now = self.world.now
        claims = {
            "iss": tpp.client.id,
            "aud": BRAND.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "jti": f"request-{next(tpp.serial)}",
            "scope": "openid accounts",
            "login_hint": "alice",
            "client_notification_token": NOTIFICATION_TOKEN,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not None}

    async def ask(self, tpp: Tpp, **changes: Any) -> Answer:
        return await self.send(tpp, tpp.key.jwt(self.claims(tpp, **changes)))

    async def send(self, tpp: Tpp, token: str | None, **form: str) -> Answer:
        signed = {} if token is None else {"request": token}
        return await self.world.call("POST", ASK, form={**signed, **tpp.credentials(), **form})

    async def asked(self, tpp: Tpp, **changes: Any) -> str:
        """The auth_req_id of a request that is taken."""
        answer = await self.ask(tpp, **changes)
        assert answer.status == 200, answer.text
        return answer.json["auth_req_id"]

    async def poll(self, tpp: Tpp, auth_req_id: str, **changes: Any) -> Answer:
        return await self.world.token(tpp, GRANT_TYPE, auth_req_id=auth_req_id, **changes)

    async def visit(self, name: str = "alice") -> Browser:
        """A browser inside the dashboard."""
        browser = Browser(self.world, brand=BRAND)
        await browser.get("/consents")
        await browser.log_in(name)
        assert browser.path == "/consents", browser.text
        return browser

    async def open_request(self, name: str = "alice") -> Browser:
        """At the page of the first request that waits."""
        browser = await self.visit(name)
        path = browser.html.split('id="question-open-0" href="')[1].split('"')[0]
        return await browser.get(path)

    async def approve(self, *accounts: int) -> Browser:
        return await (await self.open_request()).approve(*(accounts or (0,)))

    async def deny(self) -> Browser:
        return await (await self.open_request()).deny()

    def notifier(self) -> Notifier:
        services = self.world.services
        return Notifier(
            database=services.database,
            commands=services.commands,
            clock=services.clock,
            sealer=services.sealer,
            notify=self.receiver,
            brand=BRAND,
        )

    def lease(self) -> Lease:
        return self.world.lease("notifier")

    async def notify(self) -> None:
        """One run of the singleton."""
        held = self.lease()
        assert await held.acquire()
        await self.notifier().run(held)
        await held.release()

    async def requests(self) -> list[Any]:
        """As they are stored."""
        return await self.world.books.oauth.backchannel_requests()

    async def register(self, name: str, key: str, mode: str, **changes: Any) -> Tpp:
        facts: dict[str, Any] = {
            "security_profile": SecurityProfile.FAPI1_ADVANCED,
            "response_types": frozenset({"code id_token"}),
            "grant_types": GRANT_TYPES,
            "default_permissions": frozenset({Permission.ACCOUNTS_BASIC}),
            "backchannel_token_delivery_mode": mode,
            "backchannel_client_notification_endpoint": NOTIFICATION_URI if mode == "ping" else None,
            **changes,
        }
        return await self.world.register(name, KEYS[key], **facts)


@asynccontextmanager
async def backchannel_world(database_url: str) -> AsyncIterator[Backchannel]:
    async with authorization_world(database_url) as world:
        identity = Identity(world.clock)
        world.services = replace(world.services, identity=identity, customer_accounts=Accounts())
        world.server = ConsentServer(world.services, Telemetry())
        backchannel = Backchannel(world, identity)
        await backchannel.register("polls", "acme-1", "poll")
        await backchannel.register("pinged", "borough-1", "ping")
        yield backchannel
