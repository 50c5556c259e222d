"""Wire types that the products of payment initiation share: amounts, authorisations, statuses, funds, payment details. OBIE R/W 4.0,
Domestic Payment Consents, Domestic Payments, Payment Details.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.pisp.wire.parties import (
    RefundAccount,
)
from openapi.uk_obie.v4_0.wire import (
    Amount,
    Currency,
    DateTime,
    Links,
    Max40Text,
    Max210Text,
    Max256Text,
    Max500Text,
    MetaData,
    OBActiveOrHistoricCurrencyAndAmount,
)

ConsentId = Annotated[str, Meta(min_length=1, max_length=128)]
ConsentStatus = Literal["AWAU", "RJCT", "AUTH", "COND"]
FileConsentStatus = Literal["AWUP", "AWAU", "RJCT", "AUTH", "COND"]
PaymentStatus = Literal["RCVD", "PDNG", "ACTC", "PATC", "ACCP", "ACFC", "ACSP", "ACWC", "ACSC", "ACWP", "ACCC", "BLCK", "RJCT"]
PlannedPaymentStatus = Literal[
    "RCVD", "CANC", "PDNG", "ACTC", "PATC", "ACCP", "ACFC", "ACSP", "ACWC", "ACSC", "ACWP", "BLCK", "RJCT"
]
StandingOrderStatus = Literal["RCVD", "CANC", "ACTC", "PATC", "PDNG", "INFA", "INCO", "RJCT"]
TransactionStatus = Literal["PDNG", "ACTC", "PATC", "ACCP", "ACFC", "ACSP", "ACWC", "ACSC", "ACWP", "ACCC", "BLCK", "RJCT"]
SupplementaryData = dict[str, Any]


class InstructedAmount(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    amount: Amount
    currency: Currency


class Authorisation(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    authorisation_type: Literal["Any", "Single"]
    completion_date_time: DateTime | UnsetType = UNSET


class OBSCASupportData1(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    requested_sca_exemption_type: (
        Literal["BillPayment", "ContactlessTravel", "EcommerceGoods", "EcommerceServices", "Kiosk", "Parking", "PartyToParty"]
        | UnsetType
    ) = field(name="RequestedSCAExemptionType", default=UNSET)
    applied_authentication_approach: Literal["CA", "SCA"] | UnsetType = UNSET
    reference_payment_order_id: Max40Text | UnsetType = UNSET


class OBStatusReason(Struct, rename="pascal", kw_only=True):
    status_reason_code: Annotated[str, Meta(min_length=1, max_length=4)]
    status_reason_description: Max500Text | UnsetType = UNSET
    path: Max500Text | UnsetType = UNSET


class Charge(Struct, rename="pascal", kw_only=True):
    charge_bearer: Literal["BorneByCreditor", "BorneByDebtor", "FollowingServiceLevel", "Shared"]
    type: str
    amount: OBActiveOrHistoricCurrencyAndAmount


class FundsAvailableResult(Struct, rename="pascal", kw_only=True):
    funds_available_date_time: DateTime
    funds_available: bool


class OBWriteFundsConfirmationResponse1Data(Struct, rename="pascal", kw_only=True):
    funds_available_result: FundsAvailableResult | UnsetType = UNSET


class OBWriteFundsConfirmationResponse1(Struct, rename="pascal", kw_only=True):
    data: OBWriteFundsConfirmationResponse1Data
    links: Links
    meta: MetaData


class Refund(Struct, rename="pascal", kw_only=True):
    account: RefundAccount


class MultiAuthorisation(Struct, rename="pascal", kw_only=True):
    status: Literal["AUTH", "AWAF", "RJCT"]
    number_required: int | UnsetType = UNSET
    number_received: int | UnsetType = UNSET
    last_update_date_time: DateTime | UnsetType = UNSET
    expiration_date_time: DateTime | UnsetType = UNSET


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
