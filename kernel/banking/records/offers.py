"""Offers that a bank makes to the holder of an account."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from kernel.banking.money import Money


class OfferKind(StrEnum):
    BALANCE_TRANSFER = "balance_transfer"
    MONEY_TRANSFER = "money_transfer"
    LIMIT_INCREASE = "limit_increase"
    PROMOTIONAL_RATE = "promotional_rate"
    OTHER = "other"


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` is per cent a year; `amount` and `fee` are never negative."""

    id: str
    account_id: str
    kind: OfferKind
    description: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    rate: Decimal | None = None
    amount: Money | None = None
    fee: Money | None = None
    term: str | None = None  # the conditions, in words
    url: str | None = None
