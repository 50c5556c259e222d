"""Kinds of consent whose terms hold one payment. Its authentication follows the page that shows it and is linked to it (RTS (EU) 2018/389
article 5).
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from consent.store.kinds.kind import (
    Choosable,
    Description,
    JourneyStage,
    Kind,
    Number,
    Row,
    Wording,
    as_asked_for,
    can_pay,
    open_nothing,
)
from consent.store.kinds.words import LABELS, Facts, render_money, render_number, said
from kernel.banking.consents import payment_of
from kernel.banking.payments import PaymentTerms
from kernel.brand import Brand
from kernel.errors import FieldInvalid

T = TypeVar("T")

NO_CHARGES = "None"  # the bank takes none from the payer


def paying_kind(
    name: str,
    terms: type[T],
    *,
    wording: Wording,
    row: Row,
    facts: Callable[[T], Facts] = lambda _terms: (),
    when: Callable[[T], str] = lambda _terms: "",
    check: Callable[[T], None] = lambda _terms: None,
    plan: Callable[[T, Brand, datetime], tuple[T, datetime | None]] = as_asked_for,
) -> Kind[T]:
    """A kind that is agreed to once, for payments from one account. `facts` are those of its terms in addition to the payment's, `when`
    says when it is made, `check` is of what they ask for in addition to it, `plan` as of a Kind."""

    def check_terms(asked: T) -> None:
        check_payment(_payment_in(asked))
        check(asked)

    return Kind(
        name=name,
        terms=terms,
        stages=(JourneyStage.LOGIN, JourneyStage.CHECK, JourneyStage.CONFIRM),
        page="payment",
        page_without_account="nothing_to_pay_from",
        wording=wording,
        row=row,
        describe=lambda asked: describe_payment(_payment_in(asked), facts(asked), when(asked)),
        is_given_once=True,
        may_be_asked_by_backchannel=False,
        is_of_one_account=True,
        may_be_amended=False,
        check=check_terms,
        plan=plan,
        settle=open_nothing,
        numbers=lambda asked: numbers_of(_payment_in(asked)),
        fits=lambda asked, account: fits(_payment_in(asked), account),
    )


def check_payment(terms: PaymentTerms) -> None:
    """One amount, more than nothing."""
    if terms.amount.minor <= 0:
        raise FieldInvalid("an amount of nothing, or less")


def describe_payment(terms: PaymentTerms, more: Facts = (), when: str = "") -> Description:
    """One payment in words, with `more` after its amount and payee."""
    amount = render_money(terms.amount)
    return Description(
        summary=f"{amount} to {terms.creditor_name}",
        lead=(("Amount", amount), ("To", terms.creditor_name)),
        rest=(
            *more,
            *said(
                (LABELS[terms.creditor_account.scheme], render_number(terms.creditor_account)),
                ("Roll number", terms.creditor_account.secondary),
                ("Reference", terms.reference),
                ("Message to the payee", terms.remittance),
                ("Charges", NO_CHARGES),
            ),
        ),
        payee=terms.creditor_name,
        amount=amount,
        when=when,
    )


def numbers_of(terms: PaymentTerms) -> frozenset[Number]:
    debtor = terms.debtor_account
    return frozenset() if debtor is None else frozenset({(debtor.scheme.value, debtor.identification)})


def fits(terms: PaymentTerms, account: Choosable) -> bool:
    return can_pay(terms.amount.currency, account) and fits_signers(terms, account)


def fits_signers(terms: PaymentTerms, account: Choosable) -> bool:
    return account.signatures == 1 or not terms.signed_by_one


def _payment_in(terms: object) -> PaymentTerms:
    """Only for terms that hold a payment: a kind without one is a broken build."""
    payment = payment_of(terms)
    assert payment is not None
    return payment
