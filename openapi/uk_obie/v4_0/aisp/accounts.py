"""Read accounts. OBIE R/W 4.0 Accounts; Basic and Detail as in its "Permission Codes"."""

from collections.abc import Set as AbstractSet

from msgspec import UNSET

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.commands import ListAccounts, ReadAccount
from kernel.banking.consents import Permission
from kernel.banking.results import AccountView
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_date_time
from openapi.uk_obie.v4_0.aisp.codes.accounts import (
    ACCOUNT_CATEGORIES,
    ACCOUNT_STATUSES,
    ACCOUNT_TYPES,
    BIC_SCHEME,
    SCHEMES,
    SWITCH_STATUSES,
)
from openapi.uk_obie.v4_0.aisp.wire.accounts import OBAccount6, OBCashAccount6, OBReadAccount6, OBReadAccount6Data, OBServicer
from openapi.uk_obie.v4_0.envelope import fitted, links_of
from openapi.uk_obie.v4_0.wire import MetaData

PAN_DIGITS_SHOWN = 4  # of a card number, its last ones; the rest is masked


def decode_list(_request: WireRequest) -> ListAccounts:
    return ListAccounts()


def decode_read(request: WireRequest) -> ReadAccount:
    return ReadAccount(request.path["AccountId"])


def encode_list(views: tuple[AccountView, ...], rendering: Rendering) -> OBReadAccount6:
    return OBReadAccount6(
        data=OBReadAccount6Data([_encode(view, permissions_of(rendering, view.reference.id)) for view in views]),
        links=links_of(rendering),
        meta=MetaData(),
    )


def encode_read(view: AccountView, rendering: Rendering) -> OBReadAccount6:
    """One account, in the shape of a list."""
    return encode_list((view,), rendering)


def permissions_of(rendering: Rendering, account_id: str) -> AbstractSet[Permission]:
    """The permissions of the consent in force on one account; none without a consent."""
    return rendering.consent.permitted(account_id) if rendering.consent else frozenset()


def encode_identifier(identifier: AccountIdentifier, granted: AbstractSet[Permission]) -> OBCashAccount6:
    """A card number is masked unless ReadPAN was granted."""
    identification = identifier.identification
    if identifier.scheme is Scheme.PAN and Permission.PAN not in granted:
        identification = mask_pan(identification)
    return OBCashAccount6(
        scheme_name=SCHEMES[identifier.scheme],
        identification=fitted(identification, 256),
        name=fitted(identifier.name, 350),
        secondary_identification=fitted(identifier.secondary, 34),
    )


def mask_pan(pan: str) -> str:
    """All but the last four digits replaced; a number too short to be a card's is replaced whole."""
    shown = pan[-PAN_DIGITS_SHOWN:] if len(pan) > 2 * PAN_DIGITS_SHOWN else ""
    return "*" * (len(pan) - len(shown)) + shown


def _encode(view: AccountView, granted: AbstractSet[Permission]) -> OBAccount6:
    account = view.account
    wire = OBAccount6(
        account_id=view.reference.id,
        status=ACCOUNT_STATUSES[account.status],
        status_update_date_time=render_date_time(account.status_changed_at),
        currency=account.currency,
        account_category=ACCOUNT_CATEGORIES[account.category],
        account_type_code=ACCOUNT_TYPES[account.type],
        description=fitted(account.name, 35),
        nickname=fitted(account.nickname, 70),
        switch_status=UNSET if account.switched is None else SWITCH_STATUSES[account.switched],
        opening_date=render_date_time(account.opened_at),
    )
    if Permission.ACCOUNTS_DETAIL in granted:
        wire.account = [encode_identifier(identifier, granted) for identifier in account.identifiers]
        wire.servicer = OBServicer(BIC_SCHEME, account.servicer_bic) if account.servicer_bic else UNSET
    return wire
