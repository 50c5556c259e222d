"""The wire types of a domestic payment: its consent, its order, and what they answer. OBIE R/W 4.0, Domestic Payment Consents, Domestic
Payments.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.pisp.wire.parties import (
    CreditorAccount,
    CreditorAgent,
    DebtorAccount,
    OBCashAccountDebtor4,
    OBPostalAddress7,
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
    PaymentStatus,
    Refund,
    SupplementaryData,
)
from openapi.uk_obie.v4_0.pisp.wire.remittance import OBRegulatoryReporting1, OBRemittanceInformation2
from openapi.uk_obie.v4_0.pisp.wire.risk import OBRisk1
from openapi.uk_obie.v4_0.wire import (
    DateTime,
    Links,
    Max35Text,
    Max40Text,
    MetaData,
)


class OBDomestic2(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """The initiation: the payment itself, which the order repeats as the consent had it."""

    instruction_identification: Max35Text
    end_to_end_identification: Max35Text
    local_instrument: str | UnsetType = UNSET
    instructed_amount: InstructedAmount
    debtor_account: DebtorAccount | UnsetType = UNSET
    creditor_agent: CreditorAgent | UnsetType = UNSET
    creditor_account: CreditorAccount
    creditor_postal_address: OBPostalAddress7 | UnsetType = UNSET
    ultimate_creditor: UltimateParty | UnsetType = UNSET
    ultimate_debtor: UltimateParty | UnsetType = UNSET
    regulatory_reporting: Annotated[list[OBRegulatoryReporting1], Meta(max_length=10)] | UnsetType = UNSET
    remittance_information: OBRemittanceInformation2 | UnsetType = UNSET
    supplementary_data: SupplementaryData | UnsetType = UNSET


class OBWriteDomesticConsent4Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    read_refund_account: Literal["No", "Yes"] | UnsetType = UNSET
    initiation: OBDomestic2
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)


class OBWriteDomesticConsent4(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteDomesticConsent4Data
    risk: OBRisk1


class OBWriteDomesticConsentResponse5Data(Struct, rename="pascal", kw_only=True):
    consent_id: ConsentId
    creation_date_time: DateTime
    status: ConsentStatus
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    status_update_date_time: DateTime
    read_refund_account: Literal["No", "Yes"] | UnsetType = UNSET
    cut_off_date_time: DateTime | UnsetType = UNSET
    expected_execution_date_time: DateTime | UnsetType = UNSET
    expected_settlement_date_time: DateTime | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    initiation: OBDomestic2
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteDomesticConsentResponse5(Struct, rename="pascal", kw_only=True):
    data: OBWriteDomesticConsentResponse5Data
    risk: OBRisk1
    links: Links
    meta: MetaData


class OBWriteDomestic2Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    consent_id: ConsentId
    initiation: OBDomestic2


class OBWriteDomestic2(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteDomestic2Data
    risk: OBRisk1


class OBWriteDomesticResponse5Data(Struct, rename="pascal", kw_only=True):
    domestic_payment_id: Max40Text
    consent_id: ConsentId
    creation_date_time: DateTime
    status: PaymentStatus
    status_update_date_time: DateTime
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    expected_execution_date_time: DateTime | UnsetType = UNSET
    expected_settlement_date_time: DateTime | UnsetType = UNSET
    refund: Refund | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    initiation: OBDomestic2
    multi_authorisation: MultiAuthorisation | UnsetType = UNSET
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteDomesticResponse5(Struct, rename="pascal", kw_only=True):
    data: OBWriteDomesticResponse5Data
    links: Links
    meta: MetaData
