"""The wire types of account consents, under the standard's own names. NextGenPSD2 XS2A 1.3, "Establish Account Information Consent"."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

Date = Annotated[str, Meta(extra_json_schema={"format": "date"})]
FrequencyPerDay = Annotated[int, Meta(ge=1)]


class AccountAccess(Struct, rename="camel", forbid_unknown_fields=True):
    """What may be read. Empty lists leave the choice of accounts to the PSU ("bank-offered consent")."""

    accounts: list[dict[str, Any]] | UnsetType = UNSET
    balances: list[dict[str, Any]] | UnsetType = UNSET
    transactions: list[dict[str, Any]] | UnsetType = UNSET


class Consents(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    access: AccountAccess
    recurring_indicator: bool
    valid_until: Date
    frequency_per_day: FrequencyPerDay
    combined_service_indicator: bool


class Href(Struct):
    href: str


class ConsentsResponse(Struct, rename="camel", kw_only=True):
    consent_status: str
    consent_id: str
    links: dict[str, Href] = field(name="_links")


class ConsentInformationResponse(Struct, rename="camel", kw_only=True):
    access: AccountAccess
    recurring_indicator: bool
    valid_until: Date
    frequency_per_day: FrequencyPerDay
    last_action_date: Date
    consent_status: str


class ConsentStatusResponse(Struct, rename="camel"):
    consent_status: str
