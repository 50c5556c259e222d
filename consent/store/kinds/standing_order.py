"""A standing order: a first payment, then others again and again. Its payer may cancel it at any time."""

from calendar import month_name
from datetime import datetime, timedelta

from consent.store.kinds.kind import Row, Wording
from consent.store.kinds.payment_kinds import paying_kind
from consent.store.kinds.words import Facts, render_day, render_money, said
from kernel.banking.consents import ConsentKind, ConsentState
from kernel.banking.planned.ahead import check_ahead
from kernel.banking.planned.recurrence import MONTHS_AND_DAYS, QuarterDays, Recurrence, Unit
from kernel.banking.planned.standing_orders import PAYMENTS_MAX, StandingOrderTerms
from kernel.brand import Brand
from kernel.cut_offs import start_of
from kernel.errors import FieldDateInvalid, FieldInvalid

FIRST_ON, RECURS_ON, LAST_ON = "first_on", "recurs_on", "last_on"  # the canonical names of its days
RECURS_WITHIN_DAYS_MAX = 3 * 366  # after the first payment of a standing order: longer than any interval between two of them

WORDING = Wording(
    invitation="check and confirm a standing order",
    steps=("Log in", "Choose the account", "Confirm the standing order"),
    steps_fixed=("Log in", "Check the standing order", "Confirm the standing order"),
    refusal="Do not set it up",
    nothing_done="Nothing was set up, and nothing will be paid.",
)
ROW = Row(
    heading="Standing orders that you agreed to",
    standings={
        ConsentState.AUTHORISED: "Not set up yet.",
        ConsentState.PARTIALLY_AUTHORISED: "Not set up yet. Others must sign it too.",
        ConsentState.CONSUMED: "Set up on {date}.",
        ConsentState.SUSPENDED: "Not set up yet. It is on hold since {date}.",
        ConsentState.REVOKED_BY_PSU: "Not set up. You stopped it on {date}.",
        ConsentState.WITHDRAWN_BY_TPP: "Not set up. They withdrew it on {date}.",
        ConsentState.EXPIRED: "Not set up. The time for it ran out on {date}.",
    },
    over="Not set up. It ended on {date}.",
    may_be_stopped=False,
    may_cancel_orders=True,
    thing="standing order",
)
_WEEK_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKS = ("first", "second", "third", "fourth", "last")


def check(terms: StandingOrderTerms) -> None:
    """Amounts of one currency, more than nothing; an end that is said once, and a last amount only for a last payment."""
    amounts = [each for each in (terms.recurring_amount, terms.last_amount) if each is not None]
    if any(each.minor <= 0 or each.currency != terms.payment.amount.currency for each in amounts):
        raise FieldInvalid("an amount of nothing, or of another currency")
    if terms.payments is not None and not 1 <= terms.payments <= PAYMENTS_MAX:
        raise FieldInvalid(f"{terms.payments} payments")
    if terms.payments is not None and terms.last_on is not None:
        raise FieldInvalid("two ends")
    if terms.last_amount is not None and terms.payments is None and terms.last_on is None:
        raise FieldInvalid("the amount of a last payment, and no end")


def plan(terms: StandingOrderTerms, brand: Brand, now: datetime) -> tuple[StandingOrderTerms, datetime]:
    """Its days are in their order, and the first is ahead. Raises FieldDateInvalid."""
    made_on = check_ahead(terms.first_on, brand, now, FIRST_ON)
    if terms.recurs_on is not None and terms.recurs_on > terms.first_on + timedelta(days=RECURS_WITHIN_DAYS_MAX):
        raise FieldDateInvalid("recurs too late", public="The day is too long after that of the first payment.", path=RECURS_ON)
    if terms.recurs_on is not None and terms.recurs_on <= terms.first_on:
        raise FieldDateInvalid(
            "recurs before its first payment", public="The day must follow that of the first payment.", path=RECURS_ON
        )
    last_on = terms.last_on
    if last_on is not None and (last_on < terms.first_on or (terms.recurs_on is not None and last_on < terms.recurs_on)):
        raise FieldDateInvalid("ends before it begins", public="The last day must not come before the others.", path=LAST_ON)
    return terms, start_of(made_on, brand.zone)


def facts(terms: StandingOrderTerms) -> Facts:
    """All its payments in words."""
    recurring = terms.recurring_amount or terms.payment.amount
    second = terms.execution(2)
    last_amount = terms.last_amount or recurring
    return said(
        ("First payment", f"{render_money(terms.payment.amount)} on {render_day(terms.first_on)}"),
        (
            "Then",
            f"{render_money(recurring)} {recurs(terms.recurrence)}" + (f", from {render_day(second.day)}" if second else ""),
        ),
        ("Last payment", None if terms.last_on is None else f"{render_money(last_amount)} on {render_day(terms.last_on)}"),
        ("Number of payments", None if terms.payments is None else str(terms.payments)),
        ("Last amount", render_money(last_amount) if terms.payments is not None and terms.last_amount is not None else None),
        ("Ends", "When you cancel it" if terms.last_on is None and terms.payments is None else None),
    )


def when(terms: StandingOrderTerms) -> str:
    return f"on {render_day(terms.first_on)}, then {recurs(terms.recurrence)}"


def recurs(recurrence: Recurrence) -> str:
    """The recurrence in words."""
    every, day = recurrence.every, recurrence.day
    if recurrence.unit is Unit.WORKING_DAY:
        return "every working day"
    if recurrence.unit is Unit.QUARTER_DAY:
        return f"on {_quarter_days(recurrence.quarter or QuarterDays.ENGLISH)} of every year"
    if recurrence.unit is Unit.WEEK_OF_MONTH:
        return f"on the {_WEEKS[(recurrence.week or 1) - 1]} {_WEEK_DAYS[(day or 1) - 1]} of every month"
    word = "week" if recurrence.unit is Unit.WEEK else "month" if recurrence.unit is Unit.MONTH else "day"
    often = f"every {word}" if every == 1 else f"every {every} {word}s"
    if day is None:
        return often
    if recurrence.unit is Unit.WEEK:
        return f"{often} on {_WEEK_DAYS[day - 1]}"
    return (
        f"{often} on day {day}"
        if day > 0
        else f"{often} on the last day"
        if day == -1
        else f"{often}, {-day - 1} {'day' if day == -2 else 'days'} before the end of the month"
    )


def _quarter_days(quarter: QuarterDays) -> str:
    *most, last = (f"{day} {month_name[month]}" for month, day in MONTHS_AND_DAYS[quarter])
    return f"{', '.join(most)} and {last}"


STANDING_ORDER = paying_kind(
    ConsentKind.STANDING_ORDER,
    StandingOrderTerms,
    wording=WORDING,
    row=ROW,
    facts=facts,
    when=when,
    check=check,
    plan=plan,
)
