"""The wire types of parties: who holds an account, and who the PSU is. OBIE R/W 4.0 Parties."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from openapi.uk_obie.v4_0.aisp.wire.accounts import AccountId
from openapi.uk_obie.v4_0.wire import (
    Links,
    Max16Text,
    Max35Text,
    Max40Text,
    Max70Text,
    Max140Text,
    Max256Text,
    Max350Text,
    MetaData,
    Uri,
)

PhoneNumber = Annotated[str, Meta(pattern=r"\+[0-9]{1,3}-[0-9()+\-]{1,30}")]
AddressCode = Literal["BIZZ", "DLVY", "MLTO", "PBOX", "ADDR", "HOME", "CORR", "STAT"]


class OBPostalAddress7(Struct, rename="pascal", kw_only=True):
    address_type: AddressCode
    building_name: Max140Text | UnsetType = UNSET
    building_number: Max16Text | UnsetType = UNSET
    street_name: Max140Text | UnsetType = UNSET
    town_name: Max140Text | UnsetType = UNSET
    country_sub_division: Max35Text | UnsetType = UNSET
    post_code: Max16Text | UnsetType = UNSET
    country: Annotated[str, Meta(pattern=r"^[A-Z]{2,2}$")] | UnsetType = UNSET
    address_line: Annotated[list[Max70Text], Meta(max_length=7)] | UnsetType = UNSET


class OBRelatedAccount(Struct, rename="pascal"):
    related: Uri
    id: AccountId


class OBPartyRelationships1(Struct, rename="pascal"):
    account: OBRelatedAccount


class OBParty2(Struct, rename="pascal", kw_only=True):
    party_id: Max40Text
    party_number: Max35Text | UnsetType = UNSET
    party_type: Literal["Delegate", "Joint", "Sole"] | UnsetType = UNSET
    name: Max350Text | UnsetType = UNSET
    full_legal_name: Max350Text | UnsetType = UNSET
    legal_structure: str
    beneficial_ownership: bool | UnsetType = UNSET
    account_role: str | UnsetType = UNSET
    email_address: Max256Text | UnsetType = UNSET
    phone: PhoneNumber | UnsetType = UNSET
    mobile: PhoneNumber | UnsetType = UNSET
    relationships: OBPartyRelationships1 | UnsetType = UNSET
    address: list[OBPostalAddress7] | UnsetType = UNSET


class OBReadParty2Data(Struct, rename="pascal"):
    """Empty if the bank knows no party of the account."""

    party: OBParty2 | UnsetType = UNSET


class OBReadParty2(Struct, rename="pascal", kw_only=True):
    data: OBReadParty2Data
    links: Links
    meta: MetaData


class OBReadParty3Data(Struct, rename="pascal"):
    party: list[OBParty2]


class OBReadParty3(Struct, rename="pascal", kw_only=True):
    data: OBReadParty3Data
    links: Links
    meta: MetaData
