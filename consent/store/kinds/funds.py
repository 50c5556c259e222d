"""Confirmation of funds on one account, to who issues a card for it. Directive (EU) 2015/2366 article 65."""

from consent.store.kinds.kind import (
    AGREEMENT_OVER,
    AGREEMENT_STANDINGS,
    Agreement,
    Description,
    JourneyStage,
    Kind,
    Number,
    Row,
    Wording,
    open_nothing,
)
from consent.store.kinds.words import LABELS, render_number
from kernel.banking.consents import ConsentKind
from kernel.banking.terms import FundsTerms
from kernel.errors import FieldMissing

WORDING = Wording(
    invitation="let it ask whether you have funds",
    steps=("Log in", "Confirm it is you", "Choose the account"),
    steps_fixed=("Log in", "Confirm it is you", "Check the account"),
    refusal="Do not allow",
    nothing_done="Nothing was allowed.",
    agreement=Agreement(
        heading="Let {client} ask whether you have funds",
        facts="What you allow",
        question="About which account",
        fixed="About your account",
        unlisted="Accounts that {client} did not name are not listed.",
        approval="Allow these checks",
        closing="{client} names an amount, and we answer whether it is there: yes or no. It sees no balance and no payment, and cannot "
        "move money with this. You can stop it at any time, with us or with them.",
        without_account="{client} names an account that you do not hold, or cannot use online.",
    ),
)
ROW = Row(
    heading="Checks of funds that you allowed",
    standings=AGREEMENT_STANDINGS,
    over=AGREEMENT_OVER,
    may_be_stopped=True,
    stopped="{client} can no longer check for funds on this account. A card of theirs may stop working.",
    has_checks=True,
)


def check(terms: FundsTerms) -> None:
    """One account by its number."""
    if not terms.account.identification.strip():
        raise FieldMissing("an account without a number")


def describe(terms: FundsTerms) -> Description:
    number = (LABELS[terms.account.scheme], render_number(terms.account))
    return Description(summary="Checks whether you have funds", rest=(("Asked", "Whether an amount is there, yes or no"), number))


def numbers(terms: FundsTerms) -> frozenset[Number]:
    return frozenset({(terms.account.scheme.value, terms.account.identification)})


FUNDS = Kind(
    name=ConsentKind.FUNDS,
    terms=FundsTerms,
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
)
