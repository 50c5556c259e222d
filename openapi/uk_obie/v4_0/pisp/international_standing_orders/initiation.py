"""An international standing order in canonical words. OBIE R/W 4.0, International Standing Order Consents.

It names no rate: each payment is made at that of its day.
"""

from datetime import tzinfo

from kernel.banking.abroad.planned import InternationalStandingOrderTerms
from kernel.banking.planned.standing_orders import StandingOrderTerms
from openapi.uk_obie.v4_0.pisp.shared.abroad import RATE_OF_DAY, parse_cross_border, parse_payment
from openapi.uk_obie.v4_0.pisp.shared.mandates import parse_mandate
from openapi.uk_obie.v4_0.pisp.wire.international_standing_orders import OBInternationalStandingOrder4


def parse_initiation(
    initiation: OBInternationalStandingOrder4, zone: tzinfo, *, returns_to_payer: bool = False, signed_by_one: bool = False
) -> InternationalStandingOrderTerms:
    """The terms; `zone` is the bank's, which says what day an instant is. Raises what `parse_mandate`, `parse_payment` and
    `parse_cross_border` raise, with the path of the member."""
    mandate = parse_mandate(initiation.mandate_related_information, initiation.number_of_payments, zone)
    payment = parse_payment(initiation, returns_to_payer=returns_to_payer, signed_by_one=signed_by_one)
    return InternationalStandingOrderTerms(
        standing_order=StandingOrderTerms(**mandate, payment=payment), cross_border=parse_cross_border(initiation, RATE_OF_DAY)
    )
