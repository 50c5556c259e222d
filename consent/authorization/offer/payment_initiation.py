"""authorization_details of type `payment_initiation`: one payment, in the words of RFC 9396's own example (section 2), and what it was
granted.

Strict: an amount is refused, never rounded, and a name or an account number that a payer could not compare is refused as well.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

from consent.errors import AuthorizationDetailsInvalid
from kernel import json
from kernel.banking.account_numbers import BIC_PATTERN, is_sort_code_number
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import Consent, ConsentKind, ConsentLodgement
from kernel.banking.iban import is_iban
from kernel.banking.money import Money
from kernel.banking.payments import (
    END_TO_END_ID_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    REMITTANCE_CHARACTERS_MAX,
    PaymentTerms,
)
from kernel.banking.visible_text import is_name, is_visible

TYPE: Literal["payment_initiation"] = "payment_initiation"
ACTIONS_MAX = 3  # actions in one object of authorization_details
LOCATIONS_MAX = 50  # locations in one object of authorization_details
AMOUNT_CHARACTERS_MAX = 20  # of an amount, as it is written
PAYMENT_LIFETIME = timedelta(hours=24)  # from the request; an unpaid consent ends then, and its TPP must request a new one


class Action(StrEnum):
    INITIATE = "initiate"
    STATUS = "status"
    CANCEL = "cancel"


class Amount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
    amount: Annotated[str, msgspec.Meta(min_length=1, max_length=AMOUNT_CHARACTERS_MAX)]


class PaymentAccount(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"):
    """By `iban`, or by a `bban` of a named `scheme`; `bic` is its bank's."""

    iban: str | None = None
    bban: str | None = None
    scheme: Literal["sort_code"] | None = None
    bic: Annotated[str, msgspec.Meta(pattern=BIC_PATTERN)] | None = None


class PaymentInitiation(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, rename="camel"
):
    """`locations` are resources (consent/authorization/offer/resources.py)."""

    type: Literal["payment_initiation"]
    actions: Annotated[tuple[Action, ...], msgspec.Meta(max_length=ACTIONS_MAX)]
    instructed_amount: Amount
    creditor_name: Annotated[str, msgspec.Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]
    creditor_account: PaymentAccount
    debtor_account: PaymentAccount | None = None
    remittance_information_unstructured: (
        Annotated[str, msgspec.Meta(min_length=1, max_length=REMITTANCE_CHARACTERS_MAX)] | None
    ) = None
    end_to_end_identification: Annotated[str, msgspec.Meta(min_length=1, max_length=END_TO_END_ID_CHARACTERS_MAX)] | None = None
    locations: Annotated[tuple[str, ...], msgspec.Meta(max_length=LOCATIONS_MAX)] = ()


def check_payment(details: PaymentInitiation) -> None:
    """Raises AuthorizationDetailsInvalid for what no payer could agree to."""
    if Action.INITIATE not in details.actions or len(set(details.actions)) != len(details.actions):
        raise AuthorizationDetailsInvalid("nothing is initiated, or twice", public="A payment takes the action initiate, once.")
    payment = payment_of(details)
    if payment.amount.minor <= 0:
        raise AuthorizationDetailsInvalid("an amount of nothing", public="The amount must be more than nothing.")
    if not is_name(payment.creditor_name):
        raise AuthorizationDetailsInvalid(
            "a name that hides something", public="The creditor's name has nothing that shows, or hides some."
        )
    for text in (payment.creditor_name, payment.remittance, payment.end_to_end_id):
        if text is not None and (not is_visible(text) or text != text.strip()):
            raise AuthorizationDetailsInvalid("a text with characters that do not show, or blanks around it")


def payment_of(details: PaymentInitiation) -> PaymentTerms:
    """The terms in canonical words. Raises AuthorizationDetailsInvalid."""
    asked, debtor = details.instructed_amount, details.debtor_account
    try:
        amount = Money.parse(asked.amount, asked.currency)
    except ValueError as error:
        raise AuthorizationDetailsInvalid(f"amount: {error}", public="The amount does not fit its currency.") from None
    return PaymentTerms(
        amount=amount,
        creditor_name=details.creditor_name,
        creditor_account=_identifier_of(details.creditor_account),
        creditor_bic=details.creditor_account.bic,
        debtor_account=None if debtor is None else _identifier_of(debtor),
        remittance=details.remittance_information_unstructured,
        end_to_end_id=details.end_to_end_identification,
    )


def lodge_payment(details: PaymentInitiation, lodged_as: str, now: datetime) -> ConsentLodgement:
    """The consent that the payment asks for; `now` is business time."""
    return ConsentLodgement(
        kind=ConsentKind.PAYMENT,
        lodged_as=lodged_as,
        terms=payment_of(details),
        valid_until=now + PAYMENT_LIFETIME,
        document=json.encode(details),
    )


def render_payment(consent: Consent) -> dict[str, Any]:
    """The granted details: the payment as it was requested. RFC 9396 section 7.1."""
    asked: dict[str, Any] = msgspec.to_builtins(msgspec.json.decode(consent.document, type=PaymentInitiation))
    return asked


def _identifier_of(account: PaymentAccount) -> AccountIdentifier:
    if account.iban is not None and account.bban is None and account.scheme is None:
        if not is_iban(account.iban):
            raise AuthorizationDetailsInvalid("not an IBAN", public="An IBAN is malformed.")
        return AccountIdentifier(Scheme.IBAN, account.iban)
    if account.iban is None and account.bban is not None and account.scheme == Scheme.SORT_CODE.value:
        if not is_sort_code_number(account.bban):
            raise AuthorizationDetailsInvalid("not a sort code and account number", public="An account number is malformed.")
        return AccountIdentifier(Scheme.SORT_CODE, account.bban)
    raise AuthorizationDetailsInvalid(
        "an account by none or two numbers", public="An account has an iban, or a bban and its scheme."
    )
