"""The wire types of an international payment: its consent, its order, and what they answer. OBIE R/W 4.0, International Payment Consents,
International Payments.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.pisp.wire.parties import (
    CreditorAccount,
    CreditorAgent,
    DebtorAccount,
    Lei,
    OBCashAccountDebtor4,
    OBPostalAddress7,
    RefundAccount,
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
    TransactionStatus,
)
from openapi.uk_obie.v4_0.pisp.wire.remittance import OBRegulatoryReporting1, OBRemittanceInformation2
from openapi.uk_obie.v4_0.pisp.wire.risk import OBRisk1
from openapi.uk_obie.v4_0.wire import (
    Currency,
    DateTime,
    Links,
    Max35Text,
    Max40Text,
    Max140Text,
    Max256Text,
    Max350Text,
    MetaData,
)

ChargeBearer = Literal["BorneByCreditor", "BorneByDebtor", "FollowingServiceLevel", "Shared"]
RateType = Literal["Actual", "Agreed", "Indicative"]
InternationalStatus = TransactionStatus  # an order has no status for one that was only received
Country = Annotated[str, Meta(pattern=r"^[A-Z]{2,2}$")]


class ExchangeRateInformation(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """The rate as it is asked for."""

    unit_currency: Currency
    exchange_rate: float | UnsetType = UNSET
    rate_type: RateType
    contract_identification: Max256Text | UnsetType = UNSET


class ExchangeRate(Struct, rename="pascal", kw_only=True):
    """The rate as the bank gives it."""

    unit_currency: Currency
    exchange_rate: float
    rate_type: RateType
    contract_identification: Max256Text | UnsetType = UNSET
    expiration_date_time: DateTime | UnsetType = UNSET


class Creditor(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    name: Max350Text | UnsetType = UNSET
    lei: Lei | UnsetType = field(name="LEI", default=UNSET)
    postal_address: OBPostalAddress7 | UnsetType = UNSET


class InternationalRefund(Struct, rename="pascal", kw_only=True):
    account: RefundAccount


class OBInternational3(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """The initiation: the payment itself, which the order repeats as the consent had it."""

    instruction_identification: Max35Text
    end_to_end_identification: Max35Text
    local_instrument: str | UnsetType = UNSET
    instruction_priority: Literal["Normal", "Urgent"] | UnsetType = UNSET
    extended_purpose: Max140Text | UnsetType = UNSET
    charge_bearer: ChargeBearer | UnsetType = UNSET
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


class OBWriteInternationalConsent5Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    read_refund_account: Literal["No", "Yes"] | UnsetType = UNSET
    initiation: OBInternational3
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)


class OBWriteInternationalConsent5(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteInternationalConsent5Data
    risk: OBRisk1


class OBWriteInternationalConsentResponse6Data(Struct, rename="pascal", kw_only=True):
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
    exchange_rate_information: ExchangeRate | UnsetType = UNSET
    initiation: OBInternational3
    authorisation: Authorisation | UnsetType = UNSET
    sca_support_data: OBSCASupportData1 | UnsetType = field(name="SCASupportData", default=UNSET)
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteInternationalConsentResponse6(Struct, rename="pascal", kw_only=True):
    data: OBWriteInternationalConsentResponse6Data
    risk: OBRisk1
    links: Links
    meta: MetaData


class OBWriteInternational3Data(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    consent_id: ConsentId
    initiation: OBInternational3


class OBWriteInternational3(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    data: OBWriteInternational3Data
    risk: OBRisk1


class OBWriteInternationalResponse5Data(Struct, rename="pascal", kw_only=True):
    international_payment_id: Max40Text
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
    initiation: OBInternational3
    multi_authorisation: MultiAuthorisation | UnsetType = UNSET
    debtor: OBCashAccountDebtor4 | UnsetType = UNSET


class OBWriteInternationalResponse5(Struct, rename="pascal", kw_only=True):
    data: OBWriteInternationalResponse5Data
    links: Links
    meta: MetaData
