"""Compare an order with what its payer agreed to. The dialect compares its documents member by member; this is what money depends on, in
canonical words, under the lock of the consent."""

import msgspec

from kernel.banking.consents import AccountReference, Consent
from kernel.banking.orders import OrderRequest
from kernel.banking.payments import PaymentTerms
from kernel.errors import ConsentMismatch


def check_agreed(request: OrderRequest, consent: Consent) -> AccountReference:
    """The account that pays. Raises ConsentMismatch unless the order is exactly the payment that was agreed to, from one account."""
    agreed = consent.terms
    if not isinstance(agreed, PaymentTerms):
        raise ConsentMismatch(f"consent {consent.id} is for no single payment")
    changed = [name for name in agreed.__struct_fields__ if getattr(agreed, name) != getattr(request.terms, name)]
    if "debtor_account" in changed and None in (agreed.debtor_account, request.terms.debtor_account):
        changed.remove("debtor_account")  # it was chosen with the consent: naming it twice adds nothing
    if changed:
        raise ConsentMismatch(f"other {', '.join(changed)} than was agreed to")
    if len(consent.accounts) != 1:
        raise ConsentMismatch(f"{len(consent.accounts)} accounts would pay")
    return consent.accounts[0]


def settle_terms(request: OrderRequest, consent: Consent) -> PaymentTerms:
    """The terms, with the account that pays where either names it."""
    agreed = consent.terms
    assert isinstance(agreed, PaymentTerms)
    return msgspec.structs.replace(agreed, debtor_account=agreed.debtor_account or request.terms.debtor_account)
