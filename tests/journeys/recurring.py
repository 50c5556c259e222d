"""The parts that journeys of recurring payments share: parameters, the payee, and a consent that a persona gave."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.tpp_kit.answers import Tokens
from sandbox.tpp_kit.payments import SCOPE
from sandbox.tpp_kit.vrp import RecurringPayments
from sandbox.tpp_kit.wire import Answer
from tests.harness.judged import JudgedTpp

PAYEE: dict[str, Any] = {
    "SchemeName": "UK.OBIE.SortCodeAccountNumber",
    "Identification": "08080021325698",
    "Name": "ACME Savings",
}
INITIATION: dict[str, Any] = {"CreditorAccount": PAYEE, "RemittanceInformation": {"Unstructured": ["Sweep"]}}
RISK: dict[str, Any] = {"PaymentContextCode": "TransferToSelf"}


def amounting(amount: str, currency: str = "GBP") -> dict[str, str]:
    return {"Amount": amount, "Currency": currency}


def limit(period: str, amount: str, alignment: str = "Consent", currency: str = "GBP") -> dict[str, str]:
    return {"PeriodType": period, "PeriodAlignment": alignment, **amounting(amount, currency)}


PARAMETERS: dict[str, Any] = {
    "PSUAuthenticationMethods": ["UK.OBIE.SCANotRequired"],
    "PSUInteractionTypes": ["OffSession"],
    "VRPType": ["UK.OBIE.VRPType.Sweeping"],
    "MaximumIndividualAmount": amounting("5.00"),
    "PeriodicLimits": [limit("Day", "8.00"), limit("Month", "9.00")],
}


def lodgement(parameters: Mapping[str, Any] = PARAMETERS, initiation: Mapping[str, Any] = INITIATION) -> dict[str, Any]:
    return {"Data": {"ControlParameters": dict(parameters), "Initiation": dict(initiation)}, "Risk": RISK}


@dataclass(frozen=True)
class Allowed:
    """A consent that a persona gave, with its tokens."""

    consent_id: str
    tokens: Tokens

    @property
    def token(self) -> str:
        return self.tokens.access_token


async def allow(tpp: JudgedTpp, parameters: Mapping[str, Any] = PARAMETERS, *, persona: str = "alice", **data: Any) -> Allowed:
    """Lodged, given through the control API, and redeemed."""
    lodged = await RecurringPayments(tpp).lodge(parameters, INITIATION, risk=RISK, **data)
    return Allowed(lodged.id, await give(tpp, lodged.id, persona))


async def give(tpp: JudgedTpp, consent_id: str, persona: str = "alice") -> Tokens:
    pushed = await tpp.push_authorization_request(consent_id, f"openid {SCOPE}")
    await tpp.decide(consent_id, "approve", persona, None)
    return await tpp.redeem(await tpp.authorize_without_page(pushed), pushed)


def fault_of(answer: Answer) -> tuple[int, str | None, str | None]:
    error = answer.json()["Errors"][0] if answer.body else {}
    return answer.status, error.get("ErrorCode"), error.get("Path")
