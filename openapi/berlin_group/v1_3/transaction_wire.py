"""The wire types of transactions, under the standard's own names. NextGenPSD2 XS2A 1.3, "Transactions", "Account Report"."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.berlin_group.v1_3.consent_wire import AccountReference, Date
from openapi.berlin_group.v1_3.wire import Amount, Href, Max70Text

Max140Text = Annotated[str, Meta(max_length=140)]


class BalanceAfter(Struct, rename="camel"):
    balance_amount: Amount
    balance_type: Literal["interimBooked"]


class TransactionDetails(Struct, rename="camel", kw_only=True):
    """`bookingDate` is missing of a pending entry."""

    transaction_id: str
    transaction_amount: Amount
    booking_date: Date | UnsetType = UNSET
    value_date: Date | UnsetType = UNSET
    creditor_name: Max70Text | UnsetType = UNSET
    creditor_account: AccountReference | UnsetType = UNSET
    creditor_agent: str | UnsetType = UNSET
    debtor_name: Max70Text | UnsetType = UNSET
    debtor_account: AccountReference | UnsetType = UNSET
    debtor_agent: str | UnsetType = UNSET
    remittance_information_unstructured: Max140Text | UnsetType = UNSET
    bank_transaction_code: str | UnsetType = UNSET
    balance_after_transaction: BalanceAfter | UnsetType = UNSET


class AccountReport(Struct, rename="camel", kw_only=True):
    booked: list[TransactionDetails] | UnsetType = UNSET
    pending: list[TransactionDetails] | UnsetType = UNSET
    links: dict[str, Href] = field(name="_links")


class TransactionList(Struct, rename="camel"):
    transactions: AccountReport
