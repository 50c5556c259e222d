"""Every kind of consent."""

from consent.store.kinds.accounts import ACCOUNTS
from consent.store.kinds.file import FILE
from consent.store.kinds.funds import FUNDS
from consent.store.kinds.international import INTERNATIONAL
from consent.store.kinds.international_scheduled import INTERNATIONAL_SCHEDULED
from consent.store.kinds.international_standing_order import INTERNATIONAL_STANDING_ORDER
from consent.store.kinds.kind import AnyKind
from consent.store.kinds.payment import PAYMENT
from consent.store.kinds.scheduled import SCHEDULED
from consent.store.kinds.standing_order import STANDING_ORDER
from consent.store.kinds.vrp import VRP

KINDS: tuple[AnyKind, ...] = (
    ACCOUNTS,
    PAYMENT,
    SCHEDULED,
    STANDING_ORDER,
    INTERNATIONAL,
    INTERNATIONAL_SCHEDULED,
    INTERNATIONAL_STANDING_ORDER,
    FILE,
    VRP,
    FUNDS,
)
