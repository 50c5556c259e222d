"""The wire types of the parties of a payment: accounts, agents, addresses, ultimate parties. OBIE R/W 4.0, Domestic Payment
Consents. A type that the document leaves open takes no member that it does not
name: it would not be carried out.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.pisp.wire.code_lists import ProxyCode
from openapi.uk_obie.v4_0.wire import Max16Text, Max34Text, Max35Text, Max70Text, Max140Text, Max256Text, Max350Text

Max2048Text = Annotated[str, Meta(min_length=1, max_length=2048)]
CountryCode = Annotated[str, Meta(pattern=r"^[A-Z]{2,2}$")]
Lei = Annotated[str, Meta(min_length=1, max_length=20, pattern=r"^[0-9]{4}[0]{2}[A-Z0-9]{12}[0-9]{2}")]
AddressType = Literal["BIZZ", "DLVY", "MLTO", "PBOX", "ADDR", "HOME", "CORR", "STAT"]


class OBProxy1(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    identification: Max2048Text
    code: ProxyCode
    type: Max35Text | UnsetType = UNSET


class OBPostalAddress7(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    address_type: AddressType | UnsetType = UNSET
    department: Max70Text | UnsetType = UNSET
    sub_department: Max70Text | UnsetType = UNSET
    street_name: Max140Text | UnsetType = UNSET
    building_number: Max16Text | UnsetType = UNSET
    building_name: Max140Text | UnsetType = UNSET
    floor: Max70Text | UnsetType = UNSET
    unit_number: Max16Text | UnsetType = UNSET
    room: Max70Text | UnsetType = UNSET
    post_box: Max16Text | UnsetType = UNSET
    town_location_name: Max140Text | UnsetType = UNSET
    district_name: Max140Text | UnsetType = UNSET
    care_of: Max140Text | UnsetType = UNSET
    post_code: Max16Text | UnsetType = UNSET
    town_name: Max140Text | UnsetType = UNSET
    country_sub_division: Max35Text | UnsetType = UNSET
    country: CountryCode | UnsetType = UNSET
    address_line: Annotated[list[Max70Text], Meta(min_length=0, max_length=7)] | UnsetType = UNSET


class DebtorAccount(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    scheme_name: str
    identification: Max256Text
    name: Max350Text | UnsetType = UNSET
    secondary_identification: Max34Text | UnsetType = UNSET
    proxy: OBProxy1 | UnsetType = UNSET


class CreditorAccount(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    scheme_name: str
    identification: Max256Text
    name: Max350Text
    secondary_identification: Max34Text | UnsetType = UNSET
    proxy: OBProxy1 | UnsetType = UNSET


class CreditorAgent(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    scheme_name: str | UnsetType = UNSET
    identification: Max35Text | UnsetType = UNSET
    name: Max140Text | UnsetType = UNSET
    lei: Lei | UnsetType = field(name="LEI", default=UNSET)
    postal_address: OBPostalAddress7 | UnsetType = UNSET


class UltimateParty(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """OBUltimateCreditor1 and OBUltimateDebtor1: on whose behalf a party pays or is paid."""

    name: Max140Text | UnsetType = UNSET
    identification: Max256Text | UnsetType = UNSET
    lei: Lei | UnsetType = field(name="LEI", default=UNSET)
    scheme_name: str | UnsetType = UNSET
    postal_address: OBPostalAddress7 | UnsetType = UNSET


class RefundAccount(Struct, rename="pascal", kw_only=True):
    scheme_name: str
    identification: Max256Text
    name: Max350Text
    secondary_identification: Max34Text | UnsetType = UNSET


class OBCashAccountDebtor4(Struct, rename="pascal", kw_only=True):
    """The payer, as a bank may name them. Every member is the bank's choice."""

    scheme_name: str | UnsetType = UNSET
    identification: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    secondary_identification: str | UnsetType = UNSET
