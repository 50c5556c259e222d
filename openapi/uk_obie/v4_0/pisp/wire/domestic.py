"""The wire types of a domestic payment: its consent, its order, and what they answer. OBIE R/W 4.0, Domestic Payment Consents, Domestic
Payments.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.pisp.wire.parties import (
    CreditorAccount,
    CreditorAgent,
    DebtorAccount,
    OBCashAccountDebtor4,
    OBPostalAddress7,
    RefundAccount,
    UltimateParty,
)
from openapi.uk_obie.v4_0.pisp.wire.remittance import OBRegulatoryReporting1, OBRemittanceInformation2
from openapi.uk_obie.v4_0.pisp.wire.risk import OBRisk1
from openapi.uk_obie.v4_0.wire import (
    Amount,
    Currency,
    DateTime,
    Links,
    Max35Text,
    Max40Text,
    Max210Text,
    Max256Text,
    Max500Text,
    MetaData,
    OBActiveOrHistoricCurrencyAndAmount,
)

ConsentId = Annotated[str, Meta(min_length=1, max_length=128)]
ConsentStatus = Literal["AWAU", "RJCT", "AUTH", "COND"]
PaymentStatus = Literal["RCVD", "PDNG", "ACTC", "PATC", "ACCP", "ACFC", "ACSP", "ACWC", "ACSC", "ACWP", "ACCC", "BLCK", "RJCT"]
TransactionStatus = Literal["PDNG", "ACTC", "PATC", "ACCP", "ACFC", "ACSP", "ACWC", "ACSC", "ACWP", "ACCC", "BLCK", "RJCT"]
SupplementaryData = dict[str, Any]


class InstructedAmount(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    amount: Amount
    currency: Currency


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


class Authorisation(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    authorisation_type: Literal["Any", "Single"]
    completion_date_time: DateTime | UnsetType = UNSET


class OBSCASupportData1(Struct, rename="pascal", kw_only=True):
    requested_sca_exemption_type: (
        Literal["BillPayment", "ContactlessTravel", "EcommerceGoods", "EcommerceServices", "Kiosk", "Parking", "PartyToParty"]
        | UnsetType
    ) = field(name="RequestedSCAExemptionType", default=UNSET)
    applied_authentication_approach: Literal["CA", "SCA"] | UnsetType = UNSET
    reference_payment_order_id: Max40Text | UnsetType = UNSET


class OBWriteDomesticConsent4Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    read_refund_account: Literal["No", "Yes"] | UnsetType = UNSET
    initiation: OBDomestic2
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)


class OBWriteDomesticConsent4(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteDomesticConsent4Data
    risk: OBRisk1


class OBStatusReason(Struct, rename="pascal", kw_only=True):
    status_reason_code: Annotated[str, Meta(min_length=1, max_length=4)]
    status_reason_description: Max500Text | UnsetType = UNSET
    path: Max500Text | UnsetType = UNSET


class Charge(Struct, rename="pascal", kw_only=True):
    charge_bearer: Literal["BorneByCreditor", "BorneByDebtor", "FollowingServiceLevel", "Shared"]
    type: str
    amount: OBActiveOrHistoricCurrencyAndAmount


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


class FundsAvailableResult(Struct, rename="pascal", kw_only=True):
    funds_available_date_time: DateTime
    funds_available: bool


class OBWriteFundsConfirmationResponse1Data(Struct, rename="pascal", kw_only=True):
    funds_available_result: FundsAvailableResult | UnsetType = UNSET


class OBWriteFundsConfirmationResponse1(Struct, rename="pascal", kw_only=True):
    data: OBWriteFundsConfirmationResponse1Data
    links: Links
    meta: MetaData


class OBWriteDomestic2Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    consent_id: ConsentId
    initiation: OBDomestic2


class OBWriteDomestic2(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteDomestic2Data
    risk: OBRisk1


class Refund(Struct, rename="pascal", kw_only=True):
    account: RefundAccount


class MultiAuthorisation(Struct, rename="pascal", kw_only=True):
    status: Literal["AUTH", "AWAF", "RJCT"]
    number_required: int | UnsetType = UNSET
    number_received: int | UnsetType = UNSET
    last_update_date_time: DateTime | UnsetType = UNSET
    expiration_date_time: DateTime | UnsetType = UNSET


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


class StatusDetail(Struct, rename="pascal", kw_only=True):
    local_instrument: str | UnsetType = UNSET
    status: TransactionStatus
    status_reason: Annotated[str, Meta(min_length=1, max_length=4)] | UnsetType = UNSET
    status_reason_description: Max256Text | UnsetType = UNSET


class OBWritePaymentDetails1(Struct, rename="pascal", kw_only=True):
    payment_transaction_id: Max210Text
    status: TransactionStatus
    status_update_date_time: DateTime
    status_detail: StatusDetail | UnsetType = UNSET


class OBWritePaymentDetailsResponse1Data(Struct, rename="pascal", kw_only=True):
    payment_status: list[OBWritePaymentDetails1] | UnsetType = UNSET


class OBWritePaymentDetailsResponse1(Struct, rename="pascal", kw_only=True):
    data: OBWritePaymentDetailsResponse1Data
    links: Links
    meta: MetaData
