"""The rules of the simulated file rail: sterling in batches that are handed over as files, and settled on a later day. UK Open Banking LocalInstrument Bacs.

A payment is collected, and handed over with its batch; reports and statements say what became of it. Its end is unknown until one of them does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from kernel.banking.money import Money
from kernel.banking.orders import Reason
from orders.pace import RailPace
from orders.settlement.ports import SettlementAccount
from plugins.rails.calendars.business_days import BusinessDays
from plugins.rails.calendars.england import ENGLAND
from plugins.rails.cycles import Cycles

CURRENCY = "GBP"
AMOUNT_MAX = Money(CURRENCY, 2_000_000_000)  # GBP 20,000,000: the limit of one Bacs credit
TRANSFERS_PER_BATCH_MAX = 1_000  # of one file: it stays far below what a reader takes
ZONE = ZoneInfo("Europe/London")
CYCLES = Cycles(ENGLAND, ZONE, (time(9, 30),))
# A payment is in a file by the next cut-off, and the end is known two business days later: six with Easter between.
PACE = RailPace(arrival_max=timedelta(seconds=60), absence_after=timedelta(seconds=60), final_within=timedelta(days=7))
ACCOUNT = SettlementAccount(rail="file", currency=CURRENCY, agent="bacs", number="BACSSETTLEMENT1")
NAME = ACCOUNT.rail


@dataclass(frozen=True, slots=True)
class BatchRule:
    """A batch takes payments until the cut-off that follows the first of them, and no more than `transfers_max`. `executes_after`: business
    days from the cut-off to the day of execution."""

    cut_off_of: Callable[[datetime], datetime]
    transfers_max: int = TRANSFERS_PER_BATCH_MAX
    days: BusinessDays = ENGLAND
    executes_after: int = 1


def daily_cut_off(at: time, zone: ZoneInfo = ZONE, days: BusinessDays = ENGLAND) -> Callable[[datetime], datetime]:
    """The next time of day on a business day, after an instant."""

    def cut_off_of(moment: datetime) -> datetime:
        day = days.following(moment.astimezone(zone).date())
        cut = datetime.combine(day, at, zone)
        return cut if moment < cut else datetime.combine(days.following(day + timedelta(days=1)), at, zone)

    return cut_off_of


def soon(moment: datetime) -> datetime:
    """In a sandbox a second stands for the time until the cut-off."""
    return moment + timedelta(seconds=1)


def refusal_of(amount: Money) -> Reason | None:
    """Why the rail carries no such amount."""
    if amount.currency != CURRENCY:
        return Reason.CURRENCY_NOT_ALLOWED
    return Reason.AMOUNT_ABOVE_CLEARING_LIMIT if amount.minor > AMOUNT_MAX.minor else None
