"""The bank's rate and charges in the words of the standard. OBIE R/W 4.0, International Payment Consents ("Charges", "ExchangeRateInformation")."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.abroad.exchange import Unquoted
from openapi.uk_obie.shared.dates import render_known
from openapi.uk_obie.v4_0.pisp.codes.international import BEARER_NAMES, CHARGE_TYPE, RATE_NAMES
from openapi.uk_obie.v4_0.pisp.shared.initiation import DAY, PATH
from openapi.uk_obie.v4_0.pisp.wire.international import ExchangeRate
from openapi.uk_obie.v4_0.pisp.wire.parts import Charge
from openapi.uk_obie.v4_0.wire import OBActiveOrHistoricCurrencyAndAmount

PATHS: Mapping[str, str] = {  # of the members that the bank's quote judges
    f"quote.{Unquoted.CURRENCY}": f"{PATH}.CurrencyOfTransfer",
    f"quote.{Unquoted.AMOUNT}": f"{PATH}.InstructedAmount.Amount",
    f"quote.{Unquoted.BEARER}": f"{PATH}.ChargeBearer",
    f"quote.{Unquoted.RATE}": f"{PATH}.ExchangeRateInformation.ExchangeRate",
    f"quote.{Unquoted.UNTIL}": DAY,
    f"quote.{Unquoted.CONTRACT}": f"{PATH}.ExchangeRateInformation.ContractIdentification",
}


def rate_of(cross_border: CrossBorder) -> ExchangeRate | UnsetType:
    """The digits of the rate are those that the bank gave; none where nothing is exchanged."""
    quote = cross_border.quote
    if quote is None or not cross_border.rate.exchanged:
        return UNSET
    exact: Any = msgspec.Raw(f"{quote.rate:f}".encode())
    return ExchangeRate(
        unit_currency=quote.unit_currency,
        exchange_rate=exact,
        rate_type=RATE_NAMES[quote.type],
        contract_identification=quote.contract_id or UNSET,
        expiration_date_time=render_known(quote.expires_at),
    )


def charges_of(cross_border: CrossBorder) -> list[Charge] | UnsetType:
    quote = cross_border.quote
    if quote is None or not quote.charges:
        return UNSET
    return [
        Charge(
            charge_bearer=BEARER_NAMES[charge.bearer],
            type=CHARGE_TYPE,
            amount=OBActiveOrHistoricCurrencyAndAmount(charge.amount.decimal(), charge.amount.currency),
        )
        for charge in quote.charges
    ]
