"""The wire types of account consents, under the standard's own names. NextGenPSD2 XS2A 1.3, "Establish Account Information Consent"."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.berlin_group.v1_3.wire import CurrencyCode, Href

Date = Annotated[str, Meta(extra_json_schema={"format": "date"})]
Iban = Annotated[str, Meta(pattern="^[A-Z]{2}[0-9]{2}[a-zA-Z0-9]{1,30}$")]
AllAccounts = Literal["allAccounts", "allAccountsWithOwnerName"]
Pan = Annotated[str, Meta(pattern="^[0-9]{8,19}$")]  # ISO/IEC 7812; a card number that a bank tokenises is not offered
REFERENCES_MAX = 50  # accounts in one list of a consent
FrequencyPerDay = Annotated[int, Meta(ge=1)]


class AccountReference(Struct, forbid_unknown_fields=True):
    """An account by its number; where several have that number, by its currency too."""

    iban: Iban | UnsetType = UNSET
    pan: Pan | UnsetType = UNSET
    currency: CurrencyCode | UnsetType = UNSET


References = Annotated[list[AccountReference], Meta(max_length=REFERENCES_MAX)]


class AdditionalInformation(Struct, rename="camel", forbid_unknown_fields=True):
    owner_name: References


class AccountAccess(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    """The access to accounts by name. Empty lists leave the choice of accounts to the PSU ("bank-offered consent")."""

    accounts: References | UnsetType = UNSET
    balances: References | UnsetType = UNSET
    transactions: References | UnsetType = UNSET
    additional_information: AdditionalInformation | UnsetType = UNSET
    available_accounts: AllAccounts | UnsetType = UNSET
    available_accounts_with_balance: AllAccounts | UnsetType = UNSET
    all_psd2: AllAccounts | UnsetType = UNSET


class GivenReference(Struct, rename="camel", kw_only=True):
    """An account as a consent shows it: as its TPP named it, or by the number that it has; a card's that the TPP did not name is masked."""

    iban: str | UnsetType = UNSET
    bban: str | UnsetType = UNSET
    pan: str | UnsetType = UNSET
    masked_pan: str | UnsetType = UNSET
    currency: CurrencyCode | UnsetType = UNSET


class GivenInformation(Struct, rename="camel"):
    owner_name: list[GivenReference]


class GivenAccess(Struct, rename="camel", kw_only=True):
    """The access of a consent as it stands: what was asked for, and from the PSU's agreement on the accounts that it opens."""

    accounts: list[GivenReference] | UnsetType = UNSET
    balances: list[GivenReference] | UnsetType = UNSET
    transactions: list[GivenReference] | UnsetType = UNSET
    additional_information: GivenInformation | UnsetType = UNSET
    available_accounts: AllAccounts | UnsetType = UNSET
    available_accounts_with_balance: AllAccounts | UnsetType = UNSET
    all_psd2: AllAccounts | UnsetType = UNSET


class Consents(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    access: AccountAccess
    recurring_indicator: bool
    valid_until: Date
    frequency_per_day: FrequencyPerDay
    combined_service_indicator: bool


class ConsentsResponse(Struct, rename="camel", kw_only=True):
    consent_status: str
    consent_id: str
    links: dict[str, Href] = field(name="_links")


class ConsentInformationResponse(Struct, rename="camel", kw_only=True):
    access: GivenAccess
    recurring_indicator: bool
    valid_until: Date
    frequency_per_day: FrequencyPerDay
    last_action_date: Date
    consent_status: str


class ConsentStatusResponse(Struct, rename="camel"):
    consent_status: str
