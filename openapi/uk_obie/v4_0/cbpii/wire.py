"""The wire types of the checks of funds that card issuers make. OBIE R/W 4.0, Confirmation of Funds Consents, Confirmation of Funds.

What the document leaves open takes members that it does not name.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from openapi.uk_obie.v4_0.aisp.wire.consents import ConsentStatus, OBStatusReason
from openapi.uk_obie.v4_0.pisp.wire.parties import OBProxy1
from openapi.uk_obie.v4_0.wire import (
    DateTime,
    Links,
    Max34Text,
    Max35Text,
    Max40Text,
    Max256Text,
    Max350Text,
    MetaData,
    OBActiveOrHistoricCurrencyAndAmount,
)

Max128Text = Annotated[str, Meta(min_length=1, max_length=128)]


class DebtorAccount(Struct, rename="pascal", kw_only=True):
    scheme_name: str
    identification: Max256Text
    name: Max350Text | UnsetType = UNSET
    secondary_identification: Max34Text | UnsetType = UNSET
    proxy: OBProxy1 | UnsetType = UNSET


class OBFundsConfirmationConsent1Data(Struct, rename="pascal", kw_only=True):
    expiration_date_time: DateTime | UnsetType = UNSET
    debtor_account: DebtorAccount


class OBFundsConfirmationConsent1(Struct, rename="pascal", forbid_unknown_fields=True):
    data: OBFundsConfirmationConsent1Data


class OBFundsConfirmationConsentResponse1Data(Struct, rename="pascal", kw_only=True):
    consent_id: Max128Text
    creation_date_time: DateTime
    status: ConsentStatus
    status_reason: list[OBStatusReason] | UnsetType = UNSET
    status_update_date_time: DateTime
    expiration_date_time: DateTime | UnsetType = UNSET
    debtor_account: DebtorAccount


class OBFundsConfirmationConsentResponse1(Struct, rename="pascal", kw_only=True):
    data: OBFundsConfirmationConsentResponse1Data
    links: Links
    meta: MetaData


class OBFundsConfirmation1Data(Struct, rename="pascal", kw_only=True):
    consent_id: Max128Text
    reference: Max35Text
    instructed_amount: OBActiveOrHistoricCurrencyAndAmount


class OBFundsConfirmation1(Struct, rename="pascal", forbid_unknown_fields=True):
    data: OBFundsConfirmation1Data


class OBFundsConfirmationResponse1Data(Struct, rename="pascal", kw_only=True):
    funds_confirmation_id: Max40Text
    consent_id: Max128Text
    creation_date_time: DateTime
    funds_available: bool
    reference: Max35Text
    instructed_amount: OBActiveOrHistoricCurrencyAndAmount


class OBFundsConfirmationResponse1(Struct, rename="pascal", kw_only=True):
    data: OBFundsConfirmationResponse1Data
    links: Links
    meta: MetaData
