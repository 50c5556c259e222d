"""The market trader with a hundred thousand transactions: card takings all day, a supplier paid in the evening.

Told in chunks of days, so that memory stays flat however many there are; a day is one entry, settled in one sum.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from kernel.banking.accounts import AccountCategory, AccountIdentifier, Counterparty, Scheme
from kernel.banking.money import Money
from plugins.ledger.documents import Narrative
from plugins.ledger.entries import LedgerEntry, Leg, Line
from plugins.ledger.posting import internal_account_id
from sandbox.bank.households import HEAVY, HISTORY, Household, Plan
from sandbox.bank.routine import Routine
from sandbox.bank.story import MERCHANTS, PAYMENT_OUT, WORLD, Story

TRANSACTIONS = 100_000
DAYS_PER_CHUNK = 30
CARD_TAKING = "PMNT.MCRD.POSP"
KEEP, KEEP_VARIES = 850_000, 210_000  # minor units left after the supplier is paid, more or less
OPENS, CLOSES = 8 * 3600, 18 * 3600  # seconds of the day

PLAN = Plan(
    "trade",
    "Business Current Account",
    category=AccountCategory.BUSINESS,
    name_on_account="Heavy Harbour Market",
    nickname="Stall",
)
HOUSEHOLD = Household("heavy", (HEAVY,), (PLAN,), {}, Routine())
_NAME = "Tidewater Produce"
SUPPLIER = Counterparty(_NAME, AccountIdentifier(Scheme.SORT_CODE, "00992044187650", _NAME))


def tell_heavy(story: Story, anchor: datetime, count: int) -> Iterator[list[LedgerEntry]]:
    """Chunks of entries with `count` transactions in all, oldest first, all before `anchor`. The story has the account."""
    first = anchor - HISTORY
    chunk: list[LedgerEntry] = []
    for number in range(HISTORY.days):
        share = count * (number + 1) // HISTORY.days - count * number // HISTORY.days
        if share:
            chunk.append(_day(story, first + timedelta(days=number), share))
        if len(chunk) == DAYS_PER_CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _day(story: Story, day: datetime, count: int) -> LedgerEntry:
    rng, ids, account = story.rng, story.ids, story.accounts[PLAN.key]
    legs: list[Leg] = []
    total = 0
    for second in sorted(rng.randrange(OPENS, CLOSES) for _ in range(count - 1)):
        minor = round(rng.triangular(250, 4_600, 900))
        narrative = Narrative("Card takings", f"T{rng.randrange(10**7):07}")
        legs.append(_leg(account.id, minor, ids.uuid(), day + timedelta(seconds=second), narrative=narrative, code=CARD_TAKING))
        total += minor
    keep = KEEP + rng.randrange(-KEEP_VARIES, KEEP_VARIES)
    supply = max(story.balances[PLAN.key] + total - keep, 1)
    narrative = Narrative(f"Payment to {_NAME}", f"{day:%d%m%y}", None, SUPPLIER)
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
