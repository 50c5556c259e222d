"""A domestic standing order in canonical words. OBIE R/W 4.0, Domestic Standing Order Consents."""

from datetime import tzinfo

from msgspec import UNSET, UnsetType

from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.standing_orders import StandingOrderTerms
from kernel.errors import FieldExpected
from openapi.uk_obie.v4_0.pisp.shared.initiation import (
    PATH,
    parse_account,
    parse_amount,
    parse_debtor,
    parse_name,
    parse_remittance,
)
from openapi.uk_obie.v4_0.pisp.shared.mandates import FINAL, parse_mandate
from openapi.uk_obie.v4_0.pisp.wire.parts import InstructedAmount
from openapi.uk_obie.v4_0.pisp.wire.standing_orders import OBDomesticStandingOrder3


def parse_initiation(
    initiation: OBDomesticStandingOrder3, zone: tzinfo, *, returns_to_payer: bool = False, signed_by_one: bool = False
) -> StandingOrderTerms:
    """The terms; `zone` is the bank's, which says what day an instant is. Raises the Field problems, FrequencyUnsupported,
    CurrencyUnsupported, SchemeUnsupported, AccountNumberInvalid and SecondaryNumberUnsupported, with the path of the member."""
    mandate = parse_mandate(initiation.mandate_related_information, initiation.number_of_payments, zone)
    creditor = initiation.creditor_account
    last_amount = _parse_amount(initiation.final_payment_amount, "FinalPaymentAmount")
    if last_amount is not None and mandate["payments"] is None and mandate["last_on"] is None:
        raise FieldExpected("the amount of a last payment, and no end", path=FINAL)
    remittance, reference = parse_remittance(initiation.remittance_information, f"{PATH}.RemittanceInformation")
    return StandingOrderTerms(
        **mandate,
        recurring_amount=_parse_amount(initiation.recurring_payment_amount, "RecurringPaymentAmount"),
        last_amount=last_amount,
        payment=PaymentTerms(
            amount=parse_amount(initiation.first_payment_amount, f"{PATH}.FirstPaymentAmount"),
            creditor_name=parse_name(creditor.name, f"{PATH}.CreditorAccount.Name"),
            creditor_account=parse_account(creditor, f"{PATH}.CreditorAccount"),
            debtor_account=parse_debtor(initiation.debtor_account, f"{PATH}.DebtorAccount"),
            remittance=remittance,
            reference=reference,
            returns_to_payer=returns_to_payer,
            signed_by_one=signed_by_one,
        ),
    )


def _parse_amount(asked: InstructedAmount | UnsetType, name: str) -> Money | None:
    return None if asked is UNSET else parse_amount(asked, f"{PATH}.{name}")
