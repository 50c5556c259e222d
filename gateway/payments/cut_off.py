"""The cut-off of a bank, for what comes now: the consent says it, and an order that comes later is refused or waits for the next working day.

The commands refuse, once they know that they are no repeat of an earlier one.
"""

from datetime import datetime

import msgspec

from kernel.banking.abroad.cross_border import InternationalTerms
from kernel.banking.consents import Consent, ConsentLodgement, plan_of
from kernel.banking.orders import OrderRequest
from kernel.banking.payments import PaymentTerms
from kernel.cut_offs import PaymentDay


def lodge_until(lodgement: ConsentLodgement, day: PaymentDay | None) -> ConsentLodgement:
    """The lodgement of a payment that comes now. Where the bank refuses late ones, its consent ends at the cut-off."""
    if day is None or not isinstance(lodgement.terms, PaymentTerms | InternationalTerms):
        return lodgement
    cut = msgspec.structs.replace(lodgement, terms=_cut(lodgement.terms, day.cut_off))
    if day.late != "refused":
        return cut
    end = day.cut_off if lodgement.valid_until is None else min(lodgement.valid_until, day.cut_off)
    return msgspec.structs.replace(cut, opens_at=day.opens, valid_until=end)


def order_on(request: OrderRequest, consent: Consent, day: PaymentDay | None, now: datetime) -> OrderRequest:
    """The order that comes now, to be refused or to be made on the next working day if that is too late. One that is planned for another
    day may come at any hour."""
    if day is None or day.opens <= now or plan_of(consent.terms):
        return request
    if day.late == "refused":
        return msgspec.structs.replace(request, opens_at=day.opens)
    return msgspec.structs.replace(request, execute_at=day.opens)


def _cut(terms: PaymentTerms | InternationalTerms, cut_off: datetime) -> PaymentTerms | InternationalTerms:
    if isinstance(terms, InternationalTerms):
        return msgspec.structs.replace(terms, payment=msgspec.structs.replace(terms.payment, cut_off=cut_off))
    return msgspec.structs.replace(terms, cut_off=cut_off)
