"""The one internal consent, whatever dialect it was lodged in.

A `Consent` is an immutable versioned snapshot: a change is a new version. `document` is the request as it was lodged,
opaque to everyone but its own dialect.
"""

from datetime import datetime
from enum import StrEnum

import msgspec


class ConsentKind(StrEnum):
    ACCOUNTS = "accounts"
    PAYMENT = "payment"
    VRP = "vrp"
    FUNDS = "funds"


class ConsentState(StrEnum):
    AWAITING = "awaiting"
    PARTIALLY_AUTHORISED = "partially_authorised"
    AUTHORISED = "authorised"
    REJECTED = "rejected"
    CONSUMED = "consumed"
    SUSPENDED = "suspended"
    REVOKED_BY_PSU = "revoked_by_psu"
    WITHDRAWN_BY_TPP = "withdrawn_by_tpp"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    AWAITING_UPLOAD = "awaiting_upload"


# States in which a consent can still become, or is, authorised; from every other one there is no way back.
LIVE_STATES = frozenset(
    {
        ConsentState.AWAITING,
        ConsentState.PARTIALLY_AUTHORISED,
        ConsentState.AUTHORISED,
        ConsentState.SUSPENDED,
        ConsentState.AWAITING_UPLOAD,
    }
)


class Permission(StrEnum):
    """What may be read. `*_detail` implies its `*_basic`. Credits and debits narrow transactions."""

    ACCOUNTS_BASIC = "accounts_basic"
    ACCOUNTS_DETAIL = "accounts_detail"
    BALANCES = "balances"
    BENEFICIARIES_BASIC = "beneficiaries_basic"
    BENEFICIARIES_DETAIL = "beneficiaries_detail"
    DIRECT_DEBITS = "direct_debits"
    OFFERS = "offers"
    PAN = "pan"
    PARTY = "party"
    PARTY_PSU = "party_psu"
    PRODUCTS = "products"
    SCHEDULED_PAYMENTS_BASIC = "scheduled_payments_basic"
    SCHEDULED_PAYMENTS_DETAIL = "scheduled_payments_detail"
    STANDING_ORDERS_BASIC = "standing_orders_basic"
    STANDING_ORDERS_DETAIL = "standing_orders_detail"
    STATEMENTS_BASIC = "statements_basic"
    STATEMENTS_DETAIL = "statements_detail"
    TRANSACTIONS_BASIC = "transactions_basic"
    TRANSACTIONS_DETAIL = "transactions_detail"
    TRANSACTIONS_CREDITS = "transactions_credits"
    TRANSACTIONS_DEBITS = "transactions_debits"


class AccountReference(msgspec.Struct, frozen=True):
    """An account as one TPP organisation knows it: `id` is ours, opaque and immutable across that organisation's consents;
    `upstream_id` is the bank's own and never leaves us."""

    id: str
    upstream_id: str


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a consent. `state` is the recorded state; ask `effective_state(now)` for the one that counts."""

    id: str
    brand: str
    version: int
    kind: ConsentKind
    state: ConsentState
    client_id: str
    organisation_id: str
    lodged_as: str  # dialect and version, e.g. "uk_obie/v4.0", or "default"
    permissions: frozenset[Permission]
    created_at: datetime
    state_changed_at: datetime
    valid_until: datetime | None = None  # exclusive; None is open-ended
    transactions_from: datetime | None = None  # inclusive bounds on booking instants
    transactions_to: datetime | None = None
    frequency_per_day: int | None = None  # unattended accesses; None is the brand's default
    psu_id: str | None = None
    accounts: tuple[AccountReference, ...] = ()
    authorised_at: datetime | None = None
    document: bytes = b""

    def effective_state(self, now: datetime) -> ConsentState:
        """The state at `now`: a live consent past its validity is expired whether or not a sweeper has recorded it."""
        if self.state in LIVE_STATES and self.valid_until is not None and now >= self.valid_until:
            return ConsentState.EXPIRED
        return self.state


class ConsentLodgement(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a consent, decoded by a dialect: what a TPP asks for before any PSU is known."""

    kind: ConsentKind
    lodged_as: str
    permissions: frozenset[Permission]
    valid_until: datetime | None = None
    transactions_from: datetime | None = None
    transactions_to: datetime | None = None
    frequency_per_day: int | None = None
    document: bytes = b""
