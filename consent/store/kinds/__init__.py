"""Every kind of consent."""

from consent.store.kinds.accounts import ACCOUNTS
from consent.store.kinds.funds import FUNDS
from consent.store.kinds.kind import AnyKind
from consent.store.kinds.payment import PAYMENT
from consent.store.kinds.vrp import VRP

KINDS: tuple[AnyKind, ...] = (
    ACCOUNTS,
    PAYMENT,
    VRP,
    FUNDS,
)
