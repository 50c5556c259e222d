"""The wire types of an international standing order: its consent, its order, and what they answer. OBIE R/W 4.0, International Standing Order
Consents, International Standing Orders.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.pisp.wire.international import ChargeBearer, Country, Creditor, InternationalRefund
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
    StandingOrderStatus,
    SupplementaryData,
)
from openapi.uk_obie.v4_0.pisp.wire.remittance import OBRegulatoryReporting1, OBRemittanceInformation2
from openapi.uk_obie.v4_0.pisp.wire.risk import OBRisk1
from openapi.uk_obie.v4_0.pisp.wire.standing_orders import OBMandateRelatedInformation1
from openapi.uk_obie.v4_0.wire import Currency, DateTime, Links, Max35Text, Max40Text, Max140Text, MetaData


class OBInternationalStandingOrder4(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """The initiation: the payments themselves, which the order repeats as the consent had them."""

    mandate_related_information: OBMandateRelatedInformation1
    number_of_payments: Max35Text | UnsetType = UNSET
    extended_purpose: Max140Text | UnsetType = UNSET
    charge_bearer: ChargeBearer | UnsetType = UNSET
    currency_of_transfer: Currency
    destination_country_code: Country | UnsetType = UNSET
    instructed_amount: InstructedAmount
    debtor_account: DebtorAccount | UnsetType = UNSET
    creditor: Creditor | UnsetType = UNSET
    creditor_agent: CreditorAgent | UnsetType = UNSET
    creditor_account: CreditorAccount
    ultimate_creditor: UltimateParty | UnsetType = UNSET
    ultimate_debtor: UltimateParty | UnsetType = UNSET
    regulatory_reporting: Annotated[list[OBRegulatoryReporting1], Meta(max_length=10)] | UnsetType = UNSET
    remittance_information: OBRemittanceInformation2 | UnsetType = UNSET
    supplementary_data: SupplementaryData | UnsetType = UNSET


class OBWriteInternationalStandingOrderConsent6Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    permission: Literal["Create"]
    read_refund_account: Literal["No", "Yes"] | UnsetType = UNSET
    initiation: OBInternationalStandingOrder4
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)


class OBWriteInternationalStandingOrderConsent6(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteInternationalStandingOrderConsent6Data
    risk: OBRisk1


class OBWriteInternationalStandingOrderConsentResponse7Data(Struct, rename="pascal", kw_only=True):
    consent_id: ConsentId
    creation_date_time: DateTime
    status: ConsentStatus
    status_update_date_time: DateTime
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    permission: Literal["Create"]
    read_refund_account: Literal["No", "Yes"] | UnsetType = UNSET
    cut_off_date_time: DateTime | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    initiation: OBInternationalStandingOrder4
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteInternationalStandingOrderConsentResponse7(Struct, rename="pascal", kw_only=True):
    data: OBWriteInternationalStandingOrderConsentResponse7Data
    risk: OBRisk1
    links: Links
    meta: MetaData


class OBWriteInternationalStandingOrder4Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    consent_id: ConsentId
    initiation: OBInternationalStandingOrder4


class OBWriteInternationalStandingOrder4(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteInternationalStandingOrder4Data
    risk: OBRisk1


class OBWriteInternationalStandingOrderResponse7Data(Struct, rename="pascal", kw_only=True):
    international_standing_order_id: Max40Text
    consent_id: ConsentId
    creation_date_time: DateTime
    status: StandingOrderStatus
    status_update_date_time: DateTime
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    refund: InternationalRefund | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    initiation: OBInternationalStandingOrder4
    multi_authorisation: MultiAuthorisation | UnsetType = UNSET
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteInternationalStandingOrderResponse7(Struct, rename="pascal", kw_only=True):
    data: OBWriteInternationalStandingOrderResponse7Data
    links: Links
    meta: MetaData
