"""A consent to recurring payments that Erin gave, for the worlds of orders: five pounds at a time, eight a day, nine a month."""

import msgspec

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import Consent, ConsentKind
from kernel.banking.money import Money
from kernel.banking.orders import OrderRequest
from kernel.banking.payments import PaymentTerms
from kernel.banking.terms import (
    Alignment,
    Period,
    PeriodicLimit,
    VrpAuthentication,
    VrpTerms,
    VrpType,
    VrpUse,
)
from tests.world.orders import LODGED_AS, authorised

PAYEE = AccountIdentifier(Scheme.SORT_CODE, "08080021325698")
DAILY = PeriodicLimit(amount=Money("GBP", 800), period=Period.DAY, alignment=Alignment.CONSENT)
MONTHLY = PeriodicLimit(amount=Money("GBP", 900), period=Period.MONTH, alignment=Alignment.CONSENT)
VRP = VrpTerms(
    individual_max=Money("GBP", 500),
    limits=(DAILY, MONTHLY),
    creditor_name="ACME Savings",
    creditor_account=PAYEE,
    remittance="Sweep",
    types=(VrpType.SWEEPING,),
    authentications=(VrpAuthentication.NONE,),
)
USE = VrpUse(type=VrpType.SWEEPING, authentication=VrpAuthentication.NONE)


def recurring(id: str, terms: VrpTerms = VRP, **facts) -> Consent:  # noqa: A002
    return authorised(id, kind=ConsentKind.VRP, terms=terms, **facts)


def paying(consent: Consent, minor: int = 100, **facts) -> OrderRequest:
    """An order of so many pence."""
    terms = PaymentTerms(amount=Money("GBP", minor), creditor_name="ACME Savings", creditor_account=PAYEE)
    request = OrderRequest(consent_id=consent.id, kind=ConsentKind.VRP, terms=terms, lodged_as=LODGED_AS, document=b"{}", use=USE)
    return msgspec.structs.replace(request, **facts)
