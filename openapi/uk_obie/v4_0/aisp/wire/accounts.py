"""The wire types of accounts and balances. OBIE R/W 4.0, Accounts, Balances."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from openapi.uk_obie.v4_0.wire import (
    CreditDebit,
    Currency,
    DateTime,
    Links,
    Max34Text,
    Max35Text,
    Max70Text,
    Max256Text,
    Max350Text,
    MetaData,
    OBActiveOrHistoricCurrencyAndAmount,
)

AccountId = Annotated[str, Meta(min_length=1, max_length=40)]
BalanceCode = Literal["CLAV", "CLBD", "FWAV", "INFO", "ITAV", "ITBD", "OPAV", "OPBD", "PRCD", "XPCD"]


class OBCashAccount6(Struct, rename="pascal", kw_only=True):
    """An account identification; one of a counterparty may carry a name alone."""

    scheme_name: str | UnsetType = UNSET
    identification: Max256Text | UnsetType = UNSET
    name: Max350Text | UnsetType = UNSET
    secondary_identification: Max34Text | UnsetType = UNSET


class OBServicer(Struct, rename="pascal"):
    """A bank: the account's own, or that of the other side."""

    scheme_name: str
    identification: Max35Text


class OBAccount6(Struct, rename="pascal", kw_only=True):
    account_id: AccountId
    status: Literal["Deleted", "Disabled", "Enabled", "Pending", "ProForma"]
    status_update_date_time: DateTime
    currency: Currency
    account_category: Literal["Business", "Personal"]
    account_type_code: str
    description: Max35Text | UnsetType = UNSET
    nickname: Max70Text | UnsetType = UNSET
    switch_status: str | UnsetType = UNSET
    opening_date: DateTime
    account: list[OBCashAccount6] | UnsetType = UNSET
    servicer: OBServicer | UnsetType = UNSET


class OBReadAccount6Data(Struct, rename="pascal"):
    account: list[OBAccount6]


class OBReadAccount6(Struct, rename="pascal", kw_only=True):
    data: OBReadAccount6Data
    links: Links
    meta: MetaData


class OBCreditLine(Struct, rename="pascal"):
    included: bool
    amount: OBActiveOrHistoricCurrencyAndAmount | UnsetType = UNSET


class OBBalance(Struct, rename="pascal", kw_only=True):
    account_id: AccountId
    credit_debit_indicator: CreditDebit
    type: BalanceCode
    date_time: DateTime
    amount: OBActiveOrHistoricCurrencyAndAmount
    credit_line: list[OBCreditLine] | UnsetType = UNSET


class OBReadBalance1Data(Struct, rename="pascal"):
    balance: list[OBBalance]


class OBReadBalance1(Struct, rename="pascal", kw_only=True):
    data: OBReadBalance1Data
    links: Links
    meta: MetaData
