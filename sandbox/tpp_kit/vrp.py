"""Variable recurring payments as a TPP makes them: a consent with its limits, payments under it, questions about funds.

OBIE R/W 4.0 Domestic VRP Consents, Domestic VRPs. Bodies are signed as those of every payment are.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.tpp_kit.answers import LodgedConsent, expect
from sandbox.tpp_kit.knobs import AS_IT_SHOULD_BE, Knobs
from sandbox.tpp_kit.payments import SCOPE, Payments
from sandbox.tpp_kit.tpp import Tpp
from sandbox.tpp_kit.wire import Answer

CONSENTS, ORDERS = "/domestic-vrp-consents", "/domestic-vrps"


class RecurringPayments:
    """The recurring payments of one TPP."""

    def __init__(self, tpp: Tpp) -> None:
        self.tpp = tpp
        self.payments = Payments(tpp)

    async def lodge(
        self,
        parameters: Mapping[str, Any],
        initiation: Mapping[str, Any],
        *,
        risk: Mapping[str, Any] | None = None,
        **data: Any,
    ) -> LodgedConsent:
        """`data` are further members of `Data`, such as ReadRefundAccount."""
        body = {"Data": {**data, "ControlParameters": dict(parameters), "Initiation": dict(initiation)}, "Risk": dict(risk or {})}
        answer = await self.post(CONSENTS, body)
        document = expect(201, "consent to recurring payments", answer)
        return LodgedConsent(document["Data"]["ConsentId"], document)

    async def order(
        self,
        token: str,
        consent_id: str,
        amount: str,
        *,
        initiation: Mapping[str, Any],
        risk: Mapping[str, Any] | None = None,
        key: str | None = None,
        **data: Any,
    ) -> Answer:
        """Order a payment of so many pounds, with the token that its payer authorised. `data` are members of `Data` to be sent in place of
        the usual ones. Returns the answer, a refusal too."""
        instruction = {
            "InstructionIdentification": "SWEEP412",
            "EndToEndIdentification": "SWEEP.21302",
            "InstructedAmount": {"Amount": amount, "Currency": "GBP"},
            "CreditorAccount": initiation["CreditorAccount"],
        }
        said = {
            "ConsentId": consent_id,
            "PSUAuthenticationMethod": "UK.OBIE.SCANotRequired",
            "VRPType": "UK.OBIE.VRPType.Sweeping",
            "Initiation": dict(initiation),
            "Instruction": instruction,
        }
        return await self.post(ORDERS, {"Data": {**said, **data}, "Risk": dict(risk or {})}, token=token, key=key)

    async def confirm(self, token: str, consent_id: str, amount: str) -> Answer:
        """Ask whether the payer has so many pounds. Returns the answer, a refusal too."""
        data = {"ConsentId": consent_id, "Reference": "Sweep", "InstructedAmount": {"Amount": amount, "Currency": "GBP"}}
        return await self.post(f"{CONSENTS}/{consent_id}/funds-confirmation", {"Data": data}, token=token)

    async def post(
        self,
        path: str,
        body: Any,
        *,
        token: str | None = None,
        key: str | None = None,
        knobs: Knobs = AS_IT_SHOULD_BE,
    ) -> Answer:
        """With the TPP's own authority, or with a payer's token."""
        token = token or await self.tpp.client_credentials_token(SCOPE)
        return await self.payments.post(path, token, body, key=key, knobs=knobs)

    async def read(self, path: str, token: str | None = None) -> Answer:
        return await self.payments.read(path, token)

    async def withdraw(self, consent_id: str) -> Answer:
        token = await self.tpp.client_credentials_token(SCOPE)
        return await self.tpp.delete(f"{self.payments.base}{CONSENTS}/{consent_id}", token)
