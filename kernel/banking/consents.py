"""The one internal consent, common to all dialects.

A `Consent` is an immutable versioned snapshot: a change is a new version. `document` is what was lodged,
opaque to everyone but its own dialect.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from kernel.banking.abroad.cross_border import CrossBorder, InternationalTerms
from kernel.banking.abroad.planned import InternationalScheduledTerms, InternationalStandingOrderTerms
from kernel.banking.accounts import Scheme
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.files import FileTerms
from kernel.banking.planned.scheduled import ScheduledTerms
from kernel.banking.planned.standing_orders import StandingOrderTerms
from kernel.banking.signers import Signature, SigningRule
from kernel.banking.terms import FundsTerms, VrpTerms


class ConsentKind(StrEnum):
    """The kinds that standards have; consent/store/kinds/ has a module for each."""

    ACCOUNTS = "accounts"
    PAYMENT = "payment"
    SCHEDULED = "scheduled"
    STANDING_ORDER = "standing_order"
    INTERNATIONAL = "international"
    INTERNATIONAL_SCHEDULED = "international_scheduled"
    INTERNATIONAL_STANDING_ORDER = "international_standing_order"
    FILE = "file"
    VRP = "vrp"
    FUNDS = "funds"


class ConsentState(StrEnum):
    AWAITING_UPLOAD = "awaiting_upload"  # of the file that it is about
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


# States in which a consent can still become, or is, authorised; from every other one there is no way back.
LIVE_STATES = frozenset(
    {
        ConsentState.AWAITING_UPLOAD,
        ConsentState.AWAITING,
        ConsentState.PARTIALLY_AUTHORISED,
        ConsentState.AUTHORISED,
        ConsentState.SUSPENDED,
    }
)


# States in which a consent waits for a PSU (the first, or one who must sign too), or for its file before that. One that stays so until it
# lapses is rejected.
AWAITING_STATES = frozenset({ConsentState.AWAITING_UPLOAD, ConsentState.AWAITING, ConsentState.PARTIALLY_AUTHORISED})


# States in which a PSU has signed. Tokens may be issued; they open nothing until the consent is authorised.
SIGNED_STATES = frozenset({ConsentState.PARTIALLY_AUTHORISED, ConsentState.AUTHORISED})


class Permission(StrEnum):
    """A kind of data that may be read. `*_detail` implies its `*_basic`. Credits and debits narrow transactions."""

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


READ_ACCOUNTS = frozenset({Permission.ACCOUNTS_BASIC, Permission.ACCOUNTS_DETAIL})
READ_TRANSACTIONS = frozenset({Permission.TRANSACTIONS_BASIC, Permission.TRANSACTIONS_DETAIL})
DIRECTIONS = frozenset({Permission.TRANSACTIONS_CREDITS, Permission.TRANSACTIONS_DEBITS})


class AccountReference(msgspec.Struct, frozen=True):
    """An account as one TPP organisation knows it: `id` is ours, opaque and immutable across that organisation's consents;
    `upstream_id` is the bank's own and never leaves us."""

    id: str
    upstream_id: str


class AccountIdentity(msgspec.Struct, frozen=True):
    """By what a TPP may name an account: its numbers, each with its scheme, and its currency. `holder` is the name in which it is held, ""
    if the bank does not say."""

    numbers: tuple[tuple[str, str], ...]
    currency: str
    holder: str = ""


class AccountAccess(msgspec.Struct, frozen=True):
    """One account that a PSU opened, and which kinds of its data. Settled when the PSU agrees; `identity` is the account's at that moment
    (None: it was not known, or an earlier release wrote the consent)."""

    account: AccountReference
    permissions: frozenset[Permission]
    identity: AccountIdentity | None = None


class NamedAccount(msgspec.Struct, frozen=True):
    """An account that a TPP asks for by its number, and the kinds of its data that it asks for. `currency` None: in any."""

    scheme: Scheme
    identification: str
    permissions: frozenset[Permission]
    currency: str | None = None

    def names(self, identity: AccountIdentity) -> bool:
        return (self.scheme.value, self.identification) in identity.numbers and self.currency in (None, identity.currency)


class AccountsTerms(msgspec.Struct, frozen=True, kw_only=True, tag="accounts"):
    """Access to data, as it was asked for: which kinds, of which accounts, and of which time. `permissions` are those of all accounts
    together; where accounts are named, what is asked of each stands there. `look_back_days` counts back from the moment at which the PSU
    agreed."""

    permissions: frozenset[Permission]
    named: tuple[NamedAccount, ...] = ()  # the only accounts that are asked for; empty: any, all alike
    is_global: bool = False  # every account that its PSU may share: there is none to choose
    transactions_from: datetime | None = None  # inclusive bounds on booking instants
    transactions_to: datetime | None = None
    look_back_days: int | None = None

    @property
    def is_fixed(self) -> bool:
        """The TPP says which accounts: the PSU agrees to these, or to nothing."""
        return bool(self.named) or self.is_global

    def asked_of(self, identity: AccountIdentity | None) -> frozenset[Permission]:
        """The permissions asked for on an account; `identity` None: nothing is known of it."""
        if not self.named:
            return self.permissions
        naming = (each.permissions for each in self.named if identity is not None and each.names(identity))
        return frozenset[Permission]().union(*naming)


PlannedTerms = ScheduledTerms | StandingOrderTerms | InternationalScheduledTerms | InternationalStandingOrderTerms
CrossBorderTerms = InternationalTerms | InternationalScheduledTerms | InternationalStandingOrderTerms
Terms = AccountsTerms | PaymentTerms | PlannedTerms | CrossBorderTerms | FileTerms | VrpTerms | FundsTerms


def payment_of(terms: object) -> PaymentTerms | None:
    """The payment that such terms are for; None, where they are for none, or for many."""
    if isinstance(terms, PlannedTerms | CrossBorderTerms):
        return terms.payment
    return terms if isinstance(terms, PaymentTerms) else None


def plan_of(terms: object) -> tuple[str, ...]:
    """When the payment is made, in the words that an authentication is linked to; empty for one that is made at once."""
    return terms.plan if isinstance(terms, PlannedTerms | FileTerms) else ()


def due_of(terms: object, zone: ZoneInfo) -> datetime | None:
    """The instant from which the payment is made; None: as soon as may be."""
    return terms.due_at(zone) if isinstance(terms, ScheduledTerms | InternationalScheduledTerms) else None


def cross_border_of(terms: object) -> CrossBorder | None:
    """The part of such terms that is of a payment abroad; None, where they are for none."""
    return terms.cross_border if isinstance(terms, CrossBorderTerms) else None


def debit_of(terms: object) -> Money | None:
    """The amount that the account pays in all, charges included, as far as the bank has quoted it; None, where the terms are for no single payment."""
    payment, cross_border = payment_of(terms), cross_border_of(terms)
    if payment is None or cross_border is None:
        return None if payment is None else payment.amount
    return payment.amount if cross_border.quote is None else cross_border.quote.debit


NO_DATA = AccountsTerms(permissions=frozenset())


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a consent. `state` is the recorded state; ask `effective_state(now)` for the one that counts. `terms` is what its PSU
    agrees to; what may be read of an account stands in `access`."""

    id: str
    brand: str
    version: int
    kind: str  # a member of ConsentKind, or another name that a module of consent/store/kinds/ has
    state: ConsentState
    client_id: str
    organisation_id: str
    lodged_as: str  # dialect and version, e.g. "uk_obie/v4.0", or "default"
    terms: Terms
    created_at: datetime
    state_changed_at: datetime
    valid_until: datetime | None = None  # exclusive; None is open-ended
    lapses_at: datetime | None = None  # when it is rejected unless who it waits for has signed: the rule that it was lodged under
    frequency_per_day: int | None = None  # unattended accesses; None is the brand's default
    is_recurring: bool = True  # False: for one use, soon after its PSU has agreed
    purpose: str = ""  # in the words of the TPP, "" if it gave none
    psu_id: str | None = None
    access: tuple[AccountAccess, ...] = ()
    authorised_at: datetime | None = None
    signing_rules: tuple[SigningRule, ...] = ()  # who must sign; none: its PSU alone
    signatures: tuple[Signature, ...] = ()  # the first signer is its PSU
    document: bytes = b""

    @property
    def data(self) -> AccountsTerms:
        """The data that was asked for: none, where the terms are of another kind."""
        return self.terms if isinstance(self.terms, AccountsTerms) else NO_DATA

    @property
    def permissions(self) -> frozenset[Permission]:
        """The permissions that were asked for."""
        return self.data.permissions

    @property
    def opened_from(self) -> datetime | None:
        """The first booking instant that it opens; None is without bounds."""
        asked, days = self.data.transactions_from, self.data.look_back_days
        if days is None or self.authorised_at is None:
            return asked
        back = self.authorised_at - timedelta(days=days)
        return back if asked is None else max(asked, back)

    @property
    def accounts(self) -> tuple[AccountReference, ...]:
        """The accounts that it covers, in the order in which the PSU chose them."""
        return tuple(each.account for each in self.access)

    def permitted(self, account_id: str) -> frozenset[Permission]:
        """The permissions on the account that its TPP knows by `account_id`; empty for one that the consent does not cover."""
        return next((each.permissions for each in self.access if each.account.id == account_id), frozenset())

    def opened(self, any_of: frozenset[Permission]) -> tuple[AccountAccess, ...]:
        """The accounts of which any one of these permissions opens something."""
        return tuple(each for each in self.access if not any_of.isdisjoint(each.permissions))

    @property
    def ends_at_cut_off(self) -> bool:
        """True for a payment that the bank takes no more after its cut-off."""
        payment = payment_of(self.terms)
        return payment is not None and None is not payment.cut_off == self.valid_until

    def effective_state(self, now: datetime) -> ConsentState:
        """The state at `now`: a live consent past its validity is expired, or consumed if it was for one use, and one that no PSU
        authorised in time is rejected, whether or not a sweeper has recorded it."""
        return self._settled(now)[0]

    def effective_since(self, now: datetime) -> datetime:
        """When the state at `now` began."""
        return self._settled(now)[1]

    def _settled(self, now: datetime) -> tuple[ConsentState, datetime]:
        """This version as time has left it by `now`: the end that came first counts."""
        lapses_at = self.lapses_at if self.state in AWAITING_STATES else None
        if lapses_at is not None and now >= lapses_at and (self.valid_until is None or lapses_at < self.valid_until):
            return ConsentState.REJECTED, lapses_at
        if self.valid_until is not None and now >= self.valid_until and self.state in LIVE_STATES:
            is_used_up = self.state is ConsentState.AUTHORISED and not self.is_recurring
            return ConsentState.CONSUMED if is_used_up else ConsentState.EXPIRED, self.valid_until
        return self.state, self.state_changed_at


class ConsentLodgement(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a consent, decoded by a dialect: what a TPP asks for before any PSU is known. It ends at `valid_until`, or `valid_for`
    after its lodging where that is earlier. The bank takes none before `opens_at`."""

    kind: str
    lodged_as: str
    terms: Terms
    valid_until: datetime | None = None
    valid_for: timedelta | None = None
    opens_at: datetime | None = None
    frequency_per_day: int | None = None
    is_recurring: bool = True
    purpose: str = ""
    document: bytes = b""

    def ends_at(self, lodged_at: datetime) -> datetime | None:
        """The end of its validity; None is open-ended."""
        if self.valid_for is None:
            return self.valid_until
        latest = lodged_at + self.valid_for
        return latest if self.valid_until is None else min(latest, self.valid_until)

    @property
    def data(self) -> AccountsTerms:
        """As Consent.data."""
        return self.terms if isinstance(self.terms, AccountsTerms) else NO_DATA
