"""A domestic initiation in canonical words. OBIE R/W 4.0, Domestic Payment Consents."""

from kernel.banking.payments import PaymentTerms
from openapi.uk_obie.v4_0.pisp.codes.schemes import INSTRUMENTS_AT_ONCE
from openapi.uk_obie.v4_0.pisp.shared.initiation import (
    PATH,
    parse_account,
    parse_amount,
    parse_bic,
    parse_debtor,
    parse_instrument,
    parse_name,
    parse_remittance,
    parse_text,
)
from openapi.uk_obie.v4_0.pisp.wire.domestic import OBDomestic2


def parse_initiation(initiation: OBDomestic2, *, returns_to_payer: bool = False, signed_by_one: bool = False) -> PaymentTerms:
    """The terms of the payment. Raises the Field problems, CurrencyUnsupported, SchemeUnsupported, AccountNumberInvalid,
    SecondaryNumberUnsupported and InstrumentUnsupported, with the path of the member."""
    instrument = parse_instrument(initiation.local_instrument, f"{PATH}.LocalInstrument", INSTRUMENTS_AT_ONCE)
    creditor = initiation.creditor_account
    remittance, reference = parse_remittance(initiation.remittance_information, f"{PATH}.RemittanceInformation")
    return PaymentTerms(
        amount=parse_amount(initiation.instructed_amount, f"{PATH}.InstructedAmount"),
        creditor_name=parse_name(creditor.name, f"{PATH}.CreditorAccount.Name"),
        creditor_account=parse_account(creditor, f"{PATH}.CreditorAccount"),
        creditor_bic=parse_bic(initiation.creditor_agent, f"{PATH}.CreditorAgent"),
        debtor_account=parse_debtor(initiation.debtor_account, f"{PATH}.DebtorAccount"),
        remittance=remittance,
        end_to_end_id=parse_text(initiation.end_to_end_identification, f"{PATH}.EndToEndIdentification"),
        instruction_id=parse_text(initiation.instruction_identification, f"{PATH}.InstructionIdentification"),
        reference=reference,
        returns_to_payer=returns_to_payer,
        signed_by_one=signed_by_one,
        instrument=instrument,
    )
