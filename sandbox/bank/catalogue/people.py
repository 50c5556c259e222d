"""The people and firms of the synthetic bank. Names, streets and numbers are invented: the telephone numbers are those set aside for
drama, the mail addresses those set aside for examples (RFC 2606).
"""

from dataclasses import dataclass

from consent.ports import ScaMethod
from kernel.banking.records.parties import AddressKind, LegalForm, Party, PostalAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone who can log in. `password` is known to everyone: this is play money."""

    name: str
    title: str
    display_name: str
    sca_methods: tuple[ScaMethod, ...]
    number: str  # of the customer
    mobile: str
    home: PostalAddress

    @property
    def password(self) -> str:
        return password_of(self.name)

    def party(self, party_id: str) -> Party:
        return Party(
            id=party_id,
            number=self.number,
            name=f"{self.title} {self.display_name}",
            legal_name=self.display_name,
            email=f"{self.display_name.lower().replace(' ', '.')}@example.com",
            mobile=self.mobile,
            addresses=(self.home,),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """The firm that holds a business account. Customers act for it."""

    name: str
    legal_name: str
    legal_form: LegalForm
    number: str
    email: str
    phone: str
    seat: PostalAddress

    def party(self, party_id: str) -> Party:
        return Party(
            id=party_id,
            number=self.number,
            name=self.name,
            legal_name=self.legal_name,
            legal_form=self.legal_form,
            beneficial_owner=False,
            email=self.email,
            phone=self.phone,
            addresses=(self.seat,),
        )


def password_of(username: str) -> str:
    return f"{username}-pw"


def _home(number: str, street: str, post_code: str, building: str | None = None) -> PostalAddress:
    return PostalAddress(
        kind=AddressKind.HOME,
        building_name=building,
        building_number=number,
        street=street,
        town="Eastmere",
        post_code=post_code,
        country="GB",
    )


def _seat(number: str, street: str, post_code: str) -> PostalAddress:
    return PostalAddress(
        kind=AddressKind.BUSINESS, building_number=number, street=street, town="Eastmere", post_code=post_code, country="GB"
    )


_FLETCHERS_HOME = _home("3", "Plane Tree Crescent", "ZE4 3PT")

ALICE = Person(
    name="alice",
    title="Ms",
    display_name="Alice Archer",
    sca_methods=("device",),
    number="10004417",
    mobile="+44-7700900141",
    home=_home("12", "Lighthouse Row", "ZE1 7LR", "Flat 4"),
)
BOB = Person(
    name="bob",
    title="Mr",
    display_name="Bob Baker",
    sca_methods=("one_time_code",),
    number="10005268",
    mobile="+44-7700900258",
    home=_home("88", "Tollgate Road", "ZE2 1TG"),
)
CAROL = Person(
    name="carol",
    title="Dr",
    display_name="Carol Chandler",
    sca_methods=("passkey", "one_time_code"),
    number="10007702",
    mobile="+44-7700900377",
    home=_home("5", "College Walk", "ZE1 4CW"),
)
DAVE = Person(
    name="dave",
    title="Mr",
    display_name="Dave Draper",
    sca_methods=("one_time_code",),
    number="10009130",
    mobile="+44-7700900413",
    home=_home("41", "Weaver Street", "ZE3 9WS"),
)
ERIN = Person(
    name="erin",
    title="Mrs",
    display_name="Erin Fletcher",
    sca_methods=("device", "one_time_code"),
    number="10011846",
    mobile="+44-7700900525",
    home=_FLETCHERS_HOME,
)
FRANK = Person(
    name="frank",
    title="Mr",
    display_name="Frank Fletcher",
    sca_methods=("one_time_code",),
    number="10011847",
    mobile="+44-7700900526",
    home=_FLETCHERS_HOME,
)
HEAVY = Person(
    name="heavy",
    title="Ms",
    display_name="Hester Heavy",
    sca_methods=("device", "one_time_code"),
    number="10013355",
    mobile="+44-7700900680",
    home=_home("1", "Harbour Steps", "ZE1 1HS"),
)

JOINERY = Firm(
    name="Fletcher & Fletcher Joinery",
    legal_name="Fletcher & Fletcher Joinery Limited",
    legal_form=LegalForm.PRIVATE_LIMITED_COMPANY,
    number="20000771",
    email="office@joinery.example",
    phone="+44-2079460188",
    seat=_seat("Unit 7", "Sawmill Yard", "ZE5 2SY"),
)
MARKET_STALL = Firm(
    name="Heavy Harbour Market",
    legal_name="Hester Heavy, trading as Heavy Harbour Market",
    legal_form=LegalForm.SOLE_TRADER,
    number="20000934",
    email="stall@harbour.example",
    phone="+44-2079460734",
    seat=_seat("Pitch 1", "Harbour Market", "ZE1 1HM"),
)
