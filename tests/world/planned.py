"""A standing order and a file of payments, as their payers agree to them."""

from datetime import date

from kernel.banking.consents import ConsentKind
from kernel.banking.money import Money
from kernel.banking.planned.files import FilePayment, FileTerms, FileType
from kernel.banking.planned.instructions import InstructionRequest
from kernel.banking.planned.recurrence import Recurrence, Unit
from kernel.banking.planned.standing_orders import StandingOrderTerms
from tests.world.orders import LODGED_AS, TERMS

FIRST_ON = date(2026, 7, 10)
MONTHLY = StandingOrderTerms(
    payment=TERMS,
    recurrence=Recurrence(unit=Unit.MONTH),
    first_on=FIRST_ON,
    payments=3,
    recurring_amount=Money("GBP", 700),
    last_amount=Money("GBP", 777),
)
FILE = FileTerms(file_type=FileType.JSON, hash="hash")
FILE_PAYMENTS = (FilePayment(TERMS),)
STANDING_ORDER = {"kind": ConsentKind.STANDING_ORDER, "terms": MONTHLY}


def instruction_request(consent_id: str, terms: StandingOrderTerms = MONTHLY) -> InstructionRequest:
    return InstructionRequest(
        consent_id=consent_id, kind=ConsentKind.STANDING_ORDER, terms=terms, lodged_as=LODGED_AS, document=b'{"Data": {}}'
    )
