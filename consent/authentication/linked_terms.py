"""The terms to which a payment's authentication is linked: those that the PSU reads, taken from the consent each time.

Commission Delegated Regulation (EU) 2018/389 article 5 (dynamic linking): the PSU sees amount and payee, the confirmation is good for
these alone, and any change invalidates it.
"""

import hashlib
import hmac

from consent.errors import PaymentNotLinked
from consent.ports import LinkedTerms
from consent.store.kinds.file import payees_of
from consent.store.kinds.registry import kind_of
from kernel import json
from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.consents import Consent, cross_border_of, debit_of, payment_of, plan_of
from kernel.banking.payments import PaymentTerms, digest_of
from kernel.banking.planned.files import FileTerms


def linked_of(consent: Consent, upstream_id: str) -> LinkedTerms:
    """The terms to which an authentication for this payment from this account is linked."""
    if isinstance(consent.terms, FileTerms):
        return linked_to_file(consent.terms, consent.id, upstream_id)
    terms = payment_in(consent)
    return LinkedTerms(
        amount=debit_of(consent.terms) or terms.amount,
        payee=terms.creditor_name,
        payee_account=terms.creditor_account.identification,
        digest=digest_of(terms, consent.id, upstream_id, linked_words(cross_border_of(consent.terms), plan_of(consent.terms))),
    )


def linked_to_file(terms: FileTerms, subject_id: str, upstream_id: str) -> LinkedTerms:
    """Of a file of payments: the sum and the payees, and the file itself, byte for byte (article 5(3)(b))."""
    covered = json.encode((subject_id, upstream_id, terms.plan))
    return LinkedTerms(
        amount=terms.debit,
        payee=payees_of(terms.found),
        payee_account="",
        digest=hashlib.sha256(covered).hexdigest(),
    )


def linked_words(cross_border: CrossBorder | None, plan: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The words that an authentication covers in addition to the payment: when it is made; of one abroad the currency, the charges, the rate and both
    amounts."""
    return plan if cross_border is None else (*plan, json.encode(cross_border).decode())


def check_linked(consent: Consent, upstream_ids: tuple[str, ...], linked: str) -> None:
    """Raises PaymentNotLinked unless what was authenticated is exactly this payment from this one account; nothing, for a consent that is
    for no payment."""
    if not kind_of(consent).is_linked:
        if linked:
            raise PaymentNotLinked("the authentication of a payment, for something else")
        return
    if len(upstream_ids) != 1:
        raise PaymentNotLinked(f"{len(upstream_ids)} accounts would pay")
    if not hmac.compare_digest(linked, linked_of(consent, *upstream_ids).digest):
        raise PaymentNotLinked("authenticated for other terms, or for none")


def payment_in(consent: Consent) -> PaymentTerms:
    """Only for a consent to a payment."""
    payment = payment_of(consent.terms)
    if payment is None:
        raise TypeError(f"consent {consent.id} is for no payment")
    return payment
