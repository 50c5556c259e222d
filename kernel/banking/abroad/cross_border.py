"""A payment to an account in another currency or country, as its payer agrees to it. UK Open Banking R/W 4.0, International Payment Consents.

The payment itself has the amount as it was instructed: in the currency that the payee is paid in, or in that of the payer's account.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from kernel.banking.abroad.exchange import AskedRate, ChargeBearer, Quote, QuoteRequest, RateType
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms

PURPOSE_CHARACTERS_MAX = 140  # of a purpose in words: ISO 20022 Max140Text


class Priority(StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"


class CrossBorder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of a payment that a domestic one does not have. `currency`: in which the payee is paid. `quote`: the bank's, once it is
    asked; an indicative one is replaced when the payment is ordered, or on the later day on which it is made."""

    currency: str
    rate: AskedRate
    bearer: ChargeBearer = ChargeBearer.SHARED
    priority: Priority = Priority.NORMAL
    purpose: str | None = None  # in words, where no code says it
    country: str | None = None  # ISO 3166-1 alpha-2, of the payee's account
    creditor_address: tuple[str, ...] = ()
    agent_name: str | None = None
    agent_address: tuple[str, ...] = ()
    quote: Quote | None = None

    @property
    def asked(self) -> "CrossBorder":
        """As its TPP asked for it, before any bank said more."""
        return msgspec.structs.replace(self, quote=None)

    @property
    def expires_at(self) -> datetime | None:
        """When the bank's rate ends."""
        return None if self.quote is None else self.quote.expires_at


def quote_request(
    amount: Money, cross_border: CrossBorder, *, is_binding: bool = False, until: datetime | None = None
) -> QuoteRequest:
    """The question for the bank's rate for that amount."""
    return QuoteRequest(
        amount=amount,
        currency=cross_border.currency,
        bearer=cross_border.bearer,
        rate=cross_border.rate,
        is_binding=is_binding or cross_border.rate.type is not RateType.INDICATIVE,
        until=until,
    )


class InternationalTerms(msgspec.Struct, frozen=True, kw_only=True, tag="international"):
    """One payment abroad, or in another currency, made at once."""

    payment: PaymentTerms
    cross_border: CrossBorder
