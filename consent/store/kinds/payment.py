"""One payment. Its authentication follows the page that shows it and is linked to it (RTS (EU) 2018/389 article 5)."""

from consent.store.kinds.kind import Choosable, Description, JourneyStage, Kind, Number, Row, Wording, can_pay, open_nothing
from consent.store.kinds.words import LABELS, render_money, render_number, said
from kernel.banking.consents import ConsentKind, ConsentState
from kernel.banking.payments import PaymentTerms
from kernel.errors import FieldInvalid

NO_CHARGES = "None"  # the bank takes none from the payer

WORDING = Wording(
    invitation="check and confirm a payment",
    steps=("Log in", "Choose the account", "Confirm the payment"),
    steps_fixed=("Log in", "Check the payment", "Confirm the payment"),
    refusal="Do not pay",
    nothing_done="Nothing was paid.",
)
ROW = Row(  # its TPP says whether it is still to be made: Directive (EU) 2015/2366 article 80(2)
    heading="Payments that you agreed to",
    standings={
        ConsentState.AUTHORISED: "Not made yet.",
        ConsentState.PARTIALLY_AUTHORISED: "Not made yet. Others must sign it too.",
        ConsentState.CONSUMED: "Handed on to be made on {date}.",
        ConsentState.SUSPENDED: "Not made yet. It is on hold since {date}.",
        ConsentState.REVOKED_BY_PSU: "Not made. You stopped it on {date}.",
        ConsentState.WITHDRAWN_BY_TPP: "Not made. They gave it up on {date}.",
        ConsentState.EXPIRED: "Not made. The time for it ran out on {date}.",
    },
    over="Not made. It ended on {date}.",
    may_be_stopped=False,
)


def check(terms: PaymentTerms) -> None:
    """One amount, more than nothing."""
    if terms.amount.minor <= 0:
        raise FieldInvalid("an amount of nothing, or less")


def describe(terms: PaymentTerms) -> Description:
    amount = render_money(terms.amount)
    return Description(
        summary=f"{amount} to {terms.creditor_name}",
        lead=(("Amount", amount), ("To", terms.creditor_name)),
        rest=said(
            (LABELS[terms.creditor_account.scheme], render_number(terms.creditor_account)),
            ("Reference", terms.remittance),
            ("Charges", NO_CHARGES),
        ),
        payee=terms.creditor_name,
        amount=amount,
    )


def numbers(terms: PaymentTerms) -> frozenset[Number]:
    debtor = terms.debtor_account
    return frozenset() if debtor is None else frozenset({(debtor.scheme.value, debtor.identification)})


def fits(terms: PaymentTerms, account: Choosable) -> bool:
    return can_pay(terms.amount.currency, account) and (account.signatures == 1 or not terms.signed_by_one)


PAYMENT = Kind(
    name=ConsentKind.PAYMENT,
    terms=PaymentTerms,
    stages=(JourneyStage.LOGIN, JourneyStage.CHECK, JourneyStage.CONFIRM),
    page="payment",
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
)
