"""An international initiation in canonical words. OBIE R/W 4.0, International Payment Consents."""

from msgspec import UNSET

from kernel.banking.abroad.cross_border import InternationalTerms
from kernel.banking.abroad.exchange import AskedRate, RateType
from kernel.errors import FieldInvalid, InstrumentUnsupported
from openapi.uk_obie.v4_0.pisp.codes.international import CHARGE_BEARERS, INSTRUMENTS_AT_ONCE, SEPA, SEPA_BEARERS, SEPA_CURRENCY
from openapi.uk_obie.v4_0.pisp.shared.abroad import RATE_OF_ORDER, parse_cross_border, parse_payment, parse_rate
from openapi.uk_obie.v4_0.pisp.shared.initiation import PATH, parse_instrument, parse_text
from openapi.uk_obie.v4_0.pisp.wire.international import OBInternational3


def parse_initiation(
    initiation: OBInternational3, body: bytes, *, returns_to_payer: bool = False, signed_by_one: bool = False
) -> InternationalTerms:
    """`body` is the request that it came in. Raises InstrumentUnsupported, and what `parse_payment`, `parse_cross_border` and `parse_rate`
    raise, with the path of the member."""
    instrument = parse_instrument(initiation.local_instrument, f"{PATH}.LocalInstrument", INSTRUMENTS_AT_ONCE)
    otherwise = _parse_sepa(initiation) if instrument in SEPA else RATE_OF_ORDER
    payment = parse_payment(
        initiation,
        end_to_end_id=parse_text(initiation.end_to_end_identification, f"{PATH}.EndToEndIdentification"),
        instruction_id=parse_text(initiation.instruction_identification, f"{PATH}.InstructionIdentification"),
        returns_to_payer=returns_to_payer,
        signed_by_one=signed_by_one,
        instrument=instrument,
    )
    rate = parse_rate(initiation.exchange_rate_information, initiation.currency_of_transfer, body, otherwise)
    return InternationalTerms(payment=payment, cross_border=parse_cross_border(initiation, rate, initiation.instruction_priority))


def _parse_sepa(initiation: OBInternational3) -> AskedRate:
    """The rate of a payment by a scheme of SEPA, where none is asked for: an amount in euro leaves an account in euro. Raises
    InstrumentUnsupported or FieldInvalid for what these schemes do not carry."""
    bearer, amount = initiation.charge_bearer, initiation.instructed_amount
    if initiation.currency_of_transfer != SEPA_CURRENCY:
        raise InstrumentUnsupported(path=f"{PATH}.LocalInstrument")
    if bearer is not UNSET and CHARGE_BEARERS[bearer] not in SEPA_BEARERS:
        raise FieldInvalid(
            f"{bearer} under a scheme of SEPA",
            public="Under this instrument each side pays the charges of its own bank.",
            path=f"{PATH}.ChargeBearer",
        )
    if amount.currency != SEPA_CURRENCY:
        return RATE_OF_ORDER
    return AskedRate(type=RateType.ACTUAL, unit_currency=SEPA_CURRENCY, exchanged=False)
