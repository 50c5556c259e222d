"""The wire types of variable recurring payments: their consent, a payment under it, and what they answer. OBIE R/W 4.0, Domestic VRP
Consents. What the document leaves open takes no member of a request that it does not name: it would not be carried out.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.aisp.wire.consents import ConsentStatus
from openapi.uk_obie.v4_0.aisp.wire.consents import OBStatusReason as ConsentReason
from openapi.uk_obie.v4_0.pisp.wire.parties import OBPostalAddress7, OBProxy1, UltimateParty
from openapi.uk_obie.v4_0.pisp.wire.parts import Charge, ConsentId, InstructedAmount, OBStatusReason
from openapi.uk_obie.v4_0.pisp.wire.remittance import OBRegulatoryReporting1, OBRemittanceInformation2
from openapi.uk_obie.v4_0.pisp.wire.risk import OBRisk1
from openapi.uk_obie.v4_0.wire import (
    DateTime,
    Links,
    Max34Text,
    Max35Text,
    Max40Text,
    Max70Text,
    Max210Text,
    Max256Text,
    MetaData,
    OBActiveOrHistoricCurrencyAndAmount,
)

Max128Text = Annotated[str, Meta(min_length=1, max_length=128)]
PaymentStatus = Literal["RCVD", "RJCT", "CANC", "PDNG", "ACTC", "ACCP", "ACFC", "ACSP", "ACWC", "ACSC", "ACWP", "ACCC", "BLCK"]


class NamedAccount(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """OBCashAccountDebtorWithName and OBCashAccountCreditor3."""

    scheme_name: str
    identification: Max256Text
    name: Max70Text
    secondary_identification: Max34Text | UnsetType = UNSET
    proxy: OBProxy1 | UnsetType = UNSET


class PeriodicLimit(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    period_type: Literal["Day", "Week", "Fortnight", "Month", "Half-year", "Year"]
    period_alignment: Literal["Consent", "Calendar"]
    amount: Annotated[str, Meta(pattern=r"^\d{1,13}$|^\d{1,13}\.\d{1,5}$")]
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3,3}$")]


class OBDomesticVRPControlParameters(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    valid_from_date_time: DateTime | UnsetType = UNSET
    valid_to_date_time: DateTime | UnsetType = UNSET
    maximum_individual_amount: InstructedAmount
    periodic_limits: Annotated[list[PeriodicLimit], Meta(min_length=1)]
    vrp_type: Annotated[list[str], Meta(min_length=1)] = field(name="VRPType")
    psu_authentication_methods: Annotated[list[str], Meta(min_length=1)] = field(name="PSUAuthenticationMethods")
    psu_interaction_types: list[Literal["InSession", "OffSession"]] | UnsetType = field(name="PSUInteractionTypes", default=UNSET)
    supplementary_data: dict[str, Any] | UnsetType = UNSET


class OBDomesticVRPInitiation(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    debtor_account: NamedAccount | UnsetType = UNSET
    creditor_account: NamedAccount | UnsetType = UNSET
    creditor_postal_address: OBPostalAddress7 | UnsetType = UNSET
    ultimate_creditor: UltimateParty | UnsetType = UNSET
    ultimate_debtor: UltimateParty | UnsetType = UNSET
    remittance_information: OBRemittanceInformation2 | UnsetType = UNSET
    regulatory_reporting: Annotated[list[OBRegulatoryReporting1], Meta(max_length=10)] | UnsetType = UNSET


class OBDomesticVRPConsentRequestData(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    read_refund_account: Literal["Yes", "No"] | UnsetType = UNSET
    control_parameters: OBDomesticVRPControlParameters
    initiation: OBDomesticVRPInitiation


class OBDomesticVRPConsentRequest(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBDomesticVRPConsentRequestData
    risk: OBRisk1


class OBDomesticVRPConsentResponseData(Struct, rename="pascal", kw_only=True):
    read_refund_account: Literal["Yes", "No"] | UnsetType = UNSET
    consent_id: ConsentId
    creation_date_time: DateTime
    status: ConsentStatus
    status_reason: list[ConsentReason] | UnsetType = UNSET
    status_update_date_time: DateTime
    control_parameters: OBDomesticVRPControlParameters
    initiation: OBDomesticVRPInitiation
    debtor_account: NamedAccount | UnsetType = UNSET


class OBDomesticVRPConsentResponse(Struct, rename="pascal", kw_only=True):
    data: OBDomesticVRPConsentResponseData
    risk: OBRisk1
    links: Links
    meta: MetaData


class OBDomesticVRPInstruction(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    instruction_identification: Max35Text
    end_to_end_identification: Max35Text
    remittance_information: OBRemittanceInformation2 | UnsetType = UNSET
    local_instrument: str | UnsetType = UNSET
    instructed_amount: InstructedAmount
    creditor_postal_address: OBPostalAddress7 | UnsetType = UNSET
    creditor_account: NamedAccount
    ultimate_creditor: UltimateParty | UnsetType = UNSET
    supplementary_data: dict[str, Any] | UnsetType = UNSET


class OBDomesticVRPRequestData(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    consent_id: ConsentId
    psu_authentication_method: str = field(name="PSUAuthenticationMethod")
    psu_interaction_type: Literal["InSession", "OffSession"] | UnsetType = field(name="PSUInteractionType", default=UNSET)
    vrp_type: str = field(name="VRPType")
    initiation: OBDomesticVRPInitiation
    instruction: OBDomesticVRPInstruction


class OBDomesticVRPRequest(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBDomesticVRPRequestData
    risk: OBRisk1


class OBDomesticVRPResponseData(Struct, rename="pascal", kw_only=True):
    domestic_vrp_id: Max40Text = field(name="DomesticVRPId")
    consent_id: ConsentId
    creation_date_time: DateTime
    status: PaymentStatus
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    status_update_date_time: DateTime
    expected_execution_date_time: DateTime | UnsetType = UNSET
    expected_settlement_date_time: DateTime | UnsetType = UNSET
    refund: NamedAccount | UnsetType = UNSET
    charges: list[Charge] | UnsetType = UNSET
    initiation: OBDomesticVRPInitiation
    instruction: OBDomesticVRPInstruction


class OBDomesticVRPResponse(Struct, rename="pascal", kw_only=True):
    data: OBDomesticVRPResponseData
    risk: OBRisk1
    links: Links
    meta: MetaData


class StatusDetail(Struct, rename="pascal", kw_only=True):
    local_instrument: str | UnsetType = UNSET
    status: Max128Text
    status_reason: str | UnsetType = UNSET
    status_reason_description: Max256Text | UnsetType = UNSET


class OBDomesticVRPDetailsPaymentStatus(Struct, rename="pascal", kw_only=True):
    payment_transaction_id: Max210Text
    status: PaymentStatus
    status_update_date_time: DateTime
    status_detail: StatusDetail | UnsetType = UNSET


class OBDomesticVRPDetailsData(Struct, rename="pascal", kw_only=True):
    payment_status: list[OBDomesticVRPDetailsPaymentStatus] | UnsetType = UNSET


class OBDomesticVRPDetails(Struct, rename="pascal", kw_only=True):
    data: OBDomesticVRPDetailsData


class OBVRPFundsConfirmationRequestData(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    consent_id: Max128Text
    reference: Max35Text | UnsetType = UNSET
    instructed_amount: InstructedAmount


class OBVRPFundsConfirmationRequest(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBVRPFundsConfirmationRequestData


class FundsAvailable(Struct, rename="pascal", kw_only=True):
    funds_available_date_time: DateTime
    funds_available: Literal["Available", "NotAvailable"]


class OBVRPFundsConfirmationResponseData(Struct, rename="pascal", kw_only=True):
    funds_confirmation_id: Max40Text
    consent_id: Max128Text
    creation_date_time: DateTime
    reference: Max35Text | UnsetType = UNSET
    funds_available_result: FundsAvailable
    instructed_amount: OBActiveOrHistoricCurrencyAndAmount


class OBVRPFundsConfirmationResponse(Struct, rename="pascal", kw_only=True):
    data: OBVRPFundsConfirmationResponseData
