"""The terms to which a payment's authentication is linked: those that the PSU reads, taken from the consent each time.

Commission Delegated Regulation (EU) 2018/389 article 5 (dynamic linking): the PSU sees amount and payee, the confirmation is good for
these alone, and any change invalidates it.
"""

import hmac

from consent.errors import PaymentNotLinked
from consent.ports import LinkedTerms
from consent.store.kinds.registry import kind_of
from kernel.banking.consents import Consent
from kernel.banking.payments import PaymentTerms, digest_of


def linked_of(consent: Consent, upstream_id: str) -> LinkedTerms:
    """The terms to which an authentication for this payment from this account is linked."""
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
