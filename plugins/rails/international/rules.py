"""The rules of the simulated rail for payments abroad: any currency but sterling, slower than a domestic one, and settled by way of a bank
in between, the correspondent, with which the bank has an account in each currency that it sells.

A payment is in process for a while before it is credited. The payee's account number chooses other answers, as of a domestic payment. The
correspondent, in the euro area, closes its books once on each of its own business days, for every currency.
"""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from orders.pace import RailPace
from orders.settlement.ports import SettlementAccount
from plugins.rails.calendars.target import TARGET
from plugins.rails.cycles import Cycles
from plugins.rails.simulated.rules import Outcome, SchemeRules

DOMESTIC = "GBP"
MINOR_MAX = 100_000_000_00  # of one payment, in minor units of its currency: the correspondent's limit
IN_PROCESS_FOR = timedelta(seconds=1)  # until the payee is credited: a second stands for a day
# A correspondent takes a message within minutes, looks for one that is missing by hand, and pays within days.
PACE = RailPace(arrival_max=timedelta(minutes=5), absence_after=timedelta(hours=1), final_within=timedelta(days=5))
CREDITED = Outcome(RailStatus.IN_PROCESS, then=RailStatus.CREDITED, after=IN_PROCESS_FOR)


def _later(reason: Reason) -> Outcome:
    """Taken, and refused by a bank on the way."""
    return Outcome(RailStatus.IN_PROCESS, reason, then=RailStatus.REJECTED, after=IN_PROCESS_FOR)


OUTCOMES: dict[str, Outcome] = {
    "9901": Outcome(RailStatus.REJECTED, Reason.ACCOUNT_NUMBER_WRONG),
    "9904": _later(Reason.ACCOUNT_CLOSED),
    "9906": _later(Reason.ACCOUNT_BLOCKED),
    "9911": Outcome(RailStatus.REJECTED, Reason.BANK_IDENTIFIER_WRONG),
    "9912": _later(Reason.CREDITOR_ADDRESS_MISSING),
    "9921": _later(Reason.FRAUD_SUSPECTED),
    "9922": _later(Reason.UNSPECIFIED_BY_AGENT),
    "9923": _later(Reason.REGULATORY),
    "9931": Outcome(RailStatus.NOT_POSTED, then=RailStatus.CREDITED, after=IN_PROCESS_FOR),
}


def refusal_of(amount: Money) -> Reason | None:
    """Why the rail carries no such amount."""
    if amount.currency == DOMESTIC:
        return Reason.CURRENCY_NOT_ALLOWED
    return Reason.AMOUNT_ABOVE_CLEARING_LIMIT if amount.minor > MINOR_MAX else None


NAME = "international"
CYCLES = Cycles(TARGET, ZoneInfo("Europe/Berlin"), (time(17),))
SETTLED = ("AUD", "CAD", "CHF", "DKK", "EUR", "JPY", "NOK", "NZD", "PLN", "SEK", "TND", "USD")  # all that the bank has a rate for
ACCOUNTS = tuple(
    SettlementAccount(rail=NAME, currency=currency, agent="correspondent", number=f"CORRESPONDENT{currency}1")
    for currency in SETTLED
)
INTERNATIONAL = SchemeRules(NAME, refusal_of, OUTCOMES, CREDITED, PACE, CYCLES, ACCOUNTS)
