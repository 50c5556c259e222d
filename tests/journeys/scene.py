"""A scene for refusals: two TPPs, grants of several kinds that stand, the server's books, and what every refusal must leave intact."""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.wire import Answer
from tests.harness.books.books import Books
from tests.harness.forged import Forge
from tests.harness.judged import Grant, JudgedTpp

CONSENTS = "/account-access-consents"
PRESENT = {"x-fapi-customer-ip-address": "192.0.2.7"}


@dataclass
class Scene:
    acme: JudgedTpp
    borough: JudgedTpp
    books: Books
    forge: Forge
    still: Callable[[str, Callable[[], Awaitable[Any]]], Awaitable[Any]]

    async def alices(self) -> Grant:
        """All her accounts and all permissions."""
        return await self.still("alice", self.acme.granted)

    async def narrow(self) -> Grant:
        """One account of hers, and no more than its name."""
        return await self.still("narrow", lambda: self.acme.granted(accounts=["Rainy day"], permissions=("ReadAccountsBasic",)))

    async def boroughs(self) -> Grant:
        """The grant that Alice gave to the other TPP."""
        return await self.still("borough", self.borough.granted)

    async def own_token(self) -> str:
        """A token of acme's own authority."""
        return await self.still("own", self.acme.client_credentials_token)

    async def account(self, nickname: str = "Bills and spending", grant: Grant | None = None) -> str:
        """The id of an account of Alice's, as acme knows it."""
        return (await self._accounts("acme", grant))[nickname]

    async def boroughs_account(self) -> str:
        return next(iter((await self._accounts("borough", None)).values()))

    async def _accounts(self, name: str, grant: Grant | None) -> dict[str, str]:
        tpp = self.acme if name == "acme" else self.borough
        grant = grant or await (self.alices() if name == "acme" else self.boroughs())

        async def read() -> dict[str, str]:
            answer = await tpp.get("/accounts", grant.token, knobs=Knobs(headers=PRESENT))
            assert answer.status == 200, answer.body
            return {account.get("Nickname", ""): account["AccountId"] for account in answer.json()["Data"]["Account"]}

        return await self.still(f"accounts of {name} {grant.consent_id}", read)

    async def get(self, path: str, token: str | None = None, tpp: JudgedTpp | None = None, **knobs: Any) -> Answer:
        """A read, with Alice's grant unless another token is given."""
        headers = {**PRESENT, **knobs.pop("headers", {})}
        token = (await self.alices()).token if token is None else token
        return await (tpp or self.acme).get(path, token or None, knobs=Knobs(headers=headers, **knobs))

    async def lodge(self, body: bytes, token: str | None = None, **headers: str | None) -> Answer:
        """A consent lodged with this body. Underscores in header names stand for hyphens."""
        changes = {name.replace("_", "-"): value for name, value in headers.items()}
        token = await self.own_token() if token is None else token
        return await self.acme.post(CONSENTS, token, body, knobs=Knobs(headers=changes))


@dataclass(frozen=True)
class Refusal:
    """A call that is refused, and how. `code` and `path` None: the standard defines no body for the status."""

    name: str
    call: Callable[[Scene], Awaitable[Answer]]
    status: int
    code: str | None = None
    path: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    keeps_connection: bool = True


async def check_refusal(scene: Scene, refusal: Refusal) -> None:
    """The answer is exactly this one, nothing was written, and the next good call works, on the same connection."""
    await good_call(scene)
    before = await scene.books.watched()
    answer = await refusal.call(scene)
    await scene.books.check_nothing_written(before)
    connections = scene.acme.wire.connections
    await good_call(scene)
    if refusal.keeps_connection:
        assert scene.acme.wire.connections == connections, "the refusal closed the connection"
    check_answer(answer, refusal)


def check_answer(answer: Answer, refusal: Refusal) -> None:
    error = answer.json()["Errors"][0] if answer.body else {}
    shown = (answer.status, error.get("ErrorCode"), error.get("Path"))
    assert shown == (refusal.status, refusal.code, refusal.path), (shown, answer.body)
    for name, value in refusal.headers:
        assert answer.header(name) == value
    assert uuid.UUID(answer.header("x-fapi-interaction-id") or "")
    assert "no-store" in (answer.header("Cache-Control") or "")
    if answer.body:
        assert answer.json()["Id"] == answer.header("x-fapi-interaction-id")
        assert str(Path(__file__).parents[2]) not in answer.body.decode()


async def good_call(scene: Scene) -> None:
    answer = await scene.get("/accounts")
    assert answer.status == 200, answer.body
