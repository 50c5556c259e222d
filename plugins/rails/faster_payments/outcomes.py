"""The answers of the simulated scheme: by the payee's account number, so that a developer can have each answer on purpose.

The last four digits of an account number choose; every other number is credited at once.
"""

from dataclasses import dataclass
from datetime import timedelta

from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from plugins.rails.ports import RailPayment

CURRENCY = "GBP"
AMOUNT_MAX = Money(CURRENCY, 100_000_000)  # GBP 1,000,000: the limit of the scheme since February 2022


@dataclass(frozen=True, slots=True)
class Outcome:
    """`status` at once, and `then` after a while, where the first is not the last."""

    status: RailStatus
    reason: Reason | None = None
    then: RailStatus | None = None
    after: timedelta = timedelta(0)


CREDITED = Outcome(RailStatus.CREDITED)
OUTCOMES: dict[str, Outcome] = {
    "9901": Outcome(RailStatus.REJECTED, Reason.ACCOUNT_NUMBER_WRONG),
    "9903": Outcome(RailStatus.REJECTED, Reason.CREDITOR_ACCOUNT_WRONG),
    "9904": Outcome(RailStatus.REJECTED, Reason.ACCOUNT_CLOSED),
    "9905": Outcome(RailStatus.REJECTED, Reason.DUPLICATE),
    "9906": Outcome(RailStatus.REJECTED, Reason.ACCOUNT_BLOCKED),
    "9907": Outcome(RailStatus.REJECTED, Reason.AGENT_OFFLINE),
    "9908": Outcome(RailStatus.REJECTED, Reason.CREDITOR_AGENT_OFFLINE),
    "9910": Outcome(RailStatus.REJECTED, Reason.AGENT_SUSPENDED),
    "9921": Outcome(RailStatus.REJECTED, Reason.FRAUD_SUSPECTED),
    "9922": Outcome(RailStatus.REJECTED, Reason.UNSPECIFIED_BY_AGENT),
    "9923": Outcome(RailStatus.REJECTED, Reason.REGULATORY),
    "9930": Outcome(RailStatus.IN_PROCESS, then=RailStatus.CREDITED, after=timedelta(seconds=3)),
    "9931": Outcome(RailStatus.NOT_POSTED, then=RailStatus.CREDITED, after=timedelta(seconds=3)),
    "9932": Outcome(RailStatus.IN_PROCESS, Reason.CREDITOR_AGENT_FAILED, then=RailStatus.REJECTED, after=timedelta(seconds=3)),
}


def refusal_of(amount: Money) -> Reason | None:
    """Why the scheme carries no such amount."""
    if amount.currency != CURRENCY:
        return Reason.CURRENCY_NOT_ALLOWED
    return Reason.AMOUNT_ABOVE_SCHEME_LIMIT if amount.minor > AMOUNT_MAX.minor else None


def outcome_of(payment: RailPayment) -> Outcome:
    refused = refusal_of(payment.amount)
    if refused is not None:
        return Outcome(RailStatus.REJECTED, refused)
    return OUTCOMES.get(payment.creditor_account.identification[-4:], CREDITED)
