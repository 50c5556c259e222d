"""The second half of the demo: a payment from one customer to another, and the money seen through account information on both sides."""

import asyncio
import json
from pathlib import Path
from typing import Any

from portcullis.cli.control_client import ServerRefused, post
from portcullis.cli.sandbox.demo_payer import Payer
from sandbox.tpp_kit.answers import LodgedConsent, Tokens
from sandbox.tpp_kit.payments import SCOPE, Payments
from sandbox.tpp_kit.tpp import Tpp

AMOUNT = "165.88"
REFERENCE = "Two kayaks"
FINAL = frozenset({"ACSC", "ACWP", "ACCC", "RJCT", "BLCK"})
LOOKS_MAX = 200  # at a payment that is on its way
LOOK_SECONDS = 0.1  # between two looks at a payment of the demo
CODE = "123456"  # of the sandbox's customers


class PaymentFailed(ServerRefused):
    """The demo's payment did not end as it must."""


class DemoPayment:
    """Bob pays Alice. Each step returns what is to be said of it."""

    def __init__(self, tpp: Tpp, state_dir: Path) -> None:
        self._tpp = tpp
        self._state_dir = state_dir
        self._payments = Payments(tpp)
        self._payee = _persona(state_dir, "alice")
        self._initiation = {
            "InstructionIdentification": "DEMO-1",
            "EndToEndIdentification": "DEMO-1",
            "InstructedAmount": {"Amount": AMOUNT, "Currency": "GBP"},
            "CreditorAccount": {
                "SchemeName": "UK.OBIE.SortCodeAccountNumber",
                "Identification": self._payee["accounts"][0]["number"],
                "Name": self._payee["display_name"],
            },
            "RemittanceInformation": {"Unstructured": [REFERENCE]},
        }

    async def lodge(self) -> LodgedConsent:
        return await self._payments.lodge(self._initiation)

    async def agree(self, consent: LodgedConsent) -> tuple[str, Tokens]:
        """The check of the payee's name that Bob reads, and the tokens after he typed the code for this amount and payee."""
        pushed = await self._tpp.push_authorization_request(consent.id, f"openid {SCOPE}")
        async with Payer(self._tpp.folder.ca) as bob:
            await bob.open(await self._tpp.authorization_url(pushed.request_uri))
            await bob.send(username="bob", password="bob-pw")
            _expect_words(bob, f"Pay £{AMOUNT}", self._payee["display_name"])
            checked = bob.headings["payee-check-heading"]
            await bob.send()
            _expect_words(bob, "Confirm the payment", f"£{AMOUNT}", self._payee["display_name"])
            await bob.send(otp=CODE)
            tokens = await self._tpp.redeem(await self._tpp.take_response(bob.landed, pushed), pushed)
        return checked, tokens

    async def order(self, tokens: Tokens, consent: LodgedConsent) -> str:
        """The id of the payment."""
        placed = await self._payments.order(tokens.access_token, consent.id, self._initiation)
        if placed.status != 201:
            raise PaymentFailed(f"the payment was not ordered: {placed.status} {placed.body[:500].decode(errors='replace')}")
        order_id: str = placed.json()["Data"]["DomesticPaymentId"]
        return order_id

    async def await_end(self, order_id: str) -> str:
        """The status of the payment once the payer's account is debited."""
        status = ""
        for _ in range(LOOKS_MAX):
            answer = await self._payments.read(f"/domestic-payments/{order_id}")
            status = answer.json()["Data"]["Status"]
            if status in FINAL:
                break
            await asyncio.sleep(LOOK_SECONDS)
        if status in {"ACSC", "ACWP", "ACCC"}:
            return status
        raise PaymentFailed(f"the payment ended as {status}")

    async def find_booked(self, persona: str) -> str:
        """The payment as a transaction of this customer's, read through account information."""
        consent = await self._tpp.lodge_account_consent()
        pushed = await self._tpp.push_authorization_request(consent.id)
        await asyncio.to_thread(post, self._state_dir, f"/sandbox/consents/{consent.id}/approve", {"persona": persona})
        tokens = await self._tpp.redeem(await self._tpp.authorize_without_page(pushed), pushed)
        answer = await self._tpp.get("/transactions", tokens.access_token)
        found = [each for each in answer.json()["Data"]["Transaction"] if REFERENCE in json.dumps(each)]
        if len(found) != 1:
            raise PaymentFailed(f"{persona} sees {len(found)} transactions of the payment")
        amount: str = found[0]["Amount"]["Amount"]
        return f"{found[0]['CreditDebitIndicator']} {amount}"


def _persona(state_dir: Path, name: str) -> dict[str, Any]:
    personas = json.loads((state_dir / "personas.json").read_text())
    listed = personas["personas"] if isinstance(personas, dict) else personas
    persona: dict[str, Any] = next(each for each in listed if each["name"] == name)
    return persona


def _expect_words(payer: Payer, *words: str) -> None:
    if missing := [each for each in words if each not in payer.text]:
        raise PaymentFailed(f"the page does not say {missing}: {payer.text[:1000]}")
