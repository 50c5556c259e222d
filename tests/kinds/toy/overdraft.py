"""A toy kind of consent: that a TPP may learn once that an overdraft begins, on one savings account."""

from consent.store.kinds.kind import Agreement, Choosable, Description, JourneyStage, Kind, Row, Wording, open_nothing
from kernel.banking.accounts import Scheme
from kernel.banking.consents import ConsentState
from kernel.banking.terms import FundsTerms
from kernel.errors import FieldInvalid

WORDING = Wording(
    invitation="let it hear of an overdraft",
    steps=("Log in", "Confirm it is you", "Choose the account"),
    steps_fixed=("Log in", "Confirm it is you", "Check the account"),
    refusal="Do not allow",
    nothing_done="Nothing was allowed.",
    agreement=Agreement(
        heading="Let {client} hear of an overdraft",
        facts="What you allow",
        question="On which account",
        fixed="On your account",
        unlisted="Only savings accounts are listed.",
        approval="Allow it",
        closing="{client} hears of it once.",
        without_account="You have no savings account.",
    ),
)


def check(terms: FundsTerms) -> None:
    if terms.account.scheme is not Scheme.IBAN:
        raise FieldInvalid("word goes to an IBAN")


def describe(terms: FundsTerms) -> Description:
    return Description(summary="Word of an overdraft", rest=(("Word goes to", terms.account.identification),))


def fits(_terms: FundsTerms, account: Choosable) -> bool:
    return account.type == "Savings account"


OVERDRAFT = Kind(
    name="overdraft",
    terms=FundsTerms,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    page="agreement",
    page_without_account="nothing_to_agree_for",
    wording=WORDING,
    row=Row(
        heading="Words of overdrafts that you allowed",
        standings={ConsentState.AUTHORISED: "Allowed now."},
        over="It ended on {date}.",
        may_be_stopped=True,
        stopped="{client} hears of nothing.",
    ),
    describe=describe,
    is_given_once=True,
    may_be_asked_by_backchannel=False,
    is_of_one_account=True,
    may_be_amended=False,
    check=check,
    settle=open_nothing,
    fits=fits,
)
