"""The wire types of what an account is set up to pay: payees, direct debits, standing orders, scheduled payments.

OBIE R/W 4.0 Beneficiaries, Direct Debits, Standing Orders and Scheduled Payments.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from openapi.uk_obie.v4_0.aisp.wire.accounts import AccountId, OBCashAccount6, OBServicer
from openapi.uk_obie.v4_0.wire import (
    DateTime,
    Links,
    Max35Text,
    Max40Text,
    Max70Text,
    Max140Text,
    Max256Text,
    MetaData,
    OBActiveOrHistoricCurrencyAndAmount,
)

MandateStatusCode = Literal["ACTV", "CANC", "EXPI", "SUSP"]
FrequencyCode = Literal[
    "ADHO", "YEAR", "DAIL", "FRTN", "INDA", "MNTH", "QURT", "MIAN", "WEEK", "WODL", "FOWK", "TWMH", "FOMH", "FIMH", "ALMH", "NONE"
]  # fmt: skip
ClassificationCode = Literal["FIXE", "USGB", "VARI"]


class OBBeneficiary5(Struct, rename="pascal", kw_only=True):
    account_id: AccountId
    beneficiary_id: Max40Text
    beneficiary_type: Literal["Trusted", "Ordinary"]
    reference: Max35Text | UnsetType = UNSET
    creditor_agent: OBServicer | UnsetType = UNSET
    creditor_account: OBCashAccount6 | UnsetType = UNSET


class OBReadBeneficiary5Data(Struct, rename="pascal"):
    beneficiary: list[OBBeneficiary5]


class OBReadBeneficiary5(Struct, rename="pascal", kw_only=True):
    data: OBReadBeneficiary5Data
    links: Links
    meta: MetaData


class OBFrequency6(Struct, rename="pascal", kw_only=True):
    type: FrequencyCode
    point_in_time: str | UnsetType = UNSET


class OBMandateRelatedInformation1(Struct, rename="pascal", kw_only=True):
    mandate_identification: Max35Text | UnsetType = UNSET
    classification: ClassificationCode | UnsetType = UNSET
    first_payment_date_time: DateTime | UnsetType = UNSET
    recurring_payment_date_time: DateTime | UnsetType = UNSET
    final_payment_date_time: DateTime | UnsetType = UNSET
    frequency: OBFrequency6
    reason: Max256Text | UnsetType = UNSET


class OBDirectDebit2(Struct, rename="pascal", kw_only=True):
    account_id: AccountId
    direct_debit_id: Max40Text
    direct_debit_status_code: MandateStatusCode
    mandate_related_information: OBMandateRelatedInformation1
    name: Max70Text
    previous_payment_date_time: DateTime | UnsetType = UNSET
    previous_payment_amount: OBActiveOrHistoricCurrencyAndAmount | UnsetType = UNSET


class OBReadDirectDebit2Data(Struct, rename="pascal"):
    direct_debit: list[OBDirectDebit2]


class OBReadDirectDebit2(Struct, rename="pascal", kw_only=True):
    data: OBReadDirectDebit2Data
    links: Links
    meta: MetaData


class OBCreditorReferenceInformation(Struct, rename="pascal"):
    reference: Max35Text


class OBRemittanceInformationStructured(Struct, rename="pascal"):
    creditor_reference_information: OBCreditorReferenceInformation


class OBRemittanceInformation2(Struct, rename="pascal", kw_only=True):
    structured: list[OBRemittanceInformationStructured] | UnsetType = UNSET
    unstructured: list[Max140Text] | UnsetType = UNSET


class OBStandingOrder6(Struct, rename="pascal", kw_only=True):
    account_id: AccountId
    standing_order_id: Max40Text
    next_payment_date_time: DateTime | UnsetType = UNSET
    last_payment_date_time: DateTime | UnsetType = UNSET
    number_of_payments: (
        Annotated[Max35Text, Meta(description="Only from banks that say so: the first edition of v4.0 does not have it.")]
        | UnsetType
    ) = UNSET
    standing_order_status_code: MandateStatusCode
    first_payment_amount: OBActiveOrHistoricCurrencyAndAmount | UnsetType = UNSET
    next_payment_amount: OBActiveOrHistoricCurrencyAndAmount | UnsetType = UNSET
    last_payment_amount: OBActiveOrHistoricCurrencyAndAmount | UnsetType = UNSET
    final_payment_amount: OBActiveOrHistoricCurrencyAndAmount | UnsetType = UNSET
    creditor_agent: OBServicer | UnsetType = UNSET
    creditor_account: OBCashAccount6 | UnsetType = UNSET
    mandate_related_information: OBMandateRelatedInformation1
    remittance_information: OBRemittanceInformation2 | UnsetType = UNSET


class OBReadStandingOrder6Data(Struct, rename="pascal"):
    standing_order: list[OBStandingOrder6]


class OBReadStandingOrder6(Struct, rename="pascal", kw_only=True):
    data: OBReadStandingOrder6Data
    links: Links
    meta: MetaData


class OBScheduledPayment3(Struct, rename="pascal", kw_only=True):
    account_id: AccountId
    scheduled_payment_id: Max40Text
    scheduled_payment_date_time: DateTime
    scheduled_type: Literal["Arrival", "Execution"]
    reference: Max35Text | UnsetType = UNSET
    debtor_reference: Max35Text | UnsetType = UNSET
    instructed_amount: OBActiveOrHistoricCurrencyAndAmount
    creditor_agent: OBServicer | UnsetType = UNSET
    creditor_account: OBCashAccount6 | UnsetType = UNSET


class OBReadScheduledPayment3Data(Struct, rename="pascal"):
    scheduled_payment: list[OBScheduledPayment3]


class OBReadScheduledPayment3(Struct, rename="pascal", kw_only=True):
    data: OBReadScheduledPayment3Data
    links: Links
    meta: MetaData
