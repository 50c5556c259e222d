"""The bank's records of a household apart from its entries: mandates, orders, payees, payments to come, offers.

Each names payments that the story made, and the next ones after the anchor.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from kernel.banking.money import Money
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.records.mandates import Frequency, MandateStatus
from kernel.banking.records.offers import Offer
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from plugins.ledger.records.records import AnyRecord
from plugins.ledger.records.schedule import add_months
from sandbox.bank.stories.routine import Bill, Order, Payments, Planned, Promotion, Routine
from sandbox.bank.stories.story import Story

COLLECTED_AT, PAID_AT = timedelta(hours=4), timedelta(hours=2)  # of a day to come
SET_UP_BEFORE_DAYS = (8, 40)  # the first payment
LOOK_AHEAD_DAYS = 366


def make_records(story: Story, routine: Routine, anchor: datetime) -> list[AnyRecord]:
    """All records of the household's accounts, in no order."""
    return [
        *(_mandate(story, bill, anchor) for bill in routine.bills),
        *(_order(story, order, anchor) for order in routine.orders),
        *_payees(story, routine),
        *(_planned(story, planned, anchor) for planned in routine.planned),
    ]


def make_offers(story: Story, routine: Routine, anchor: datetime) -> list[Offer]:
    return [_offer(story, promotion, anchor) for promotion in routine.promotions]


def _mandate(story: Story, bill: Bill, anchor: datetime) -> DirectDebit:
    paid = story.paid[bill.account, bill.merchant.name]
    account = story.accounts[bill.account]
    cancelled = bill.until is not None
    next_at = None if cancelled else _next(bill, anchor, COLLECTED_AT)
    initials = "".join(word[0] for word in bill.merchant.name.split() if word[0].isalpha())
    return DirectDebit(
        id=story.ids.uuid(),
        account_id=account.id,
        created_at=_set_up(story, paid[0].at if paid else anchor),
        status=MandateStatus.CANCELLED if cancelled else MandateStatus.ACTIVE,
        creditor_name=bill.merchant.name,
        mandate_reference=f"{initials.upper()}{story.ids.number(8)}",
        collection=bill.collection,
        frequency=bill.frequency,
        first_at=paid[0].at if paid else next_at,
        next_at=next_at,
        final_at=paid[-1].at if cancelled and paid else None,
        previous_at=paid[-1].at if paid else None,
        previous_amount=Money(account.currency, paid[-1].minor) if paid else None,
        reason=bill.reason,
    )


def _order(story: Story, order: Order, anchor: datetime) -> StandingOrder:
    paid = story.paid[order.account, order.payee.name or ""]
    account = story.accounts[order.account]
    over = order.payments is not None and len(paid) >= order.payments
    next_at = None if over else _next(order, anchor, PAID_AT)
    final_at = None if order.payments is None else _final(order, paid[0].at, order.payments)
    amount = Money(account.currency, order.minor)
    return StandingOrder(
        id=story.ids.uuid(),
        account_id=account.id,
        created_at=_set_up(story, paid[0].at),
        status=MandateStatus.EXPIRED if over else MandateStatus.ACTIVE,
        payee=order.payee,
        reference=order.reference,
        frequency=order.frequency,
        day=order.day,
        payments=order.payments,
        first_at=paid[0].at,
        first_amount=Money(account.currency, paid[0].minor),
        previous_at=paid[-1].at,
        previous_amount=Money(account.currency, paid[-1].minor),
        next_at=next_at,
        next_amount=None if next_at is None else amount,
        final_at=paid[-1].at if over else final_at,
        final_amount=None if final_at is None else amount,
    )


def _payees(story: Story, routine: Routine) -> Iterator[Beneficiary]:
    """The payees that were paid, by order or by hand, each once per account."""
    known: dict[tuple[str, str], tuple[Payments | Order, bool]] = {}
    for order in routine.orders:
        known[order.account, order.payee.name or ""] = (order, False)
    for payments in routine.payments:
        known[payments.account, payments.payee.name or ""] = (payments, payments.trusted)
    for key, (source, trusted) in known.items():
        if story.paid[key]:
            yield Beneficiary(
                id=story.ids.uuid(),
                account_id=story.accounts[source.account].id,
                created_at=_set_up(story, story.paid[key][0].at),
                payee=source.payee,
                reference=source.reference,
                trusted=trusted,
            )


def _planned(story: Story, planned: Planned, anchor: datetime) -> ScheduledPayment:
    account = story.accounts[planned.account]
    return ScheduledPayment(
        id=story.ids.uuid(),
        account_id=account.id,
        created_at=anchor - timedelta(days=planned.days_ago, seconds=story.rng.randrange(3600, 14 * 3600)),
        due_at=anchor + timedelta(days=planned.days_ahead) + PAID_AT,
        amount=Money(account.currency, planned.minor),
        payee=planned.payee,
        reference=planned.reference,
        own_reference=planned.own_reference,
    )


def _offer(story: Story, promotion: Promotion, anchor: datetime) -> Offer:
    account = story.accounts[promotion.account]
    starts_at = anchor - timedelta(days=promotion.days_ago)
    return Offer(
        id=story.ids.uuid(),
        account_id=account.id,
        kind=promotion.kind,
        description=promotion.description,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(days=promotion.days),
        rate=promotion.rate,
        amount=None if promotion.minor is None else Money(account.currency, promotion.minor),
        fee=None if promotion.fee is None else Money(account.currency, promotion.fee),
        term=promotion.term,
        url="https://bank.example/offers",
    )


def _set_up(story: Story, first: datetime) -> datetime:
    """Some days before the first payment."""
    return first - timedelta(days=story.rng.randrange(*SET_UP_BEFORE_DAYS), seconds=story.rng.randrange(3600))


def _next(due: Bill | Order, anchor: datetime, at: timedelta) -> datetime | None:
    days = (anchor + timedelta(days=ahead) for ahead in range(LOOK_AHEAD_DAYS))
    return next((day + at for day in days if due.falls_on(day)), None)


def _final(order: Order, first: datetime, payments: int) -> datetime:
    if order.frequency is Frequency.WEEKLY:
        return first + timedelta(weeks=payments - 1)
    return add_months(first, payments - 1)
