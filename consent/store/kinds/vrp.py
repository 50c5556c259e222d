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
from kernel.banking.terms import Alignment, Period, PeriodicLimit, VrpTerms
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
ALIGNMENTS = {Alignment.CONSENT: "from the day you agree", Alignment.CALENDAR: "of the calendar"}

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
    stopped="{client} can make no more of these payments. Payments that were made before stay made.",
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
    if len({(limit.period, limit.alignment) for limit in terms.limits}) != len(terms.limits):
        raise FieldInvalid("two limits of one period")
    if any(limit.amount.minor < terms.individual_max.minor for limit in terms.limits):
        raise FieldInvalid("one payment may be more than all of a period")
    if not is_name(terms.creditor_name):
        raise FieldInvalid("a payee's name that hides something")


def describe(terms: VrpTerms) -> Description:
    payee = terms.creditor_account
    return Description(
        summary=f"Payments to {terms.creditor_name}",
        lead=(("To", terms.creditor_name),),
        rest=said(
            (LABELS[payee.scheme], render_number(payee)),
            ("Each payment", f"Up to {render_money(terms.individual_max)}"),
            *(_describe_limit(limit) for limit in terms.limits),
            ("Reference", terms.remittance),
        ),
        payee=terms.creditor_name,
        amount=render_money(terms.individual_max),
    )


def _describe_limit(limit: PeriodicLimit) -> tuple[str, str]:
    return f"In each {PERIODS[limit.period]} {ALIGNMENTS[limit.alignment]}", f"Up to {render_money(limit.amount)} in all"


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
)
