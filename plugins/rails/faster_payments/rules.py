"""The rules of the simulated Faster Payments scheme: sterling up to its limit, credited at once unless the account number chooses otherwise."""

from datetime import timedelta

from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from orders.pace import RailPace
from orders.settlement.ports import SettlementAccount
from plugins.rails.faster_payments.cycles import CYCLES
from plugins.rails.simulated.rules import Outcome, SchemeRules

CURRENCY = "GBP"
AMOUNT_MAX = Money(CURRENCY, 100_000_000)  # GBP 1,000,000: the limit of the scheme since February 2022
# The sender is answered in about 15 seconds, or the payment is accepted for a later credit, within two hours. A question under way is answered
# or dropped by then, clocks of a cluster allowed for.
PACE = RailPace(arrival_max=timedelta(seconds=60), absence_after=timedelta(seconds=60), final_within=timedelta(hours=2))
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
    return Reason.AMOUNT_ABOVE_CLEARING_LIMIT if amount.minor > AMOUNT_MAX.minor else None


ACCOUNT = SettlementAccount(rail="faster_payments", currency=CURRENCY, agent="boe", number="FPSSETTLEMENT1")
FASTER_PAYMENTS = SchemeRules(ACCOUNT.rail, refusal_of, OUTCOMES, CREDITED, PACE, CYCLES, (ACCOUNT,))
