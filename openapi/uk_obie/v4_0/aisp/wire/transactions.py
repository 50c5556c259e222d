"""The wire types of transactions. OBIE R/W 4.0, Transactions."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from openapi.uk_obie.v4_0.aisp.wire.accounts import AccountId, BalanceCode, OBCashAccount6, OBServicer
from openapi.uk_obie.v4_0.wire import (
    CreditDebit,
    Currency,
    DateTime,
    Links,
    Max210Text,
    Max350Text,
    Max500Text,
    MetaData,
    OBActiveOrHistoricCurrencyAndAmount,
)


class OBBankTransactionCodeStructure1(Struct, rename="pascal"):
    code: str
    sub_code: str


class OBTransactionCashBalance(Struct, rename="pascal", kw_only=True):
    credit_debit_indicator: CreditDebit
    type: BalanceCode
    amount: OBActiveOrHistoricCurrencyAndAmount


class OBMerchantDetails1(Struct, rename="pascal"):
    merchant_name: Max350Text | UnsetType = UNSET
    merchant_category_code: Annotated[str, Meta(min_length=3, max_length=4)] | UnsetType = UNSET


class OBCurrencyExchange5(Struct, rename="pascal", kw_only=True):
    source_currency: Currency
    target_currency: Currency
    unit_currency: Currency
    exchange_rate: float
    instructed_amount: OBActiveOrHistoricCurrencyAndAmount


class OBTransaction6(Struct, rename="pascal", kw_only=True):
    account_id: AccountId
    transaction_id: Max210Text
    transaction_reference: Max210Text | UnsetType = UNSET
    credit_debit_indicator: CreditDebit
    status: Literal["BOOK", "FUTR", "INFO", "PDNG", "RJCT"]
    transaction_mutability: Literal["Mutable", "Immutable"]
    booking_date_time: DateTime
    value_date_time: DateTime | UnsetType = UNSET
    transaction_information: Max500Text | UnsetType = UNSET
    amount: OBActiveOrHistoricCurrencyAndAmount
    currency_exchange: OBCurrencyExchange5 | UnsetType = UNSET
    bank_transaction_code: OBBankTransactionCodeStructure1 | UnsetType = UNSET
    balance: OBTransactionCashBalance | UnsetType = UNSET
    merchant_details: OBMerchantDetails1 | UnsetType = UNSET
    creditor_agent: OBServicer | UnsetType = UNSET
    creditor_account: OBCashAccount6 | UnsetType = UNSET
    debtor_agent: OBServicer | UnsetType = UNSET
    debtor_account: OBCashAccount6 | UnsetType = UNSET


class OBReadTransaction6Data(Struct, rename="pascal"):
    transaction: list[OBTransaction6]


class OBReadTransaction6(Struct, rename="pascal", kw_only=True):
    data: OBReadTransaction6Data
    links: Links
    meta: MetaData
