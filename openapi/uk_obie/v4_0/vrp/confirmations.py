"""Ask whether the payer of recurring payments has an amount. OBIE R/W 4.0, Domestic VRP Consents: POST
/domestic-vrp-consents/{ConsentId}/funds-confirmation.
"""

from msgspec import UNSET

from kernel import json
from kernel.banking.commands import ConfirmFunds
from kernel.banking.results import FundsView
from kernel.errors import ConsentMismatch
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_date_time
from openapi.uk_obie.v4_0.pisp.shared.initiation import parse_amount, parse_text
from openapi.uk_obie.v4_0.vrp import wire
from openapi.uk_obie.v4_0.vrp.codes import path_of
from openapi.uk_obie.v4_0.wire import OBActiveOrHistoricCurrencyAndAmount

AMOUNT = "Data.InstructedAmount"

EXAMPLE = (
    b'{"Data": {"ConsentId": "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55", "Reference": "Sweep",'
    b' "InstructedAmount": {"Amount": "10.00", "Currency": "GBP"}}}'
)


def decode_funds(request: WireRequest) -> ConfirmFunds:
    """Raises RequestMalformed, the Field problems, CurrencyUnsupported, and ConsentMismatch where path and body name two consents."""
    data = json.decode(request.body, wire.OBVRPFundsConfirmationRequest).data
    if data.consent_id != request.path["ConsentId"]:
        raise ConsentMismatch("the body names another consent than the path", path="Data.ConsentId")
    return ConfirmFunds(
        data.consent_id,
        amount=parse_amount(data.instructed_amount, AMOUNT),
        reference=None if data.reference is UNSET else parse_text(data.reference, "Data.Reference"),
        breach_path=path_of,
    )


def encode_funds(funds: FundsView, _rendering: Rendering) -> wire.OBVRPFundsConfirmationResponse:
    at = render_date_time(funds.at)
    return wire.OBVRPFundsConfirmationResponse(
        data=wire.OBVRPFundsConfirmationResponseData(
            funds_confirmation_id=funds.id,
            consent_id=funds.consent_id,
            creation_date_time=at,
            reference=funds.reference or UNSET,
            funds_available_result=wire.FundsAvailable(
                funds_available_date_time=at, funds_available="Available" if funds.is_available else "NotAvailable"
            ),
            instructed_amount=OBActiveOrHistoricCurrencyAndAmount(amount=funds.amount.decimal(), currency=funds.amount.currency),
        )
    )
