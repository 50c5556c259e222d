"""The wire types of account-access consents. OBIE R/W 4.0, Account Access Consents."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from openapi.uk_obie.v4_0.wire import DateTime, Links, Max500Text, MetaData

ConsentStatus = Literal["AWAU", "RJCT", "AUTH", "EXPD", "CANC"]


class OBInternalPermissions1Code(StrEnum):
    """The data clusters that may be asked for."""

    READ_ACCOUNTS_BASIC = "ReadAccountsBasic"
    READ_ACCOUNTS_DETAIL = "ReadAccountsDetail"
    READ_BALANCES = "ReadBalances"
    READ_BENEFICIARIES_BASIC = "ReadBeneficiariesBasic"
    READ_BENEFICIARIES_DETAIL = "ReadBeneficiariesDetail"
    READ_DIRECT_DEBITS = "ReadDirectDebits"
    READ_OFFERS = "ReadOffers"
    READ_PAN = "ReadPAN"
    READ_PARTY = "ReadParty"
    READ_PARTY_PSU = "ReadPartyPSU"
    READ_PRODUCTS = "ReadProducts"
    READ_SCHEDULED_PAYMENTS_BASIC = "ReadScheduledPaymentsBasic"
    READ_SCHEDULED_PAYMENTS_DETAIL = "ReadScheduledPaymentsDetail"
    READ_STANDING_ORDERS_BASIC = "ReadStandingOrdersBasic"
    READ_STANDING_ORDERS_DETAIL = "ReadStandingOrdersDetail"
    READ_STATEMENTS_BASIC = "ReadStatementsBasic"
    READ_STATEMENTS_DETAIL = "ReadStatementsDetail"
    READ_TRANSACTIONS_BASIC = "ReadTransactionsBasic"
    READ_TRANSACTIONS_CREDITS = "ReadTransactionsCredits"
    READ_TRANSACTIONS_DEBITS = "ReadTransactionsDebits"
    READ_TRANSACTIONS_DETAIL = "ReadTransactionsDetail"


class OBRisk2(Struct, forbid_unknown_fields=True):
    """Empty: account information defines no risk members."""


class OBReadConsent1Data(Struct, rename="pascal", forbid_unknown_fields=True):
    permissions: Annotated[list[OBInternalPermissions1Code], Meta(extra_json_schema={"minItems": 1})]
    expiration_date_time: DateTime | UnsetType = UNSET
    transaction_from_date_time: DateTime | UnsetType = UNSET
    transaction_to_date_time: DateTime | UnsetType = UNSET


class OBReadConsent1(Struct, rename="pascal", forbid_unknown_fields=True):
    data: OBReadConsent1Data
    risk: OBRisk2


class OBStatusReason(Struct, rename="pascal"):
    status_reason_code: Annotated[str, Meta(min_length=1, max_length=4)]
    status_reason_description: Max500Text


class OBReadConsentResponse1Data(Struct, rename="pascal", kw_only=True):
    consent_id: Annotated[str, Meta(min_length=1, max_length=128)]
    status: ConsentStatus
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    creation_date_time: DateTime
    status_update_date_time: DateTime
    permissions: list[OBInternalPermissions1Code]
    expiration_date_time: DateTime | UnsetType = UNSET
    transaction_from_date_time: DateTime | UnsetType = UNSET
    transaction_to_date_time: DateTime | UnsetType = UNSET


class OBReadConsentResponse1(Struct, rename="pascal", kw_only=True):
    data: OBReadConsentResponse1Data
    risk: OBRisk2
    links: Links
    meta: MetaData
