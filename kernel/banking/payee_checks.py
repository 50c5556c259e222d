"""Confirmation of payee: whether the name that a payer wrote is that of the account's holder.

Pay.UK Confirmation of Payee; Regulation (EU) 2024/886 article 5c (verification of payee).
"""

from enum import StrEnum

import msgspec


class PayeeMatch(StrEnum):
    MATCH = "match"
    CLOSE_MATCH = "close_match"  # the answer has the holder's name
    NO_MATCH = "no_match"
    NOT_AVAILABLE = "not_available"  # the payee's bank could not say, or not in time


class PayeeCheck(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is the holder's, and only of a close match."""

    match: PayeeMatch
    name: str | None = None
