"""The holders of an account, and the party of a customer."""

from enum import StrEnum

import msgspec


class LegalForm(StrEnum):
    INDIVIDUAL = "individual"
    SOLE_TRADER = "sole_trader"
    GENERAL_PARTNERSHIP = "general_partnership"
    LIMITED_PARTNERSHIP = "limited_partnership"
    LIMITED_LIABILITY_PARTNERSHIP = "limited_liability_partnership"
    PRIVATE_LIMITED_COMPANY = "private_limited_company"
    PUBLIC_LIMITED_COMPANY = "public_limited_company"
    COOPERATIVE = "cooperative"
    CHARITY = "charity"
    COMMUNITY_INTEREST_COMPANY = "community_interest_company"


class AddressKind(StrEnum):
    """ISO 20022 AddressType2Code, by name."""

    HOME = "home"  # HOME
    BUSINESS = "business"  # BIZZ
    CORRESPONDENCE = "correspondence"  # CORR
    STATEMENTS = "statements"  # STAT
    POSTAL = "postal"  # ADDR


class PostalAddress(msgspec.Struct, frozen=True, kw_only=True):
    """ISO 20022 PostalAddress: `country` is ISO 3166-1 alpha-2."""

    kind: AddressKind = AddressKind.POSTAL
    building_name: str | None = None
    building_number: str | None = None
    street: str | None = None
    town: str | None = None
    subdivision: str | None = None
    post_code: str | None = None
    country: str | None = None
    lines: tuple[str, ...] = ()  # what does not fit above, at most seven


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A person or an organisation. `id` is stable, opaque and may leave us; telephone numbers are ISO 20022 PhoneNumber, e.g.
    `+44-2079460000`."""

    id: str
    number: str | None = None  # the customer number that the bank prints
    name: str  # with title, as on letters
    legal_name: str | None = None
    legal_form: LegalForm = LegalForm.INDIVIDUAL
    beneficial_owner: bool | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    addresses: tuple[PostalAddress, ...] = ()


class Holding(StrEnum):
    """The way in which a party holds an account."""

    SOLE = "sole"
    JOINT = "joint"
    DELEGATE = "delegate"  # acts for the holder


class AccountRole(StrEnum):
    """The role of a party for an account."""

    PRINCIPAL = "principal"
    SECONDARY_OWNER = "secondary_owner"
    ADMINISTRATOR = "administrator"
    POWER_OF_ATTORNEY = "power_of_attorney"
    LEGAL_GUARDIAN = "legal_guardian"
    CUSTODIAN_FOR_MINOR = "custodian_for_minor"
    BENEFICIARY = "beneficiary"
    SENIOR_MANAGER = "senior_manager"
    OTHER = "other"


class AccountParty(msgspec.Struct, frozen=True, kw_only=True):
    """A party of one account."""

    account_id: str
    party: Party
    holding: Holding = Holding.SOLE
    role: AccountRole = AccountRole.PRINCIPAL
