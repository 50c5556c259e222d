"""The wire types of a domestic scheduled payment: its consent, its order, and what they answer. OBIE R/W 4.0, Domestic Scheduled Payment
Consents, Domestic Scheduled Payments.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.pisp.wire.parties import (
    CreditorAccount,
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
    PlannedPaymentStatus,
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


class OBDomesticScheduled2(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """The initiation: the payment itself and its day, which the order repeats as the consent had it."""

    instruction_identification: Max35Text
    end_to_end_identification: Max35Text | UnsetType = UNSET
    local_instrument: str | UnsetType = UNSET
    requested_execution_date_time: DateTime
    instructed_amount: InstructedAmount
    debtor_account: DebtorAccount | UnsetType = UNSET
    creditor_account: CreditorAccount
    creditor_postal_address: OBPostalAddress7 | UnsetType = UNSET
    ultimate_creditor: UltimateParty | UnsetType = UNSET
    ultimate_debtor: UltimateParty | UnsetType = UNSET
    regulatory_reporting: Annotated[list[OBRegulatoryReporting1], Meta(max_length=10)] | UnsetType = UNSET
    remittance_information: OBRemittanceInformation2 | UnsetType = UNSET
    supplementary_data: SupplementaryData | UnsetType = UNSET


class OBWriteDomesticScheduledConsent4Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    permission: Literal["Create"]
    read_refund_account: Literal["No", "Yes"] | UnsetType = UNSET
    initiation: OBDomesticScheduled2
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)


class OBWriteDomesticScheduledConsent4(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteDomesticScheduledConsent4Data
    risk: OBRisk1


class OBWriteDomesticScheduledConsentResponse5Data(Struct, rename="pascal", kw_only=True):
    consent_id: ConsentId
    creation_date_time: DateTime
    status: ConsentStatus
    status_update_date_time: DateTime
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    permission: Literal["Create"]
    read_refund_account: Literal["No", "Yes"] | UnsetType = UNSET
    cut_off_date_time: DateTime | UnsetType = UNSET
    expected_execution_date_time: DateTime | UnsetType = UNSET
    expected_settlement_date_time: DateTime | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    initiation: OBDomesticScheduled2
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteDomesticScheduledConsentResponse5(Struct, rename="pascal", kw_only=True):
    data: OBWriteDomesticScheduledConsentResponse5Data
    risk: OBRisk1
    links: Links
    meta: MetaData


class OBWriteDomesticScheduled2Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    consent_id: ConsentId
    initiation: OBDomesticScheduled2


class OBWriteDomesticScheduled2(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteDomesticScheduled2Data
    risk: OBRisk1


class OBWriteDomesticScheduledResponse5Data(Struct, rename="pascal", kw_only=True):
    domestic_scheduled_payment_id: Max40Text
    consent_id: ConsentId
    creation_date_time: DateTime
    status: PlannedPaymentStatus
    status_update_date_time: DateTime
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    expected_execution_date_time: DateTime | UnsetType = UNSET
    expected_settlement_date_time: DateTime | UnsetType = UNSET
    refund: Refund | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    initiation: OBDomesticScheduled2
    multi_authorisation: MultiAuthorisation | UnsetType = UNSET
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteDomesticScheduledResponse5(Struct, rename="pascal", kw_only=True):
    data: OBWriteDomesticScheduledResponse5Data
    links: Links
    meta: MetaData
