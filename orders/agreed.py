"""Compare an order with what its payer agreed to. The dialect compares its documents member by member; this is what money depends on, in
canonical words, under the lock of the consent."""

import msgspec

from kernel.banking.consents import AccountReference, Consent
from kernel.banking.orders import OrderRequest
from kernel.banking.payments import PaymentTerms
from kernel.errors import ConsentMismatch

# What money and its payee depend on, and what may be given with the order where the consent does not say it.
MONEY = ("amount", "creditor_name", "creditor_account", "creditor_bic", "remittance", "reference")
GIVEN_WITH_THE_ORDER = ("debtor_account", "end_to_end_id", "instruction_id")


def check_agreed(request: OrderRequest, consent: Consent) -> AccountReference:
    """The account that pays. Raises ConsentMismatch unless the order is exactly the payment that was agreed to, from one account."""
    agreed = consent.terms
    if not isinstance(agreed, PaymentTerms):
        raise ConsentMismatch(f"consent {consent.id} is for no single payment")
    changed = [name for name in MONEY if getattr(agreed, name) != getattr(request.terms, name)]
    given = ((name, getattr(agreed, name), getattr(request.terms, name)) for name in GIVEN_WITH_THE_ORDER)
    changed += [name for name, before, after in given if None not in (before, after) and before != after]
    if changed:
        raise ConsentMismatch(f"other {', '.join(changed)} than was agreed to")
    if len(consent.accounts) != 1:
        raise ConsentMismatch(f"{len(consent.accounts)} accounts would pay")
    return consent.accounts[0]


def settle_terms(request: OrderRequest, consent: Consent) -> PaymentTerms:
    """The terms, with the account that pays and the ids of the payment where either names them."""
    agreed = consent.terms
    assert isinstance(agreed, PaymentTerms)
    given = {name: getattr(agreed, name) or getattr(request.terms, name) for name in GIVEN_WITH_THE_ORDER}
    return msgspec.structs.replace(agreed, **given)
