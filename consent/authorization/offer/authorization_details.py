"""authorization_details: what a client asks of a customer, as one typed object, and what it was granted. Here the type
`account_information`; consent/authorization/offer/payment_initiation.py has the other. RFC 9396 sections 2, 5 and 7.

One request asks for one consent, so the array has one object: with terms, or with the id of a consent that stands already.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Literal

import msgspec

from consent.authorization.offer.payment_initiation import TYPE as PAYMENT_TYPE
from consent.authorization.offer.payment_initiation import PaymentInitiation, check_payment, lodge_payment, render_payment
from consent.errors import AuthorizationDetailsInvalid
from consent.store.kinds.accounts import LOOK_BACK_DAYS_MAX
from consent.store.kinds.registry import kind_of
from kernel import json
from kernel.banking.accounts import Scheme
from kernel.banking.consents import (
    DIRECTIONS,
    READ_ACCOUNTS,
    READ_TRANSACTIONS,
    AccountsTerms,
    Consent,
    ConsentKind,
    ConsentLodgement,
    Permission,
)
from kernel.banking.payments import PaymentTerms
from kernel.banking.visible_text import is_visible
from kernel.brand import Brand
from kernel.errors import Problem
from kernel.instants import to_utc

DetailsType = Literal["account_information", "payment_initiation"]
TYPE: Literal["account_information"] = "account_information"
KIND_OF: Mapping[DetailsType, ConsentKind] = MappingProxyType({TYPE: ConsentKind.ACCOUNTS, PAYMENT_TYPE: ConsentKind.PAYMENT})
LODGED_AS_RAR = "rar"
CHARS_MAX = 16_384  # of the request parameter authorization_details
ACCOUNTS_MAX = 50  # accounts named by one object of authorization_details
FREQUENCY_MAX = 1_000_000  # accesses a day without the PSU that a request may name
PURPOSE_CHARACTERS_MAX = 140  # of what a customer reads about the purpose

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Action(StrEnum):
    """Bundles of permissions, in the words of RFC 9396 section 2.2."""

    LIST_ACCOUNTS = "list_accounts"
    READ_BALANCES = "read_balances"
    READ_TRANSACTIONS = "read_transactions"


BUNDLES: Mapping[Action, frozenset[Permission]] = MappingProxyType(
    {
        Action.LIST_ACCOUNTS: frozenset({Permission.ACCOUNTS_DETAIL}),
        Action.READ_BALANCES: frozenset({Permission.BALANCES}),
        Action.READ_TRANSACTIONS: frozenset(
            {Permission.TRANSACTIONS_DETAIL, Permission.TRANSACTIONS_CREDITS, Permission.TRANSACTIONS_DEBITS}
        ),
    }
)


class AccountNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account that the client knows of: the customer is asked about no other."""

    scheme: Scheme
    identification: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class AccountInformation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """`locations` are resources (consent/authorization/offer/resources.py). `consent_id` names a consent that stands, and then there are no terms."""

    type: Literal["account_information"]
    actions: tuple[Action, ...] = ()
    permissions: tuple[Permission, ...] = ()
    locations: tuple[str, ...] = ()
    accounts: Annotated[tuple[AccountNumber, ...], msgspec.Meta(max_length=ACCOUNTS_MAX)] = ()
    valid_until: Instant | None = None  # exclusive
    transactions_from: Instant | None = None  # inclusive bounds on booking instants
    transactions_to: Instant | None = None
    frequency_per_day: Annotated[int, msgspec.Meta(ge=1, le=FREQUENCY_MAX)] | None = None
    look_back_days: Annotated[int, msgspec.Meta(ge=1, le=LOOK_BACK_DAYS_MAX)] | None = None  # from the moment of agreement
    recurring: bool = True  # False: for one use
    purpose: Annotated[str, msgspec.Meta(min_length=1, max_length=PURPOSE_CHARACTERS_MAX)] | None = None  # the customer reads it
    consent_id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)] | None = None

    @property
    def granted(self) -> frozenset[Permission]:
        """Everything that actions and permissions together ask for."""
        return frozenset(self.permissions).union(*(BUNDLES[action] for action in self.actions))

    @property
    def terms(self) -> AccountsTerms:
        """In canonical words."""
        return AccountsTerms(
            permissions=self.granted,
            transactions_from=self.transactions_from,
            transactions_to=self.transactions_to,
            look_back_days=self.look_back_days,
        )


class _Typed(msgspec.Struct):
    type: str


Details = AccountInformation | PaymentInitiation


def parse_details(text: str, now: datetime) -> Details:
    """The one object of the array; `now` is business time. Raises AuthorizationDetailsInvalid."""
    if len(text) > CHARS_MAX:
        raise AuthorizationDetailsInvalid(f"{len(text)} characters")
    try:
        types = json.decode(text.encode(), list[_Typed])
        if len(types) != 1:  # of one type or of two: neither can be consented to alone
            raise AuthorizationDetailsInvalid(f"{len(types)} objects", public="One request asks for one consent.")
        if types[0].type == PAYMENT_TYPE:
            (payment,) = json.decode(text.encode(), list[PaymentInitiation])
            check_payment(payment)
            return payment
        (details,) = json.decode(text.encode(), list[AccountInformation])
        details = _without_repeats(_in_utc(details))
    except AuthorizationDetailsInvalid:
        raise
    except (Problem, UnicodeEncodeError) as error:
        raise AuthorizationDetailsInvalid(f"{type(error).__name__} at {getattr(error, 'path', '')}") from None
    if details.consent_id is None:
        _check_terms(details, now)
    elif msgspec.structs.replace(details, consent_id=None, locations=()) != AccountInformation(type=TYPE):
        raise AuthorizationDetailsInvalid("terms together with a consent_id", public="A consent that stands has its own terms.")
    return details


def _in_utc(details: AccountInformation) -> AccountInformation:
    """Raises FieldDateInvalid."""
    moments = {name: getattr(details, name) for name in ("valid_until", "transactions_from", "transactions_to")}
    return msgspec.structs.replace(details, **{name: to_utc(at, name) for name, at in moments.items() if at is not None})


def _without_repeats(details: AccountInformation) -> AccountInformation:
    """In the caller's own order."""
    names = ("actions", "permissions", "locations", "accounts")
    return msgspec.structs.replace(details, **{name: tuple(dict.fromkeys(getattr(details, name))) for name in names})


def _check_terms(details: AccountInformation, now: datetime) -> None:
    """Refuse what cannot be consented to together, and what has passed."""
    wanted = details.granted
    if not wanted & READ_ACCOUNTS:
        raise AuthorizationDetailsInvalid("nothing about accounts", public="A permission to see accounts is needed.")
    if bool(wanted & READ_TRANSACTIONS) != bool(wanted & DIRECTIONS):
        raise AuthorizationDetailsInvalid(
            "half of what transactions take", public="Transactions take a level of detail and a direction."
        )
    if details.valid_until is not None and details.valid_until <= now:
        raise AuthorizationDetailsInvalid("valid until a moment that has passed")
    since, until = details.transactions_from, details.transactions_to
    if since is not None and until is not None and since > until:
        raise AuthorizationDetailsInvalid("the period ends before it begins")
    if details.purpose is not None and (not is_visible(details.purpose) or details.purpose != details.purpose.strip()):
        raise AuthorizationDetailsInvalid("a purpose that shows nothing", public="The purpose has characters that do not show.")


def granted_of(details: Details, brand: Brand) -> Details:
    """The details with no more in them than the brand grants: the customer is asked for no more."""
    if not isinstance(details, AccountInformation):
        return details
    return msgspec.structs.replace(details, frequency_per_day=brand.granted_frequency(details.frequency_per_day))


def lodgement_of(details: Details, now: datetime) -> ConsentLodgement:
    """The consent that terms ask for; `now` is business time."""
    if isinstance(details, PaymentInitiation):
        return lodge_payment(details, LODGED_AS_RAR, now)
    return ConsentLodgement(
        kind=ConsentKind.ACCOUNTS,
        lodged_as=LODGED_AS_RAR,
        terms=details.terms,
        valid_until=details.valid_until,
        frequency_per_day=details.frequency_per_day,
        is_recurring=details.recurring,
        purpose=details.purpose or "",
        document=json.encode(details),
    )


def details_of(consent: Consent) -> AccountInformation:
    """The terms of a consent for accounts: as they were asked for, or, if it was lodged in another way, in our words."""
    if consent.lodged_as == LODGED_AS_RAR:
        details = msgspec.json.decode(consent.document, type=AccountInformation)
        return msgspec.structs.replace(details, frequency_per_day=consent.frequency_per_day)
    return AccountInformation(
        type=TYPE,
        permissions=tuple(sorted(consent.permissions)),
        valid_until=consent.valid_until,
        transactions_from=consent.data.transactions_from,
        transactions_to=consent.data.transactions_to,
        frequency_per_day=consent.frequency_per_day,
        look_back_days=consent.data.look_back_days,
        recurring=consent.is_recurring,
        purpose=consent.purpose or None,
    )


def numbers_of(consent: Consent) -> frozenset[tuple[str, str]]:
    """Scheme and number of the only accounts that the consent may come to cover; empty: any."""
    if isinstance(consent.terms, AccountsTerms) and consent.lodged_as == LODGED_AS_RAR:
        return frozenset((account.scheme.value, account.identification) for account in details_of(consent).accounts)
    return kind_of(consent).numbers(consent.terms)


def render_details(brand: Brand, consent: Consent) -> list[dict[str, Any]]:
    """The granted details: the terms, enriched with the consent's id and the accounts that its PSU chose, by the ids that its TPP knows.
    RFC 9396 section 7.1. Empty for a consent of another kind."""
    render = _RENDERERS.get(type(consent.terms))
    terms = None if render is None else render(brand, consent)
    if terms is None:
        return []
    return [terms | {"consent_id": consent.id, "account_ids": [account.id for account in consent.accounts]}]


def _render_accounts(brand: Brand, consent: Consent) -> dict[str, Any]:
    terms: dict[str, Any] = msgspec.to_builtins(granted_of(details_of(consent), brand))
    return terms


def _render_payment(_brand: Brand, consent: Consent) -> dict[str, Any] | None:
    return render_payment(consent) if consent.lodged_as == LODGED_AS_RAR else None


_RENDERERS: Mapping[type, Callable[[Brand, Consent], dict[str, Any] | None]] = MappingProxyType(
    {AccountsTerms: _render_accounts, PaymentTerms: _render_payment}
)
