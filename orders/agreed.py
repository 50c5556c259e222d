"""Compare an order with what its payer agreed to. The dialect compares its documents member by member; this is what money depends on, in
canonical words, under the lock of the consent."""

from typing import Any

import msgspec

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import AccountAccess, AccountReference, Consent, cross_border_of, payment_of, plan_of
from kernel.banking.orders import OrderRequest
from kernel.banking.payments import PaymentTerms
from kernel.banking.terms import VrpTerms
from kernel.errors import ConsentMismatch

# What money and its payee depend on, and what may be given with the order where the consent does not say it.
MONEY = ("amount", "creditor_name", "creditor_account", "creditor_bic", "remittance", "reference")
GIVEN_WITH_THE_ORDER = ("debtor_account", "end_to_end_id", "instruction_id")
# What of a payment within limits is as its consent says, and what only where that says it.
PAYEE = ("creditor_name", "creditor_account")
GIVEN_WITHIN_LIMITS = ("debtor_account", "remittance", "reference")


def check_agreed(request: OrderRequest, consent: Consent) -> AccountReference:
    """The account that pays. Raises ConsentMismatch unless the order is exactly the payment that was agreed to, or one to the same payee under
    a consent to many (orders/limits judges its amount), from one account."""
    agreed = _agreed_in(consent)
    changed = _find_changed(agreed, request.terms)
    if _asked(cross_border_of(consent.terms)) != _asked(request.cross_border):
        changed.append("cross_border")
    if changed:
        raise ConsentMismatch(f"other {', '.join(changed)} than was agreed to")
    if len(consent.access) != 1:
        raise ConsentMismatch(f"{len(consent.access)} accounts would pay")
    if agreed.debtor_account is None and request.terms.debtor_account is not None:
        _check_chosen(request.terms.debtor_account, consent.access[0])
    return consent.access[0].account


def _check_chosen(named: AccountIdentifier, chosen: AccountAccess) -> None:
    """The consent left the account open and the order names one: it is the one that its payer chose, as far as anyone knows."""
    numbers = () if chosen.identity is None else chosen.identity.numbers
    if (named.scheme.value, named.identification) not in numbers:
        raise ConsentMismatch("the order names another account than its payer chose")


def settle_terms(request: OrderRequest, consent: Consent) -> PaymentTerms:
    """The terms, with the account that pays, the texts and the ids of the payment where either names them."""
    if isinstance(consent.terms, VrpTerms):
        return msgspec.structs.replace(request.terms, **_given(GIVEN_WITHIN_LIMITS, consent.terms, request.terms))
    agreed = payment_of(consent.terms)
    assert agreed is not None
    return msgspec.structs.replace(agreed, **_given(GIVEN_WITH_THE_ORDER, agreed, request.terms))


def _agreed_in(consent: Consent) -> PaymentTerms | VrpTerms:
    agreed: PaymentTerms | VrpTerms | None = consent.terms if isinstance(consent.terms, VrpTerms) else payment_of(consent.terms)
    if agreed is None:
        raise ConsentMismatch(f"consent {consent.id} is for no payment")
    return agreed


def _find_changed(agreed: PaymentTerms | VrpTerms, ordered: PaymentTerms) -> list[str]:
    fixed, given = (PAYEE, GIVEN_WITHIN_LIMITS) if isinstance(agreed, VrpTerms) else (MONEY, GIVEN_WITH_THE_ORDER)
    pairs = [(name, getattr(agreed, name), getattr(ordered, name)) for name in (*fixed, *given)]
    return [name for name, ours, theirs in pairs if ours != theirs and (name in fixed or None not in (ours, theirs))]


def _given(names: tuple[str, ...], agreed: PaymentTerms | VrpTerms, ordered: PaymentTerms) -> dict[str, Any]:
    return {name: getattr(agreed, name) or getattr(ordered, name) for name in names}


def settle_cross_border(request: OrderRequest, consent: Consent) -> CrossBorder | None:
    """The part of a payment abroad as it was agreed to, at the rate of the moment of the order where it was indicative. Raises
    ConsentMismatch where no rate binds the bank to a payment that is made at once: one that is planned has the rate of its day."""
    agreed = cross_border_of(consent.terms)
    if agreed is None:
        return None
    settled = agreed if request.quote is None else msgspec.structs.replace(agreed, quote=request.quote)
    if settled.expires_at is None and not plan_of(consent.terms):
        raise ConsentMismatch("no rate binds the bank")
    return settled


def _asked(cross_border: CrossBorder | None) -> CrossBorder | None:
    return None if cross_border is None else cross_border.asked
