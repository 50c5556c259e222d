"""Checks of funds as a card issuer makes them: UK Open Banking confirmation of funds. No body is signed, and none has an idempotency key."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.tpp_kit.answers import LodgedConsent, expect
from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs
from sandbox.tpp_kit.tpp import Tpp
from sandbox.tpp_kit.wire import Answer

SCOPE = "fundsconfirmations"
CONSENTS, CHECKS = "/funds-confirmation-consents", "/funds-confirmations"


class FundsChecks:
    """The card issuer's side of one TPP."""

    def __init__(self, tpp: Tpp) -> None:
        self.tpp = tpp
        self.base = tpp.folder.resource_base.removesuffix("/aisp") + "/cbpii"

    async def lodge(self, account: Mapping[str, Any], **data: Any) -> LodgedConsent:
        """A consent to checks of one account. `data` are further members of `Data`."""
        body = {"Data": {**data, "DebtorAccount": dict(account)}}
        answer = await self.post(CONSENTS, await self.tpp.client_credentials_token(SCOPE), body)
        document = expect(201, "consent to checks of funds", answer)
        return LodgedConsent(document["Data"]["ConsentId"], document)

    async def check(
        self, token: str, consent_id: str, amount: str, *, currency: str = "GBP", reference: str = "Purchase02"
    ) -> Answer:
        """Ask with the token that the customer authorised. Returns the answer, a refusal too."""
        amounting = {"Amount": amount, "Currency": currency}
        data = {"ConsentId": consent_id, "Reference": reference, "InstructedAmount": amounting}
        return await self.post(CHECKS, token, {"Data": data})

    async def read(self, consent_id: str) -> Answer:
        token = await self.tpp.client_credentials_token(SCOPE)
        return await self.tpp.get(f"{self.base}{CONSENTS}/{consent_id}", token)

    async def withdraw(self, consent_id: str) -> Answer:
        token = await self.tpp.client_credentials_token(SCOPE)
        return await self.tpp.delete(f"{self.base}{CONSENTS}/{consent_id}", token)

    async def post(self, path: str, token: str | None, body: Any, *, knobs: Knobs = AS_IT_SHOULD_BE) -> Answer:
        """Post a body. Bytes are sent as they are."""
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.tpp.post(self.base + path, token, sent, knobs=knobs)
