"""The rules of the simulated SEPA instant credit transfer: euro, IBAN to IBAN, at any hour, with the payee within ten seconds or not at all.

The scheme stops a payment after seven seconds without a word of the payee's bank. After ten its end is unknown to the payer's bank, which asks for it and
never sends it again. There is no limit to an amount since October 2025. European Payments Council, SCT Inst rulebook 2025; Regulation (EU) 2024/886.
"""

from datetime import time, timedelta

from kernel.banking.money import Money
from kernel.banking.orders import RailStatus, Reason
from orders.pace import RailPace
from orders.settlement.ports import SettlementAccount
from plugins.rails.calendars.target import TARGET
from plugins.rails.cycles import Cycles
from plugins.rails.sepa.credit_transfer import CURRENCY, ZONE
from plugins.rails.simulated.rules import Outcome, SchemeRules

ANSWERED_WITHIN = timedelta(seconds=10)  # from the scheme's time of receipt until the payer's bank has the confirmation
STOPPED_AFTER = timedelta(seconds=7)  # without an answer of the payee's bank: the scheme refuses the payment
LATE = timedelta(seconds=12)  # an answer that comes after its time
SKEW = timedelta(seconds=10)  # between clocks: before it counts that the scheme does not know a payment
# Each payment is settled by itself, on the account's business day: that of TARGET, which ends at 18:00.
CYCLES = Cycles(TARGET, ZONE, (time(18),))
PACE = RailPace(arrival_max=ANSWERED_WITHIN, absence_after=ANSWERED_WITHIN + SKEW, final_within=ANSWERED_WITHIN)
CREDITED = Outcome(RailStatus.CREDITED)
OUTCOMES: dict[str, Outcome] = {
    "9901": Outcome(RailStatus.REJECTED, Reason.ACCOUNT_NUMBER_WRONG),
    "9904": Outcome(RailStatus.REJECTED, Reason.ACCOUNT_CLOSED),
    "9906": Outcome(RailStatus.REJECTED, Reason.ACCOUNT_BLOCKED),
    "9908": Outcome(RailStatus.REJECTED, Reason.CREDITOR_AGENT_OFFLINE),
    "9911": Outcome(RailStatus.REJECTED, Reason.BANK_IDENTIFIER_WRONG),
    "9921": Outcome(RailStatus.REJECTED, Reason.FRAUD_SUSPECTED),
    "9922": Outcome(RailStatus.REJECTED, Reason.UNSPECIFIED_BY_AGENT),
    "9923": Outcome(RailStatus.REJECTED, Reason.REGULATORY),
    "9935": Outcome(RailStatus.IN_PROCESS, Reason.CREDITOR_AGENT_TIMED_OUT, then=RailStatus.REJECTED, after=STOPPED_AFTER),
    "9936": Outcome(RailStatus.IN_PROCESS, Reason.INSTRUCTED_AGENT_TIMED_OUT, then=RailStatus.REJECTED, after=STOPPED_AFTER),
    "9937": Outcome(RailStatus.IN_PROCESS, then=RailStatus.CREDITED, after=LATE),
}


def refusal_of(amount: Money) -> Reason | None:
    """Why the scheme carries no such amount."""
    return None if amount.currency == CURRENCY else Reason.CURRENCY_NOT_ALLOWED


ACCOUNT = SettlementAccount(rail="sepa_instant", currency=CURRENCY, agent="tips", number="TIPSSETTLEMENT1")
SEPA_INSTANT = SchemeRules(ACCOUNT.rail, refusal_of, OUTCOMES, CREDITED, PACE, CYCLES, (ACCOUNT,))
