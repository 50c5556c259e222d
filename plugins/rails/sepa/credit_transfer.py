"""The rules of the simulated SEPA credit transfer: euro, IBAN to IBAN, settled in cycles of a TARGET day, and with the payee's bank by the next.

A payment is taken at once, and settled a while later: a second stands for the time until its cycle. No word comes of the credit itself. European Payments
Council, SEPA Credit Transfer rulebook 2025; Directive (EU) 2015/2366 article 83 (the next business day).
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

CURRENCY = "EUR"
AMOUNT_MAX = Money(CURRENCY, 99_999_999_999)  # EUR 999,999,999.99: the longest amount of the scheme's messages
SETTLED_AFTER = timedelta(seconds=1)  # a second stands for the time until the cycle
ZONE = ZoneInfo("Europe/Berlin")  # of TARGET
CYCLES = Cycles(TARGET, ZONE, (time(8), time(11), time(13), time(15), time(17)))
# A file is taken within minutes, one that is missing is looked for by hand, and the end is known once a business day has passed: five days with
# Easter between.
PACE = RailPace(arrival_max=timedelta(minutes=5), absence_after=timedelta(hours=1), final_within=timedelta(days=5))
TAKEN = Outcome(RailStatus.IN_PROCESS, then=RailStatus.SETTLED, after=SETTLED_AFTER)


def _later(reason: Reason) -> Outcome:
    """Taken, and refused by the payee's bank before it is settled."""
    return Outcome(RailStatus.IN_PROCESS, reason, then=RailStatus.REJECTED, after=SETTLED_AFTER)


OUTCOMES: dict[str, Outcome] = {
    "9901": Outcome(RailStatus.REJECTED, Reason.ACCOUNT_NUMBER_WRONG),
    "9904": _later(Reason.ACCOUNT_CLOSED),
    "9906": _later(Reason.ACCOUNT_BLOCKED),
    "9911": Outcome(RailStatus.REJECTED, Reason.BANK_IDENTIFIER_WRONG),
    "9921": _later(Reason.FRAUD_SUSPECTED),
    "9922": _later(Reason.UNSPECIFIED_BY_AGENT),
    "9923": _later(Reason.REGULATORY),
}


def refusal_of(amount: Money) -> Reason | None:
    """Why the scheme carries no such amount."""
    if amount.currency != CURRENCY:
        return Reason.CURRENCY_NOT_ALLOWED
    return Reason.AMOUNT_ABOVE_CLEARING_LIMIT if amount.minor > AMOUNT_MAX.minor else None


ACCOUNT = SettlementAccount(rail="sepa_credit_transfer", currency=CURRENCY, agent="step2", number="SCTSETTLEMENT1")
SEPA_CREDIT_TRANSFER = SchemeRules(ACCOUNT.rail, refusal_of, OUTCOMES, TAKEN, PACE, CYCLES, (ACCOUNT,))
