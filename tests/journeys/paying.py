"""The parts that journeys of payments share: a payment, its whole way by the control API, and a scene for refusals."""

import copy
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.tpp_kit.answers import Tokens
from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs
from sandbox.tpp_kit.payments import SCOPE, Payments
from sandbox.tpp_kit.wire import Answer
from tests.harness.books.books import Books
from tests.harness.judged import JudgedTpp

CONSENTS, ORDERS = "/domestic-payment-consents", "/domestic-payments"
INITIATION: dict[str, Any] = {
    "InstructionIdentification": "ACME412",
    "EndToEndIdentification": "FRESCO.21302.GFX.20",
    "InstructedAmount": {"Amount": "1.65", "Currency": "GBP"},
    "CreditorAccount": {
        "SchemeName": "UK.OBIE.SortCodeAccountNumber",
        "Identification": "08080021325698",
        "Name": "ACME Inc",
    },
    "RemittanceInformation": {"Unstructured": ["Internal ops code 5120101"]},
}
RISK: dict[str, Any] = {"PaymentContextCode": "TransferToThirdParty"}


class Gone:
    """In a change: the member is not sent. Its name is one in every process, for it stands in the names of tests."""

    def __repr__(self) -> str:
        return "gone"


GONE: Any = Gone()


def changed(document: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """The document with another value at a path of members."""
    made = copy.deepcopy(dict(document))
    *way, last = path.split(".")
    place = made
    for name in way:
        place = place.setdefault(name, {})
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return made


def numbered(number: str, name: str = "ACME Inc", **changes: Any) -> dict[str, Any]:
    """The payment to an account of this number."""
    account = {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": number, "Name": name}
    return INITIATION | {"CreditorAccount": account} | changes


def amounting(amount: str) -> dict[str, Any]:
    return {"InstructedAmount": {"Amount": amount, "Currency": "GBP"}}


@dataclass(frozen=True)
class Agreed:
    """A payment that a persona agreed to, with the tokens to order it."""

    consent_id: str
    tokens: Tokens

    @property
    def token(self) -> str:
        return self.tokens.access_token


async def agree(
    tpp: JudgedTpp,
    initiation: Mapping[str, Any] = INITIATION,
    *,
    persona: str = "alice",
    account: str | None = None,
    risk: Mapping[str, Any] = RISK,
    **data: Any,
) -> Agreed:
    """Lodged, agreed to through the control API, and redeemed."""
    lodged = await Payments(tpp).lodge(initiation, risk=risk, **data)
    return await agree_to(tpp, lodged.id, persona, account)


async def agree_to(tpp: JudgedTpp, consent_id: str, persona: str = "alice", account: str | None = None) -> Agreed:
    pushed = await tpp.push_authorization_request(consent_id, f"openid {SCOPE}")
    await tpp.decide(consent_id, "approve", persona, None if account is None else [account])
    code = await tpp.authorize_without_page(pushed)
    return Agreed(consent_id, await tpp.redeem(code, pushed))


def numbers_of(tpp: JudgedTpp, persona: str) -> dict[str, str]:
    """A persona's current accounts in sterling, number by name."""
    people = json.loads((tpp.server.state_dir / "personas.json").read_text())
    found = next(person for person in people if person["name"] == persona)
    return {
        account["nickname"] or account["name"]: account["number"]
        for account in found["accounts"]
        if account["currency"] == "GBP" and account["type"] == "current" and account["number"]
    }


@dataclass
class Paying:
    """Two TPPs, payments of Alice's that stand ready, and the server's books."""

    acme: JudgedTpp
    borough: JudgedTpp
    books: Books
    still: Callable[[str, Callable[[], Awaitable[Any]]], Awaitable[Any]]

    @property
    def payments(self) -> Payments:
        return Payments(self.acme)

    async def agreed(self) -> Agreed:
        return await self.still("paying", lambda: agree(self.acme))

    async def others(self) -> Agreed:
        """The consent that Alice gave to the other TPP."""
        return await self.still("paying borough", lambda: agree(self.borough))

    async def used(self) -> Agreed:
        async def make() -> Agreed:
            made = await agree(self.acme)
            placed = await self.payments.order(made.token, made.consent_id, INITIATION, risk=RISK)
            assert placed.status == 201, placed.body
            return made

        return await self.still("paying used", make)

    async def own_token(self) -> str:
        return await self.still("paying own", lambda: self.acme.client_credentials_token(SCOPE))

    async def lodge(
        self, path: str = "", value: Any = None, *, body: Any = None, knobs: Knobs = AS_IT_SHOULD_BE, key: str | None = None
    ) -> Answer:
        """A consent with one member changed, or with another body."""
        document = {"Data": {"Initiation": INITIATION}, "Risk": RISK}
        sent = changed(document, path, value) if path else document
        return await self.payments.post(CONSENTS, await self.own_token(), body or sent, knobs=knobs, key=key)

    async def order(
        self, path: str = "", value: Any = None, *, body: Any = None, knobs: Knobs = AS_IT_SHOULD_BE, key: str | None = None
    ) -> Answer:
        """The order of Alice's payment with one member changed, or with another body."""
        agreed = await self.agreed()
        document = self.document(agreed)
        sent = changed(document, path, value) if path else document
        return await self.payments.post(ORDERS, agreed.token, body or sent, knobs=knobs, key=key)

    @staticmethod
    def document(agreed: Agreed, initiation: Mapping[str, Any] = INITIATION) -> dict[str, Any]:
        return {"Data": {"ConsentId": agreed.consent_id, "Initiation": dict(initiation)}, "Risk": RISK}
