"""An international scheduled initiation in canonical words. OBIE R/W 4.0, International Scheduled Payment Consents."""

from datetime import tzinfo

from msgspec import UNSET

from kernel.banking.abroad.planned import InternationalScheduledTerms
from kernel.banking.planned.scheduled import ScheduledTerms
from openapi.uk_obie.v4_0.pisp.codes.international import INSTRUMENTS
from openapi.uk_obie.v4_0.pisp.shared.abroad import RATE_OF_DAY, parse_cross_border, parse_payment, parse_rate
from openapi.uk_obie.v4_0.pisp.shared.initiation import DAY, PATH, check_instrument, parse_day, parse_text
from openapi.uk_obie.v4_0.pisp.wire.international_scheduled import OBInternationalScheduled3


def parse_initiation(
    initiation: OBInternationalScheduled3,
    body: bytes,
    zone: tzinfo,
    *,
    returns_to_payer: bool = False,
    signed_by_one: bool = False,
) -> InternationalScheduledTerms:
    """`body` is the request that it came in, `zone` the bank's, which says what day an instant is. Raises InstrumentUnsupported,
    FieldDateInvalid, and what `parse_payment`, `parse_cross_border` and `parse_rate` raise, with the path of the member."""
    check_instrument(initiation.local_instrument, f"{PATH}.LocalInstrument", INSTRUMENTS)
    end_to_end = initiation.end_to_end_identification
    payment = parse_payment(
        initiation,
        end_to_end_id=None if end_to_end is UNSET else parse_text(end_to_end, f"{PATH}.EndToEndIdentification"),
        instruction_id=parse_text(initiation.instruction_identification, f"{PATH}.InstructionIdentification"),
        returns_to_payer=returns_to_payer,
        signed_by_one=signed_by_one,
    )
    rate = parse_rate(initiation.exchange_rate_information, initiation.currency_of_transfer, body, RATE_OF_DAY)
    return InternationalScheduledTerms(
        scheduled=ScheduledTerms(asked_on=parse_day(initiation.requested_execution_date_time, zone, DAY), payment=payment),
        cross_border=parse_cross_border(initiation, rate, initiation.instruction_priority),
    )
