"""Confirmation of payee: whether the name that a payer wrote is that of the account's holder.

Pay.UK Confirmation of Payee; Regulation (EU) 2024/886 article 5c (verification of payee).
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec


class PayeeMatch(StrEnum):
    MATCH = "match"
    CLOSE_MATCH = "close_match"  # the answer has the holder's name, unless only the kind of account differs
    NO_MATCH = "no_match"
    NOT_AVAILABLE = "not_available"  # the payee's bank could not say, or not in time


class PayeeCode(StrEnum):
    """Why a name is not a match, with the code of Pay.UK. Providers class the last five differently, so the code is kept."""

    NAME_CLOSE = "MBAM"  # may be a match
    BUSINESS_NAME_CLOSE = "BAMM"  # may be a match, and the account is a business's
    PERSONAL_NAME_CLOSE = "PAMM"  # may be a match, and the account is a person's
    BUSINESS_NAME_MATCHES = "BANM"  # the name matches, but the account is a business's
    PERSONAL_NAME_MATCHES = "PANM"  # the name matches, but the account is a person's
    NAME_DIFFERS = "ANNM"
    ACCOUNT_UNKNOWN = "AC01"
    REFERENCE_UNKNOWN = "IVCR"  # the secondary reference, such as a building society's roll number
    ACCOUNT_UNSUPPORTED = "ACNS"
    OPTED_OUT = "OPTO"
    SWITCHED = "CASS"  # to another bank, by the switch service
    BANK_UNSUPPORTED = "SCNS"


MATCH_OF: Mapping[PayeeCode, PayeeMatch] = MappingProxyType(
    {
        PayeeCode.NAME_CLOSE: PayeeMatch.CLOSE_MATCH,
        PayeeCode.BUSINESS_NAME_CLOSE: PayeeMatch.CLOSE_MATCH,
        PayeeCode.PERSONAL_NAME_CLOSE: PayeeMatch.CLOSE_MATCH,
        PayeeCode.BUSINESS_NAME_MATCHES: PayeeMatch.CLOSE_MATCH,
        PayeeCode.PERSONAL_NAME_MATCHES: PayeeMatch.CLOSE_MATCH,
        PayeeCode.NAME_DIFFERS: PayeeMatch.NO_MATCH,
        PayeeCode.ACCOUNT_UNKNOWN: PayeeMatch.NO_MATCH,
        PayeeCode.REFERENCE_UNKNOWN: PayeeMatch.NOT_AVAILABLE,
        PayeeCode.ACCOUNT_UNSUPPORTED: PayeeMatch.NOT_AVAILABLE,
        PayeeCode.OPTED_OUT: PayeeMatch.NOT_AVAILABLE,
        PayeeCode.SWITCHED: PayeeMatch.NOT_AVAILABLE,
        PayeeCode.BANK_UNSUPPORTED: PayeeMatch.NOT_AVAILABLE,
    }
)


class PayeeCheck(msgspec.Struct, frozen=True, kw_only=True):
    """`name` is the holder's, and only of a close match. `code` says why it is not a match, as far as that is known."""

    match: PayeeMatch
    name: str | None = None
    code: PayeeCode | None = None

    def __post_init__(self) -> None:
        if self.name is not None and self.match is not PayeeMatch.CLOSE_MATCH:
            raise ValueError("the holder's name belongs to a close match alone")
        if self.code is not None and MATCH_OF[self.code] is not self.match:
            raise ValueError("a code of another class")


NOT_AVAILABLE = PayeeCheck(match=PayeeMatch.NOT_AVAILABLE)
