"""The scene of a walk: a browser window, a TPP that asks, and the steps that many walks share."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portcullis.cli.control_client import post
from sandbox.tpp_kit.authorization import PushedRequest
from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.payments import Payments
from sandbox.tpp_kit.tpp import Tpp
from tests.browser.callback import Callback
from tests.browser.page_rules import log_in
from tests.gallery.camera import Camera

CODE = "123456"
ACCOUNT = "80200110203345"  # of another bank, whose holder is the person who is written
INITIATION = {
    "InstructionIdentification": "ACME412",
    "EndToEndIdentification": "FRESCO.21302.GFX.20",
    "InstructedAmount": {"Amount": "165.88", "Currency": "GBP"},
    "CreditorAccount": {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": ACCOUNT, "Name": "ACME Inc"},
    "RemittanceInformation": {"Unstructured": ["Internal ops code 5120101"]},
}


@dataclass(slots=True)
class Scene:
    state_dir: Path
    tpp: Tpp
    callback: Callback
    camera: Camera
    page: Any

    @property
    def issuer(self) -> str:
        return self.tpp.folder.issuer

    async def control(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(post, self.state_dir, path, body)

    async def forget(self) -> None:
        """Another customer's browser."""
        await self.page.context.clear_cookies()

    async def open(self, pushed: PushedRequest) -> None:
        await self.forget()
        await self.page.goto(await self.tpp.authorization_url(pushed.request_uri))

    async def ask_for_accounts(self) -> PushedRequest:
        consent = await self.tpp.lodge_account_consent()
        pushed = await self.tpp.push_authorization_request(consent.id)
        await self.open(pushed)
        return pushed

    async def ask_for_payment(self, number: str = ACCOUNT, name: str = "ACME Inc", **data: Any) -> tuple[PushedRequest, str]:
        """With the id of the consent."""
        creditor = {**INITIATION["CreditorAccount"], "Identification": number, "Name": name}
        consent = await Payments(self.tpp).lodge({**INITIATION, "CreditorAccount": creditor, **data})
        pushed = await self.tpp.push_authorization_request(consent.id, "openid payments")
        await self.open(pushed)
        return pushed, consent.id

    async def ask_by_details(self) -> PushedRequest:
        """A payment that is asked for without a consent of its own: its first signature leaves it half signed."""
        payment = {
            "type": "payment_initiation",
            "actions": ["initiate"],
            "instructedAmount": {"currency": "GBP", "amount": "1165.88"},
            "creditorName": "ACME Inc",
            "creditorAccount": {"scheme": "sort_code", "bban": ACCOUNT},
            "remittanceInformationUnstructured": "FRESCO-101",
        }
        form = {"authorization_details": json.dumps([payment]), "scope": "openid payments"}
        pushed = await self.tpp.push_authorization_request(None, knobs=Knobs(form=form))
        await self.open(pushed)
        return pushed

    async def log_in(self, name: str, then: str) -> None:
        """`then` is what the next page must show."""
        await log_in(self.page, name)
        await self.page.wait_for_selector(then)

    async def press(self, button: str, then: str) -> None:
        await self.page.click(button)
        await self.page.wait_for_selector(then)

    async def land(self, button: str) -> str:
        """Press what leads to the TPP, and where the browser arrived there."""
        await self.page.click(button)
        await self.page.wait_for_url(f"{self.callback.redirect_uri}**")
        return self.callback.landed[-1]

    async def order(self, pushed: PushedRequest, consent_id: str, landed: str) -> str:
        """The id of the order that the TPP places after the customer agreed."""
        tokens = await self.tpp.redeem(self.tpp.read_authorization_response(landed, pushed), pushed)
        answer = await Payments(self.tpp).order(tokens.access_token, consent_id, INITIATION)
        return str(answer.json()["Data"]["DomesticPaymentId"])

    async def enter(self, name: str) -> None:
        """The dashboard."""
        await self.forget()
        await self.page.goto(f"{self.issuer}/consents")
        await log_in(self.page, name)
        await self.page.wait_for_selector("#otp, #active-heading")
        if await self.page.locator("#otp").count():
            await self.page.fill("#otp", CODE)
            await self.press("#otp-submit", "#active-heading")


Walk = Callable[[Scene], Any]
