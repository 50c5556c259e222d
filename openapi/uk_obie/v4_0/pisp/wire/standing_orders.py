"""The wire types of a domestic standing order: its consent, its order, and what they answer. OBIE R/W 4.0, Domestic Standing Order
Consents, Domestic Standing Orders.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.pisp.wire.code_lists import CategoryPurposeCode
from openapi.uk_obie.v4_0.pisp.wire.parties import CreditorAccount, DebtorAccount, OBCashAccountDebtor4, UltimateParty
from openapi.uk_obie.v4_0.pisp.wire.parts import (
    Authorisation,
    Charge,
    ConsentId,
    ConsentStatus,
    InstructedAmount,
    MultiAuthorisation,
    OBSCASupportData1,
    OBStatusReason,
    Refund,
    StandingOrderStatus,
    SupplementaryData,
)
from openapi.uk_obie.v4_0.pisp.wire.remittance import OBRegulatoryReporting1, OBRemittanceInformation2
from openapi.uk_obie.v4_0.pisp.wire.risk import OBRisk1
from openapi.uk_obie.v4_0.wire import DateTime, Links, Max35Text, Max40Text, Max256Text, MetaData


class OBFrequency6(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """The document leaves it open; a member that it does not name would not be carried out, and is refused."""

    type: str
    count_per_period: Annotated[int, Meta(extra_json_schema={"format": "int32"})] | UnsetType = UNSET
    point_in_time: Annotated[str, Meta(max_length=2)] | UnsetType = UNSET


class OBMandateRelatedInformation1(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """Likewise."""

    mandate_identification: Max256Text | UnsetType = UNSET
    classification: Literal["FIXE", "USGB", "VARI"] | UnsetType = UNSET
    category_purpose_code: CategoryPurposeCode | UnsetType = UNSET
    first_payment_date_time: DateTime | UnsetType = UNSET
    recurring_payment_date_time: DateTime | UnsetType = UNSET
    final_payment_date_time: DateTime | UnsetType = UNSET
    frequency: OBFrequency6
    reason: Max256Text | UnsetType = UNSET


class OBDomesticStandingOrder3(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """The initiation: the payments themselves, which the order repeats as the consent had them."""

    mandate_related_information: OBMandateRelatedInformation1
    number_of_payments: Max35Text | UnsetType = UNSET
    first_payment_amount: InstructedAmount
    recurring_payment_amount: InstructedAmount | UnsetType = UNSET
    final_payment_amount: InstructedAmount | UnsetType = UNSET
    debtor_account: DebtorAccount | UnsetType = UNSET
    creditor_account: CreditorAccount
    ultimate_creditor: UltimateParty | UnsetType = UNSET
    ultimate_debtor: UltimateParty | UnsetType = UNSET
    regulatory_reporting: Annotated[list[OBRegulatoryReporting1], Meta(max_length=10)] | UnsetType = UNSET
    remittance_information: OBRemittanceInformation2 | UnsetType = UNSET
    supplementary_data: SupplementaryData | UnsetType = UNSET


class OBWriteDomesticStandingOrderConsent5Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    permission: Literal["Create"]
    read_refund_account: Literal["No", "Yes"] | UnsetType = UNSET
    initiation: OBDomesticStandingOrder3
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)


class OBWriteDomesticStandingOrderConsent5(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteDomesticStandingOrderConsent5Data
    risk: OBRisk1


class OBWriteDomesticStandingOrderConsentResponse6Data(Struct, rename="pascal", kw_only=True):
    consent_id: ConsentId
    creation_date_time: DateTime
    status: ConsentStatus
    status_update_date_time: DateTime
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    permission: Literal["Create"]
    read_refund_account: Literal["No", "Yes"] | UnsetType = UNSET
    cut_off_date_time: DateTime | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    initiation: OBDomesticStandingOrder3
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteDomesticStandingOrderConsentResponse6(Struct, rename="pascal", kw_only=True):
    data: OBWriteDomesticStandingOrderConsentResponse6Data
    risk: OBRisk1
    links: Links
    meta: MetaData


class OBWriteDomesticStandingOrder3Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    consent_id: ConsentId
    initiation: OBDomesticStandingOrder3


class OBWriteDomesticStandingOrder3(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteDomesticStandingOrder3Data
    risk: OBRisk1


class OBWriteDomesticStandingOrderResponse6Data(Struct, rename="pascal", kw_only=True):
    domestic_standing_order_id: Max40Text
    consent_id: ConsentId
    creation_date_time: DateTime
    status: StandingOrderStatus
    status_update_date_time: DateTime
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    refund: Refund | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    initiation: OBDomesticStandingOrder3
    multi_authorisation: MultiAuthorisation | UnsetType = UNSET
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteDomesticStandingOrderResponse6(Struct, rename="pascal", kw_only=True):
    data: OBWriteDomesticStandingOrderResponse6Data
    links: Links
    meta: MetaData
