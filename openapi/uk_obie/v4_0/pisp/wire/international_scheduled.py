"""The wire types of an international scheduled payment: its consent, its order, and what they answer. OBIE R/W 4.0, International Scheduled
Payment Consents, International Scheduled Payments.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.pisp.wire.international import (
    ChargeBearer,
    Country,
    Creditor,
    ExchangeRate,
    ExchangeRateInformation,
    InternationalRefund,
    InternationalStatus,
)
from openapi.uk_obie.v4_0.pisp.wire.parties import (
    CreditorAccount,
    CreditorAgent,
    DebtorAccount,
    OBCashAccountDebtor4,
    UltimateParty,
)
from openapi.uk_obie.v4_0.pisp.wire.parts import (
    Authorisation,
    Charge,
    ConsentId,
    ConsentStatus,
    InstructedAmount,
    MultiAuthorisation,
    OBSCASupportData1,
    OBStatusReason,
    SupplementaryData,
)
from openapi.uk_obie.v4_0.pisp.wire.remittance import OBRegulatoryReporting1, OBRemittanceInformation2
from openapi.uk_obie.v4_0.pisp.wire.risk import OBRisk1
from openapi.uk_obie.v4_0.wire import Currency, DateTime, Links, Max35Text, Max40Text, Max140Text, MetaData


class OBInternationalScheduled3(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """The initiation: the payment itself and its day, which the order repeats as the consent had it."""

    instruction_identification: Max35Text
    end_to_end_identification: Max35Text | UnsetType = UNSET
    local_instrument: str | UnsetType = UNSET
    instruction_priority: Literal["Normal", "Urgent"] | UnsetType = UNSET
    extended_purpose: Max140Text | UnsetType = UNSET
    charge_bearer: ChargeBearer | UnsetType = UNSET
    requested_execution_date_time: DateTime
    currency_of_transfer: Currency
    destination_country_code: Country | UnsetType = UNSET
    instructed_amount: InstructedAmount
    exchange_rate_information: ExchangeRateInformation | UnsetType = UNSET
    debtor_account: DebtorAccount | UnsetType = UNSET
    creditor: Creditor | UnsetType = UNSET
    creditor_agent: CreditorAgent | UnsetType = UNSET
    creditor_account: CreditorAccount
    ultimate_creditor: UltimateParty | UnsetType = UNSET
    ultimate_debtor: UltimateParty | UnsetType = UNSET
    regulatory_reporting: Annotated[list[OBRegulatoryReporting1], Meta(max_length=10)] | UnsetType = UNSET
    remittance_information: OBRemittanceInformation2 | UnsetType = UNSET
    supplementary_data: SupplementaryData | UnsetType = UNSET


class OBWriteInternationalScheduledConsent5Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    permission: Literal["Create"]
    read_refund_account: Literal["No", "Yes"] | UnsetType = UNSET
    initiation: OBInternationalScheduled3
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)


class OBWriteInternationalScheduledConsent5(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteInternationalScheduledConsent5Data
    risk: OBRisk1


class OBWriteInternationalScheduledConsentResponse6Data(Struct, rename="pascal", kw_only=True):
    consent_id: ConsentId
    creation_date_time: DateTime
    status: ConsentStatus
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    status_update_date_time: DateTime
    permission: Literal["Create"]
    read_refund_account: Literal["No", "Yes"] | UnsetType = UNSET
    cut_off_date_time: DateTime | UnsetType = UNSET
    expected_execution_date_time: DateTime | UnsetType = UNSET
    expected_settlement_date_time: DateTime | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    exchange_rate_information: ExchangeRate | UnsetType = UNSET
    initiation: OBInternationalScheduled3
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteInternationalScheduledConsentResponse6(Struct, rename="pascal", kw_only=True):
    data: OBWriteInternationalScheduledConsentResponse6Data
    risk: OBRisk1
    links: Links
    meta: MetaData


class OBWriteInternationalScheduled3Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    consent_id: ConsentId
    initiation: OBInternationalScheduled3


class OBWriteInternationalScheduled3(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteInternationalScheduled3Data
    risk: OBRisk1


class OBWriteInternationalScheduledResponse6Data(Struct, rename="pascal", kw_only=True):
    international_scheduled_payment_id: Max40Text
    consent_id: ConsentId
    creation_date_time: DateTime
    status: InternationalStatus
    status_update_date_time: DateTime
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    expected_execution_date_time: DateTime | UnsetType = UNSET
    expected_settlement_date_time: DateTime | UnsetType = UNSET
    refund: InternationalRefund | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    exchange_rate_information: ExchangeRate | UnsetType = UNSET
    initiation: OBInternationalScheduled3
    multi_authorisation: MultiAuthorisation | UnsetType = UNSET
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteInternationalScheduledResponse6(Struct, rename="pascal", kw_only=True):
    data: OBWriteInternationalScheduledResponse6Data
    links: Links
    meta: MetaData
