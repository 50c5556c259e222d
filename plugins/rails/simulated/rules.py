"""The rules of a simulated scheme: the payments that it carries, and its answers by the payee's account number, so that a developer can have
each answer on purpose.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from orders.pace import RailPace
from orders.settlement.ports import Calendar, SettlementAccount
from plugins.rails.ports import RailPayment

CHOOSING_DIGITS = 4  # of an account number, its last ones: they choose the answer


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` at once, and `then` after a while, where the first is not the last."""

    status: RailStatus
    reason: Reason | None = None
    then: RailStatus | None = None
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class SchemeRules:
    """`name` is a constant of ours, which names the bank's own accounts for the scheme. `otherwise`: for every number that chooses none of
    `outcomes`. `calendar` and `accounts` of a scheme that settles later: when, and over which account in each currency."""

    name: str
    refusal_of: Callable[[Money], Reason | None]  # why the scheme carries no such amount
    outcomes: Mapping[str, Outcome]
    otherwise: Outcome
    pace: RailPace
    calendar: Calendar | None = None
    accounts: tuple[SettlementAccount, ...] = ()

    def outcome_of(self, payment: RailPayment) -> Outcome:
        refused = self.refusal_of(payment.amount)
        if refused is not None:
            return Outcome(RailStatus.REJECTED, refused)
        return self.outcomes.get(payment.creditor_account.identification[-CHOOSING_DIGITS:], self.otherwise)
