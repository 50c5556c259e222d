"""Consent snapshots in the formats that earlier releases wrote: 1, of access to accounts alone; 2, of a payment too; 3, with access by
account, and with terms of recurring payments and of checks of funds; 4, with one member for the terms of every kind.

Up to 3 each kind had members of its own for its terms; in 1 and 2 each account had all the permissions that were asked for. None of them
says by which numbers an account was known.
"""

from datetime import datetime

import msgspec

from kernel import json
from kernel.banking.consents import AccountAccess, AccountReference, AccountsTerms, Consent, Permission, Terms
from kernel.banking.payments import PaymentTerms
from kernel.banking.terms import FundsTerms, VrpTerms

LAST_FORMAT_OF_ACCOUNTS = 2
LAST_FORMAT_OF_TERMS_BY_KIND = 3


class _Earlier(msgspec.Struct):
    permissions: frozenset[Permission]
    transactions_from: datetime | None = None
    transactions_to: datetime | None = None
    payment: PaymentTerms | None = None
    terms: VrpTerms | FundsTerms | None = None
    accounts: tuple[AccountReference, ...] = ()

    def terms_of_kind(self) -> Terms:
        return (
            self.payment
            or self.terms
            or AccountsTerms(
                permissions=self.permissions, transactions_from=self.transactions_from, transactions_to=self.transactions_to
            )
        )


def decode_earlier(stored: bytes, format_number: int) -> Consent:
    if format_number > LAST_FORMAT_OF_TERMS_BY_KIND:
        return msgspec.json.decode(stored, type=Consent)
    earlier = msgspec.json.decode(stored, type=_Earlier)
    members = msgspec.json.decode(stored) | {"terms": earlier.terms_of_kind()}
    if format_number <= LAST_FORMAT_OF_ACCOUNTS:
        members["access"] = [AccountAccess(account, earlier.permissions) for account in earlier.accounts]
    return msgspec.json.decode(json.encode(members), type=Consent)
