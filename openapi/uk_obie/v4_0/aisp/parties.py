"""Read who holds an account, and who the PSU is. OBIE R/W 4.0 Parties."""

import re

from msgspec import UNSET, UnsetType

from kernel.banking.commands import ReadParties, ReadPsuParty
from kernel.banking.records.parties import AccountParty, Party, PostalAddress
from kernel.banking.results import PsuPartyView, RecordView
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.v4_0.aisp.codes.parties import ACCOUNT_ROLES, ADDRESS_KINDS, HOLDINGS, LEGAL_FORMS
from openapi.uk_obie.v4_0.aisp.wire.parties import (
    OBParty2,
    OBPartyRelationships1,
    OBPostalAddress7,
    OBReadParty2,
    OBReadParty2Data,
    OBReadParty3,
    OBReadParty3Data,
    OBRelatedAccount,
)
from openapi.uk_obie.v4_0.envelope import fitted, links_of, whole
from openapi.uk_obie.v4_0.wire import MetaData

ADDRESS_LINES_MAX = 7  # lines of one postal address; the rest is left out
_PHONE_NUMBER = re.compile(r"\+[0-9]{1,3}-[0-9()+\-]{1,30}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


def decode_of_account(request: WireRequest) -> ReadParties:
    return ReadParties(request.path["AccountId"])


def decode_psu(_request: WireRequest) -> ReadPsuParty:
    return ReadPsuParty()


def encode_all(views: tuple[RecordView[AccountParty], ...], rendering: Rendering) -> OBReadParty3:
    parties = [_encode_holder(view, rendering) for view in views]
    return OBReadParty3(data=OBReadParty3Data(parties), links=links_of(rendering), meta=MetaData())


def encode_first(views: tuple[RecordView[AccountParty], ...], rendering: Rendering) -> OBReadParty2:
    holder = _encode_holder(views[0], rendering) if views else UNSET
    return OBReadParty2(data=OBReadParty2Data(holder), links=links_of(rendering), meta=MetaData())


def encode_psu(view: PsuPartyView, rendering: Rendering) -> OBReadParty2:
    return OBReadParty2(data=OBReadParty2Data(_encode(view.party)), links=links_of(rendering), meta=MetaData())


def _encode_holder(view: RecordView[AccountParty], rendering: Rendering) -> OBParty2:
    wire = _encode(view.record.party)
    wire.party_type = HOLDINGS[view.record.holding]
    wire.account_role = ACCOUNT_ROLES[view.record.role]
    wire.relationships = OBPartyRelationships1(
        OBRelatedAccount(f"{rendering.base_url}/accounts/{view.account_id}", view.account_id)
    )
    return wire


def _encode(party: Party) -> OBParty2:
    return OBParty2(
        party_id=party.id,
        party_number=fitted(party.number, 35),
        name=fitted(party.name, 350),
        full_legal_name=fitted(party.legal_name, 350),
        legal_structure=LEGAL_FORMS[party.legal_form],
        beneficial_ownership=UNSET if party.beneficial_owner is None else party.beneficial_owner,
        email_address=whole(party.email, 256),
        phone=_encode_phone(party.phone),
        mobile=_encode_phone(party.mobile),
        address=[_encode_address(address) for address in party.addresses] or UNSET,
    )


def _encode_phone(number: str | None) -> str | UnsetType:
    """A number in another form is left out: a rewritten one could reach someone else."""
    return number if number is not None and _PHONE_NUMBER.fullmatch(number) else UNSET


def _encode_address(address: PostalAddress) -> OBPostalAddress7:
    return OBPostalAddress7(
        address_type=ADDRESS_KINDS[address.kind],
        building_name=fitted(address.building_name, 140),
        building_number=fitted(address.building_number, 16),
        street_name=fitted(address.street, 140),
        town_name=fitted(address.town, 140),
        country_sub_division=fitted(address.subdivision, 35),
        post_code=fitted(address.post_code, 16),
        country=address.country if address.country is not None and _COUNTRY.fullmatch(address.country) else UNSET,
        address_line=[line[:70] for line in address.lines if line][:ADDRESS_LINES_MAX] or UNSET,
    )
