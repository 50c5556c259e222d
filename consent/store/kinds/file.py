"""A file of payments from one account, agreed to as a whole: how many, how much in all, on which days, and to whom first."""

from collections.abc import Sequence
from datetime import date, datetime

from consent.store.kinds.kind import (
    Choosable,
    Description,
    JourneyStage,
    Kind,
    Number,
    Row,
    Wording,
    can_pay,
    open_nothing,
)
from consent.store.kinds.payment_kinds import NO_CHARGES
from consent.store.kinds.words import render_day, render_money, said
from kernel.banking.consents import ConsentKind, ConsentState
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.ahead import check_ahead
from kernel.banking.planned.executions import day_made
from kernel.banking.planned.files import (
    FILE_PAYMENTS_MAX,
    FileContent,
    FilePayment,
    FileTerms,
    content_of,
    days_of,
)
from kernel.brand import Brand
from kernel.cut_offs import start_of
from kernel.errors import FieldInvalid

FILE_DAY = "file_day"  # the canonical name of the day that a TPP asks for
DAYS_SHOWN_MAX = 10  # of a file, the first ones

WORDING = Wording(
    invitation="check and confirm a file of payments",
    steps=("Log in", "Choose the account", "Confirm the payments"),
    steps_fixed=("Log in", "Check the payments", "Confirm the payments"),
    refusal="Do not pay",
    nothing_done="Nothing was agreed, and nothing will be paid.",
)
ROW = Row(
    heading="Files of payments that you agreed to",
    standings={
        ConsentState.AUTHORISED: "Not ordered yet.",
        ConsentState.PARTIALLY_AUTHORISED: "Not ordered yet. Others must sign it too.",
        ConsentState.CONSUMED: "Ordered on {date}.",
        ConsentState.SUSPENDED: "Not ordered yet. It is on hold since {date}.",
        ConsentState.REVOKED_BY_PSU: "Not ordered. You stopped it on {date}.",
        ConsentState.WITHDRAWN_BY_TPP: "Not ordered. They withdrew it on {date}.",
        ConsentState.EXPIRED: "Not ordered. The time for it ran out on {date}.",
    },
    over="Not ordered. It ended on {date}.",
    may_be_stopped=False,
    may_cancel_orders=True,
    thing="file of payments",
)


def check(terms: FileTerms) -> None:
    if terms.payments is not None and not 1 <= terms.payments <= FILE_PAYMENTS_MAX:
        raise FieldInvalid(f"{terms.payments} payments", public=f"A file has from 1 to {FILE_PAYMENTS_MAX:,} payments.")


def plan(terms: FileTerms, brand: Brand, now: datetime) -> tuple[FileTerms, datetime | None]:
    """Its day is today or ahead. Raises FieldDateInvalid."""
    made_on = None if terms.asked_on is None else _day_ahead(terms.asked_on, brand, now)
    is_later = made_on is not None and start_of(made_on, brand.zone) > now
    return terms, start_of(made_on, brand.zone) if made_on is not None and is_later else None


def lay_out(payments: Sequence[FilePayment], brand: Brand, now: datetime) -> tuple[FileContent, tuple[PaymentTerms, ...]]:
    """The content of a file that comes now, and its payments in the order in which they are made. Raises FieldDateInvalid."""
    for day in sorted({each.asked_on for each in payments if each.asked_on is not None}):
        _day_ahead(day, brand, now)
    today = now.astimezone(brand.zone).date()
    if brand.cut_off is not None:
        today = brand.cut_off.day_of(now, brand.zone).opens.astimezone(brand.zone).date()
    ordered = days_of([*payments], today)
    content = content_of(ordered, [*payments], at_once=all(each.asked_on is None for each in payments))
    return content, tuple(each.payment for _, each in ordered)


def _day_ahead(asked: date, brand: Brand, now: datetime) -> date:
    """The day on which payments asked for it are made. Today is taken too."""
    if asked == now.astimezone(brand.zone).date():
        return day_made(asked, brand.cut_off)
    return check_ahead(asked, brand, now, FILE_DAY)


def describe(terms: FileTerms) -> Description:
    content = terms.content
    if content is None:  # no page is shown before the file has come
        return Description(summary="A file of payments")
    total, count = render_money(content.total), _payments(content.payments)
    more = content.payments - len(content.first)
    days = content.days[:DAYS_SHOWN_MAX]
    left = sum(each.payments for each in content.days[DAYS_SHOWN_MAX:])
    return Description(
        summary=f"{count}, {total} in all",
        lead=(("In all", total), ("Payments", f"{content.payments:,}")),
        rest=said(
            *((f"To {each.name}", render_money(each.amount)) for each in content.first),
            ("And", f"{more:,} more" if more else None),
            *(
                (render_day(each.day), f"{_payments(each.payments)}, {render_money(each.total)}")
                for each in days
                if not content.at_once
            ),
            ("On later days", _payments(left) if left else None),
            ("Payment date", "As soon as you agree" if content.at_once else None),
            ("File", terms.reference),
            ("Charges", NO_CHARGES),
        ),
        payee=payees_of(content),
        amount=total,
        when="" if content.at_once else _when(content),
    )


def payees_of(content: FileContent) -> str:
    """The payees in a few words: the first, and how many payments there are to others."""
    others = content.payments - 1
    return content.first[0].name + (f" and {others:,} {'other' if others == 1 else 'others'}" if others else "")


def _when(content: FileContent) -> str:
    first, last = content.days[0].day, content.days[-1].day
    return f"on {render_day(first)}" if first == last else f"from {render_day(first)} to {render_day(last)}"


def _payments(number: int) -> str:
    return f"{number:,} {'payment' if number == 1 else 'payments'}"


def numbers(terms: FileTerms) -> frozenset[Number]:
    debtor = terms.debtor_account
    return frozenset() if debtor is None else frozenset({(debtor.scheme.value, debtor.identification)})


def fits(terms: FileTerms, account: Choosable) -> bool:
    is_signed = account.signatures == 1 or not terms.signed_by_one
    return terms.content is not None and can_pay(terms.content.total.currency, account) and is_signed


FILE = Kind(
    name=ConsentKind.FILE,
    terms=FileTerms,
    stages=(JourneyStage.LOGIN, JourneyStage.CHECK, JourneyStage.CONFIRM),
    page="file",
    page_without_account="nothing_to_pay_from",
    wording=WORDING,
    row=ROW,
    describe=describe,
    is_given_once=True,
    may_be_asked_by_backchannel=False,
    is_of_one_account=True,
    may_be_amended=False,
    check=check,
    settle=open_nothing,
    numbers=numbers,
    fits=fits,
    plan=plan,
    first_state=ConsentState.AWAITING_UPLOAD,
)
