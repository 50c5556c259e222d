"""What a payment's authentication is linked to, and what the PSU reads of it: the same terms, from the consent itself each time.

Commission Delegated Regulation (EU) 2018/389 article 5 (dynamic linking): the PSU sees amount and payee, what they confirm is good for
these alone, and any change makes it worthless.
"""

import hmac

from consent.errors import PaymentNotLinked
from consent.ports import LinkedTerms
from consent.store.kinds.registry import kind_of
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import Consent
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms, digest_of

Facts = tuple[tuple[str, str], ...]  # label and value, as they stand on the page

SYMBOLS = {"GBP": "£", "EUR": "€"}
LABELS = {Scheme.IBAN: "IBAN", Scheme.SORT_CODE: "Sort code and account number", Scheme.PAN: "Card number"}
IBAN_GROUP = 4
SORT_CODE_DIGITS = 6


def linked_of(consent: Consent, upstream_id: str) -> LinkedTerms:
    """What an authentication for this payment from this account is linked to."""
    terms = payment_in(consent)
    return LinkedTerms(
        amount=terms.amount,
        payee=terms.creditor_name,
        payee_account=terms.creditor_account.identification,
        digest=digest_of(terms, consent.id, upstream_id),
    )


def check_linked(consent: Consent, upstream_ids: tuple[str, ...], linked: str) -> None:
    """Raises PaymentNotLinked unless what was authenticated is exactly this payment from this one account; nothing, for a consent that is
    for no payment."""
    if not kind_of(consent).is_linked:
        if linked:
            raise PaymentNotLinked("the authentication of a payment, for something else")
        return
    if len(upstream_ids) != 1:
        raise PaymentNotLinked(f"{len(upstream_ids)} accounts would pay")
    if not hmac.compare_digest(linked, digest_of(payment_in(consent), consent.id, *upstream_ids)):
        raise PaymentNotLinked("authenticated for other terms, or for none")


def payment_in(consent: Consent) -> PaymentTerms:
    """Only for a consent to a payment."""
    if not isinstance(consent.terms, PaymentTerms):
        raise TypeError(f"consent {consent.id} is for no payment")
    return consent.terms


def render_facts(terms: PaymentTerms) -> Facts:
    facts = (
        ("Amount", render_money(terms.amount)),
        ("To", terms.creditor_name),
        (LABELS[terms.creditor_account.scheme], render_number(terms.creditor_account)),
        ("Reference", terms.remittance or ""),
    )
    return tuple((label, value) for label, value in facts if value)


def render_money(money: Money) -> str:
    whole, _, decimals = money.decimal().partition(".")
    digits = f"{int(whole):,}" + (f".{decimals}" if decimals else "")
    symbol = SYMBOLS.get(money.currency)
    return f"{symbol}{digits}" if symbol else f"{digits} {money.currency}"


def render_number(account: AccountIdentifier) -> str:
    """In the groups in which people compare numbers."""
    number = account.identification
    if account.scheme is Scheme.SORT_CODE:
        return f"{number[:2]}-{number[2:4]}-{number[4:SORT_CODE_DIGITS]} {number[SORT_CODE_DIGITS:]}"
    return " ".join(number[start : start + IBAN_GROUP] for start in range(0, len(number), IBAN_GROUP))
