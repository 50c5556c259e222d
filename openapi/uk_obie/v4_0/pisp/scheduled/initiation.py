"""A domestic scheduled initiation in canonical words. OBIE R/W 4.0, Domestic Scheduled Payment Consents."""

from datetime import tzinfo

from msgspec import UNSET

from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.scheduled import ScheduledTerms
from openapi.uk_obie.v4_0.pisp.shared.initiation import (
    DAY,
    PATH,
    check_instrument,
    parse_account,
    parse_amount,
    parse_day,
    parse_debtor,
    parse_name,
    parse_remittance,
    parse_text,
)
from openapi.uk_obie.v4_0.pisp.wire.scheduled import OBDomesticScheduled2


def parse_initiation(
    initiation: OBDomesticScheduled2, zone: tzinfo, *, returns_to_payer: bool = False, signed_by_one: bool = False
) -> ScheduledTerms:
    """The terms of the payment; `zone` is the bank's, which says what day an instant is. Raises the Field problems, CurrencyUnsupported,
    SchemeUnsupported, AccountNumberInvalid, SecondaryNumberUnsupported and InstrumentUnsupported, with the path of the member."""
    check_instrument(initiation.local_instrument, f"{PATH}.LocalInstrument")
    creditor, end_to_end = initiation.creditor_account, initiation.end_to_end_identification
    remittance, reference = parse_remittance(initiation.remittance_information, f"{PATH}.RemittanceInformation")
    return ScheduledTerms(
        asked_on=parse_day(initiation.requested_execution_date_time, zone, DAY),
        payment=PaymentTerms(
            amount=parse_amount(initiation.instructed_amount, f"{PATH}.InstructedAmount"),
            creditor_name=parse_name(creditor.name, f"{PATH}.CreditorAccount.Name"),
            creditor_account=parse_account(creditor, f"{PATH}.CreditorAccount"),
            debtor_account=parse_debtor(initiation.debtor_account, f"{PATH}.DebtorAccount"),
            remittance=remittance,
            end_to_end_id=None if end_to_end is UNSET else parse_text(end_to_end, f"{PATH}.EndToEndIdentification"),
            instruction_id=parse_text(initiation.instruction_identification, f"{PATH}.InstructionIdentification"),
            reference=reference,
            returns_to_payer=returns_to_payer,
            signed_by_one=signed_by_one,
        ),
    )
