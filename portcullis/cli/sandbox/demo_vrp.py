"""The last part of the demo: recurring payments within limits, up to the last penny of one."""

import asyncio
from pathlib import Path
from typing import Any

from portcullis.cli.control_client import ServerRefused, post
from sandbox.tpp_kit.answers import Tokens
from sandbox.tpp_kit.payments import SCOPE
from sandbox.tpp_kit.tpp import Tpp
from sandbox.tpp_kit.vrp import RecurringPayments

EACH, LIMIT = "10.00", "25.00"
BEYOND = "5.01"  # more than two payments leave of the month, and less than one may be
INITIATION: dict[str, Any] = {
    "CreditorAccount": {
        "SchemeName": "UK.OBIE.SortCodeAccountNumber",
        "Identification": "08080021325698",
        "Name": "Alice's savings",
    },
}
PARAMETERS: dict[str, Any] = {
    "VRPType": ["UK.OBIE.VRPType.Sweeping"],
    "PSUAuthenticationMethods": ["UK.OBIE.SCANotRequired"],
    "MaximumIndividualAmount": {"Amount": EACH, "Currency": "GBP"},
    "PeriodicLimits": [{"PeriodType": "Month", "PeriodAlignment": "Consent", "Amount": LIMIT, "Currency": "GBP"}],
}


class RecurringFailed(ServerRefused):
    """A recurring payment of the demo did not end as it must."""


class DemoRecurring:
    """Alice sweeps. Each step returns what is to be said of it."""

    def __init__(self, tpp: Tpp, state_dir: Path) -> None:
        self._tpp = tpp
        self._state_dir = state_dir
        self._recurring = RecurringPayments(tpp)

    async def allow(self) -> tuple[str, Tokens]:
        consent = await self._recurring.lodge(PARAMETERS, INITIATION)
        pushed = await self._tpp.push_authorization_request(consent.id, f"openid {SCOPE}")
        await asyncio.to_thread(post, self._state_dir, f"/sandbox/consents/{consent.id}/approve", {"persona": "alice"})
        return consent.id, await self._tpp.redeem(await self._tpp.authorize_without_page(pushed), pushed)

    async def pay(self, tokens: Tokens, consent_id: str) -> str:
        """The id of the payment."""
        placed = await self._recurring.order(tokens.access_token, consent_id, EACH, initiation=INITIATION)
        if placed.status != 201:
            raise RecurringFailed(f"the payment was not ordered: {placed.status} {placed.body[:500].decode(errors='replace')}")
        order_id: str = placed.json()["Data"]["DomesticVRPId"]
        return order_id

    async def exceed(self, tokens: Tokens, consent_id: str) -> str:
        """The refusal of what is beyond the limit."""
        refused = await self._recurring.order(tokens.access_token, consent_id, BEYOND, initiation=INITIATION)
        error = refused.json()["Errors"][0] if refused.status == 400 else {}
        if error.get("ErrorCode") != "U014":
            raise RecurringFailed(f"a payment beyond the limit was answered {refused.status}")
        return f"{error['ErrorCode']} at {error['Path']}"
