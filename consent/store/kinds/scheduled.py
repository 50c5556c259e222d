"""One payment, made on a later day. Its payer may cancel it until that day begins: Directive (EU) 2015/2366 article 80(3)."""

from datetime import datetime

from consent.store.kinds.kind import Row, Wording
from consent.store.kinds.payment_kinds import paying_kind
from consent.store.kinds.words import Facts, render_day
from kernel.banking.consents import ConsentKind, ConsentState
from kernel.banking.planned.ahead import check_ahead
from kernel.banking.planned.scheduled import ScheduledTerms
from kernel.brand import Brand
from kernel.cut_offs import start_of

PAYS_ON = "pays_on"  # the canonical name of the day that a TPP asks for

WORDING = Wording(
    invitation="check and confirm a payment for a later day",
    steps=("Log in", "Choose the account", "Confirm the payment"),
    steps_fixed=("Log in", "Check the payment", "Confirm the payment"),
    refusal="Do not pay",
    nothing_done="Nothing was agreed, and nothing will be paid.",
)
ROW = Row(
    heading="Payments for a later day that you agreed to",
    standings={
        ConsentState.AUTHORISED: "Not set up yet.",
        ConsentState.PARTIALLY_AUTHORISED: "Not set up yet. Others must sign it too.",
        ConsentState.CONSUMED: "Set up on {date}.",
        ConsentState.SUSPENDED: "Not set up yet. It is on hold since {date}.",
        ConsentState.REVOKED_BY_PSU: "Not made. You stopped it on {date}.",
        ConsentState.WITHDRAWN_BY_TPP: "Not made. They withdrew it on {date}.",
        ConsentState.EXPIRED: "Not made. The time for it ran out on {date}.",
    },
    over="Not made. It ended on {date}.",
    may_be_stopped=False,
    may_cancel_orders=True,
)


def facts(terms: ScheduledTerms) -> Facts:
    """The day, and the one that was asked for where the bank makes no payments on it."""
    made = ("Payment date", render_day(terms.day))
    return (made,) if terms.day == terms.asked_on else (made, ("Asked for", f"{render_day(terms.asked_on)}, not a working day"))


def when(terms: ScheduledTerms) -> str:
    return f"on {render_day(terms.day)}"


def plan(terms: ScheduledTerms, brand: Brand, now: datetime) -> tuple[ScheduledTerms, datetime]:
    """Made on the day that was asked for, or the working day after it. Raises FieldDateInvalid for a day that has begun, one that is too far
    ahead, and one that is no working day at a bank that refuses it."""
    day = check_ahead(terms.asked_on, brand, now, PAYS_ON)
    return ScheduledTerms(payment=terms.payment, asked_on=terms.asked_on, made_on=day), start_of(day, brand.zone)


SCHEDULED = paying_kind(
    ConsentKind.SCHEDULED,
    ScheduledTerms,
    wording=WORDING,
    row=ROW,
    facts=facts,
    when=when,
    plan=plan,
)
