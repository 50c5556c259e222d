"""The wire types of the account-information operations, under the standard's own names. OBIE R/W 4.0 Account and Transaction API.

Requests refuse members they do not know. Responses leave out what is not set. Lengths and enumerations stand here so that the
published document carries them; only what a caller sends is checked at run time.
"""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

DateTime = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
Uri = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
Amount = Annotated[str, Meta(pattern=r"^\d{1,13}$|^\d{1,13}\.\d{1,5}$")]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3,3}$")]
AccountId = Annotated[str, Meta(min_length=1, max_length=40)]
Max16Text = Annotated[str, Meta(min_length=1, max_length=16)]
Max34Text = Annotated[str, Meta(min_length=1, max_length=34)]
Max35Text = Annotated[str, Meta(min_length=1, max_length=35)]
Max40Text = Annotated[str, Meta(min_length=1, max_length=40)]
Max70Text = Annotated[str, Meta(min_length=1, max_length=70)]
Max140Text = Annotated[str, Meta(min_length=1, max_length=140)]
Max210Text = Annotated[str, Meta(min_length=1, max_length=210)]
Max256Text = Annotated[str, Meta(min_length=1, max_length=256)]
Max350Text = Annotated[str, Meta(min_length=1, max_length=350)]
Max500Text = Annotated[str, Meta(min_length=1, max_length=500)]
Percentage = Annotated[str, Meta(pattern=r"^(-?\d{1,3}){1}(\.\d{1,4}){0,1}$")]
CreditDebit = Literal["Credit", "Debit"]
BalanceCode = Literal["CLAV", "CLBD", "FWAV", "INFO", "ITAV", "ITBD", "OPAV", "OPBD", "PRCD", "XPCD"]
ConsentStatus = Literal["AWAU", "RJCT", "AUTH", "EXPD", "CANC"]


class OBInternalPermissions1Code(StrEnum):
    """The data clusters that may be asked for."""

    READ_ACCOUNTS_BASIC = "ReadAccountsBasic"
    READ_ACCOUNTS_DETAIL = "ReadAccountsDetail"
    READ_BALANCES = "ReadBalances"
    READ_BENEFICIARIES_BASIC = "ReadBeneficiariesBasic"
    READ_BENEFICIARIES_DETAIL = "ReadBeneficiariesDetail"
    READ_DIRECT_DEBITS = "ReadDirectDebits"
    READ_OFFERS = "ReadOffers"
    READ_PAN = "ReadPAN"
    READ_PARTY = "ReadParty"
    READ_PARTY_PSU = "ReadPartyPSU"
    READ_PRODUCTS = "ReadProducts"
    READ_SCHEDULED_PAYMENTS_BASIC = "ReadScheduledPaymentsBasic"
    READ_SCHEDULED_PAYMENTS_DETAIL = "ReadScheduledPaymentsDetail"
    READ_STANDING_ORDERS_BASIC = "ReadStandingOrdersBasic"
    READ_STANDING_ORDERS_DETAIL = "ReadStandingOrdersDetail"
    READ_STATEMENTS_BASIC = "ReadStatementsBasic"
    READ_STATEMENTS_DETAIL = "ReadStatementsDetail"
    READ_TRANSACTIONS_BASIC = "ReadTransactionsBasic"
    READ_TRANSACTIONS_CREDITS = "ReadTransactionsCredits"
    READ_TRANSACTIONS_DEBITS = "ReadTransactionsDebits"
    READ_TRANSACTIONS_DETAIL = "ReadTransactionsDetail"


# requests


class OBRisk2(Struct, forbid_unknown_fields=True):
    """Empty: account information defines no risk members."""


class OBReadConsent1Data(Struct, rename="pascal", forbid_unknown_fields=True):
    permissions: Annotated[list[OBInternalPermissions1Code], Meta(extra_json_schema={"minItems": 1})]
    expiration_date_time: DateTime | UnsetType = UNSET
    transaction_from_date_time: DateTime | UnsetType = UNSET
    transaction_to_date_time: DateTime | UnsetType = UNSET


class OBReadConsent1(Struct, rename="pascal", forbid_unknown_fields=True):
    data: OBReadConsent1Data
    risk: OBRisk2


# what every answer has


class Links(Struct, rename="pascal"):
    self: Uri
    next: Uri | UnsetType = UNSET


class MetaData(Struct, rename="pascal", kw_only=True):
    first_available_date_time: DateTime | UnsetType = UNSET
    last_available_date_time: DateTime | UnsetType = UNSET


class OBActiveOrHistoricCurrencyAndAmount(Struct, rename="pascal"):
    amount: Amount
    currency: Currency


class OBError1(Struct, rename="pascal", kw_only=True):
    error_code: Annotated[str, Meta(min_length=4, max_length=4)]
    message: Max500Text
    path: Max500Text | UnsetType = UNSET


class OBErrorResponse1(Struct, rename="pascal", kw_only=True):
    id: Annotated[str, Meta(min_length=1, max_length=40)] | UnsetType = UNSET
    errors: Annotated[list[OBError1], Meta(min_length=1)]


# consents


class OBStatusReason(Struct, rename="pascal"):
    status_reason_code: Annotated[str, Meta(min_length=1, max_length=4)]
    status_reason_description: Max500Text


class OBReadConsentResponse1Data(Struct, rename="pascal", kw_only=True):
    consent_id: Annotated[str, Meta(min_length=1, max_length=128)]
    status: ConsentStatus
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    creation_date_time: DateTime
    status_update_date_time: DateTime
    permissions: list[OBInternalPermissions1Code]
    expiration_date_time: DateTime | UnsetType = UNSET
    transaction_from_date_time: DateTime | UnsetType = UNSET
    transaction_to_date_time: DateTime | UnsetType = UNSET


class OBReadConsentResponse1(Struct, rename="pascal", kw_only=True):
    data: OBReadConsentResponse1Data
    risk: OBRisk2
    links: Links
    meta: MetaData


# accounts


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


# balances


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


# transactions


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
