"""The market trader with a hundred thousand transactions: card takings all day, a supplier paid in the evening, the pitch by direct
debit.

They are written in chunks of days, so that memory stays flat however many there are. A day is one entry, settled in one sum.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from kernel.banking.money import Money
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import Collection, DirectDebit
from kernel.banking.records.mandates import Frequency, MandateStatus
from plugins.ledger.accounts.internal import internal_account_id
from plugins.ledger.documents import Narrative
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line
from plugins.ledger.records.records import AnyRecord
from plugins.ledger.records.schedule import next_due
from sandbox.bank.catalogue import merchants as shops
from sandbox.bank.catalogue import products
from sandbox.bank.catalogue.people import HEAVY, MARKET_STALL
from sandbox.bank.stories.household import HISTORY, Household, Plan
from sandbox.bank.stories.routine import Routine
from sandbox.bank.stories.story import DIRECT_DEBIT, MERCHANTS, PAYMENT_OUT, WORLD, Story

TRANSACTIONS = 100_000
DAYS_PER_CHUNK = 30
CARD_TAKING = "PMNT.MCRD.POSP"
KEEP, KEEP_VARIES = 850_000, 210_000  # minor units left after the supplier is paid, more or less
OPENS, CLOSES = 8 * 3600, 18 * 3600  # seconds of the day
PITCH_DAY, PITCH_MINOR, PITCH_AT = 3, 41_500, timedelta(hours=4)
SHARED_MIN = 3  # transactions of a day that may carry the pitch too

PLAN = Plan("trade", products.TRADER, nickname="Stall", firm=MARKET_STALL)
HOUSEHOLD = Household("heavy", (HEAVY,), (PLAN,), {}, Routine())
SUPPLIER = shops.payee("Tidewater Produce", "00992044187650")


def write_heavy(story: Story, anchor: datetime, count: int) -> Iterator[list[LedgerEntry]]:
    """Chunks of entries with `count` transactions in all, oldest first, all before `anchor`. The story has the account."""
    chunk: list[LedgerEntry] = []
    for day, share in _days(anchor, count):
        if share:
            chunk.append(_day(story, day, share, pitch=_pays_the_pitch(day, anchor, share)))
        if len(chunk) == DAYS_PER_CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def make_heavy_records(story: Story, anchor: datetime, count: int) -> list[AnyRecord]:
    account_id = story.accounts[PLAN.key].id
    first = anchor - HISTORY
    records: list[AnyRecord] = [
        Beneficiary(
            id=story.ids.uuid(),
            account_id=account_id,
            created_at=first - timedelta(days=3, hours=5),
            payee=SUPPLIER,
            reference="HARBOUR MARKET",
            trusted=True,
        )
    ]
    collected = [day + PITCH_AT for day, share in _days(anchor, count) if _pays_the_pitch(day, anchor, share)]
    if collected:
        records.append(
            DirectDebit(
                id=story.ids.uuid(),
                account_id=account_id,
                created_at=first - timedelta(days=9, hours=2),
                status=MandateStatus.ACTIVE,
                creditor_name=shops.PITCH.name,
                mandate_reference="HMT00000001",
                collection=Collection.FIXED,
                frequency=Frequency.MONTHLY,
                first_at=collected[0],
                next_at=next_due(collected[-1], Frequency.MONTHLY, anchor),
                previous_at=collected[-1],
                previous_amount=Money("GBP", PITCH_MINOR),
                reason="Pitch 1",
            )
        )
    return records


def _days(anchor: datetime, count: int) -> Iterator[tuple[datetime, int]]:
    """Each day of the history, and how many transactions fall on it."""
    first = anchor - HISTORY
    for number in range(HISTORY.days):
        yield first + timedelta(days=number), count * (number + 1) // HISTORY.days - count * number // HISTORY.days


def _pays_the_pitch(day: datetime, anchor: datetime, count: int) -> bool:
    """Not on the first day, when there is no money yet."""
    return day.day == PITCH_DAY and day > anchor - HISTORY and count >= SHARED_MIN


def _day(story: Story, day: datetime, count: int, *, pitch: bool) -> LedgerEntry:
    rng, ids, account = story.rng, story.ids, story.accounts[PLAN.key]
    legs: list[Leg] = []
    total = 0
    if pitch:
        narrative = Narrative(f"Direct debit {shops.PITCH.name}", None, shops.PITCH)
        legs.append(_leg(account.id, -PITCH_MINOR, ids.uuid(), day + PITCH_AT, narrative=narrative, code=DIRECT_DEBIT))
        total -= PITCH_MINOR
    for second in sorted(rng.randrange(OPENS, CLOSES) for _ in range(count - 1 - pitch)):
        minor = round(rng.triangular(250, 4_600, 900))
        narrative = Narrative("Card takings", f"T{rng.randrange(10**7):07}")
        legs.append(_leg(account.id, minor, ids.uuid(), day + timedelta(seconds=second), narrative=narrative, code=CARD_TAKING))
        total += minor
    keep = KEEP + rng.randrange(-KEEP_VARIES, KEEP_VARIES)
    supply = max(story.balances[PLAN.key] + total - keep, 1)
    narrative = Narrative(f"Payment to {SUPPLIER.name}", f"{day:%d%m%y}", None, SUPPLIER)
    legs.append(
        _leg(account.id, -supply, ids.uuid(), day + timedelta(seconds=CLOSES + 900), narrative=narrative, code=PAYMENT_OUT)
    )
    legs.append(Leg(internal_account_id(WORLD, "GBP"), Money("GBP", supply)))
    if total:
        legs.append(Leg(internal_account_id(MERCHANTS, "GBP"), Money("GBP", -total)))
    story.balances[PLAN.key] += total - supply
    return LedgerEntry(ids.uuid(), tuple(legs), "settlement")


def _leg(account_id: str, minor: int, transaction_id: str, at: datetime, *, narrative: Narrative, code: str) -> Leg:
    return Leg(account_id, Money("GBP", minor), Line(id=transaction_id, booked_at=at, narrative=narrative, code=code))
