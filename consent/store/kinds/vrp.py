"""Variable recurring payments to one payee, within limits."""

from consent.store.kinds.kind import (
    AGREEMENT_OVER,
    AGREEMENT_STANDINGS,
    Agreement,
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
from consent.store.kinds.words import LABELS, render_money, render_number, said
from kernel.banking.consents import ConsentKind
from kernel.banking.terms import Alignment, LimitUse, Period, PeriodicLimit, VrpTerms, VrpType
from kernel.banking.visible_text import is_name
from kernel.errors import FieldInvalid, FieldMissing

PERIODS = {
    Period.DAY: "day",
    Period.WEEK: "week",
    Period.FORTNIGHT: "two weeks",
    Period.MONTH: "month",
    Period.HALF_YEAR: "six months",
    Period.YEAR: "year",
}
NOW = {
    Period.DAY: "today",
    Period.WEEK: "in this week",
    Period.FORTNIGHT: "in these two weeks",
    Period.MONTH: "in this month",
    Period.HALF_YEAR: "in these six months",
    Period.YEAR: "in this year",
}
ALIGNMENTS = {Alignment.CONSENT: ", counted from the first day", Alignment.CALENDAR: " of the calendar"}
TYPES = {VrpType.SWEEPING: "Moving your money between your own accounts", VrpType.OTHER: "Payments for what you buy or owe"}
LIMITS_MAX = 6  # one for each kind of period
NAME_CHARACTERS_MAX = 70  # of the payee: UK Open Banking R/W 4.0, OBCashAccountCreditor3

WORDING = Wording(
    invitation="allow payments that it will ask for",
    steps=("Log in", "Confirm it is you", "Choose the account"),
    steps_fixed=("Log in", "Confirm it is you", "Check the limits"),
    refusal="Do not allow",
    nothing_done="Nothing was allowed.",
    agreement=Agreement(
        heading="Let {client} make payments to {payee}",
        facts="What you allow",
        question="Pay from which account",
        fixed="From your account",
        unlisted="Accounts that cannot make these payments are not listed.",
        approval="Allow these payments",
        closing="{client} can make payments to {payee} within these limits without asking you each time, and sees nothing of your "
        "accounts with it. You can stop it at any time, with us or with them.",
        without_account="None of your accounts can make the payments that {client} asks for.",
    ),
)
ROW = Row(
    heading="Recurring payments that you allowed",
    standings=AGREEMENT_STANDINGS,
    over=AGREEMENT_OVER,
    may_be_stopped=True,
    stopped="{client} can make no more of these payments. Payments that it asked for before are still made.",
)


def check(terms: VrpTerms) -> None:
    """Limits in one currency, more than nothing; a limit for each kind of period once, and none below what one payment may be."""
    if not terms.limits:
        raise FieldMissing("no limit of a period")
    amounts = (terms.individual_max, *(limit.amount for limit in terms.limits))
    if len({amount.currency for amount in amounts}) != 1:
        raise FieldInvalid("limits in several currencies")
    if any(amount.minor <= 0 for amount in amounts):
        raise FieldInvalid("a limit of nothing, or less")
    if len(terms.limits) > LIMITS_MAX or len({limit.period for limit in terms.limits}) != len(terms.limits):
        raise FieldInvalid("two limits of one period")
    if any(limit.period is Period.FORTNIGHT and limit.alignment is Alignment.CALENDAR for limit in terms.limits):
        raise FieldInvalid("a fortnight of the calendar, which has none")
    if any(limit.amount.minor < terms.individual_max.minor for limit in terms.limits):
        raise FieldInvalid("one payment may be more than all of a period")
    if not is_name(terms.creditor_name) or len(terms.creditor_name) > NAME_CHARACTERS_MAX:
        raise FieldInvalid("a payee's name that hides something, or is too long")


def describe(terms: VrpTerms) -> Description:
    payee = terms.creditor_account
    return Description(
        summary=f"Payments to {terms.creditor_name}",
        lead=(("To", terms.creditor_name),),
        rest=said(
            (LABELS[payee.scheme], render_number(payee)),
            ("Roll number", payee.secondary),
            ("What for", ". ".join(TYPES[each] for each in terms.types)),
            ("Each payment", f"Up to {render_money(terms.individual_max)}"),
            *((name_of(limit), _render_limit(limit)) for limit in terms.limits),
            ("Reference", terms.reference),
            ("Message to the payee", terms.remittance),
        ),
        payee=terms.creditor_name,
        amount=render_money(terms.individual_max),
    )


def name_of(limit: PeriodicLimit) -> str:
    """A limit as its customer reads of it."""
    return f"In each {PERIODS[limit.period]}{'' if limit.period is Period.DAY else ALIGNMENTS[limit.alignment]}"


def describe_use(use: LimitUse, renewed: str) -> tuple[str, str]:
    """The part of a limit that is used, and the day, in words, on which its next period begins."""
    now = NOW[use.limit.period]
    return (
        f"Paid {now}",
        f"{render_money(use.paid)} of {render_money(use.allowed)}. It begins again on {renewed}.",
    )


def _render_limit(limit: PeriodicLimit) -> str:
    is_divided = limit.alignment is Alignment.CALENDAR and limit.period is not Period.DAY
    first = f"; less in the first {PERIODS[limit.period]}, in proportion to the days left" if is_divided else ""
    return f"Up to {render_money(limit.amount)} in all{first}"


def numbers(terms: VrpTerms) -> frozenset[Number]:
    debtor = terms.debtor_account
    return frozenset() if debtor is None else frozenset({(debtor.scheme.value, debtor.identification)})


def fits(terms: VrpTerms, account: Choosable) -> bool:
    return can_pay(terms.individual_max.currency, account)


VRP = Kind(
    name=ConsentKind.VRP,
    terms=VrpTerms,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    page="agreement",
    page_without_account="nothing_to_agree_for",
    wording=WORDING,
    row=ROW,
    describe=describe,
    is_given_once=False,
    may_be_asked_by_backchannel=False,
    is_of_one_account=True,
    may_be_amended=False,
    check=check,
    settle=open_nothing,
    numbers=numbers,
    fits=fits,
    has_limits=True,
)
