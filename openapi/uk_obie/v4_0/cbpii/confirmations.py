"""Ask whether an account has an amount, and read yes or no. OBIE R/W 4.0, Confirmation of Funds."""

from kernel import json
from kernel.banking.commands import CheckFunds
from kernel.banking.funds_checks import FundsCheck
from kernel.banking.money import CurrencyUnknown, Money
from kernel.banking.visible_text import is_visible
from kernel.errors import CurrencyUnsupported, FieldInvalid
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_date_time
from openapi.uk_obie.v4_0.cbpii.wire import (
    OBFundsConfirmation1,
    OBFundsConfirmationResponse1,
    OBFundsConfirmationResponse1Data,
)
from openapi.uk_obie.v4_0.wire import Links, MetaData, OBActiveOrHistoricCurrencyAndAmount

COLLECTION = "/funds-confirmations"
CONSENT = "Data.ConsentId"
REFERENCE = "Data.Reference"
AMOUNT = "Data.InstructedAmount.Amount"
CURRENCY = "Data.InstructedAmount.Currency"

EXAMPLE = (
    b'{"Data": {"ConsentId": "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55", "Reference": "Purchase02",'
    b' "InstructedAmount": {"Amount": "20.00", "Currency": "GBP"}}}'
)


def decode_check(request: WireRequest) -> CheckFunds:
    """Raises RequestMalformed, the Field problems and CurrencyUnsupported, with the path of the member."""
    data = json.decode(request.body, OBFundsConfirmation1).data
    if not is_visible(data.reference):
        raise FieldInvalid("characters that do not show", path=REFERENCE)
    return CheckFunds(
        consent_id=data.consent_id,
        amount=_parse_amount(data.instructed_amount),
        reference=data.reference,
        consent_path=CONSENT,
        currency_path=CURRENCY,
    )


def encode_check(check: FundsCheck, rendering: Rendering) -> OBFundsConfirmationResponse1:
    return OBFundsConfirmationResponse1(
        data=OBFundsConfirmationResponse1Data(
            funds_confirmation_id=check.id,
            consent_id=check.consent_id,
            creation_date_time=render_date_time(check.at),
            funds_available=check.is_available,
            reference=check.reference,
            instructed_amount=OBActiveOrHistoricCurrencyAndAmount(amount=check.amount.decimal(), currency=check.amount.currency),
        ),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{check.id}"),
        meta=MetaData(),
    )


def _parse_amount(asked: OBActiveOrHistoricCurrencyAndAmount) -> Money:
    try:
        amount = Money.parse(asked.amount, asked.currency)
    except CurrencyUnknown as error:
        raise CurrencyUnsupported(str(error), path=CURRENCY) from None
    except ValueError as error:
        raise FieldInvalid(str(error), public="The amount does not fit its currency.", path=AMOUNT) from None
    if amount.minor <= 0:
        raise FieldInvalid("an amount of nothing", public="The amount must be more than nothing.", path=AMOUNT)
    return amount
