"""Records of every kind that a bank keeps of its accounts, and a world that has them."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from kernel.banking.accounts import AccountIdentifier, Counterparty, Scheme
from kernel.banking.money import Money
from kernel.banking.records.beneficiaries import Beneficiary
from kernel.banking.records.direct_debits import DirectDebit
from kernel.banking.records.mandates import Frequency, MandateStatus
from kernel.banking.records.offers import Offer, OfferKind
from kernel.banking.records.parties import AccountParty, Party
from kernel.banking.records.products import InterestTier, Product, ProductKind
from kernel.banking.records.scheduled_payments import ScheduledPayment
from kernel.banking.records.standing_orders import StandingOrder
from kernel.banking.records.statements import PDF, Statement, StatementAmount, StatementFigure, StatementFile, StatementKind
from tests.world.brands import START
from tests.world.gateway.world import GatewayWorld

PAYEE = Counterparty("Bob", AccountIdentifier(Scheme.SORT_CODE, "80200110203345"))
POUND = Money("GBP", 100)
PDF_BYTES = b"%PDF-1.7 statement"


def facts_of(number: int, account_id: str) -> dict[str, Any]:
    return {"id": f"r{number}", "account_id": account_id, "created_at": START - timedelta(days=100) + timedelta(days=number)}


def beneficiary(number: int, account_id: str = "up1", **changes: Any) -> Beneficiary:
    return Beneficiary(**({"payee": PAYEE} | facts_of(number, account_id) | changes))


def direct_debit(number: int, account_id: str = "up1", **changes: Any) -> DirectDebit:
    facts = {"status": MandateStatus.ACTIVE, "creditor_name": "Water", "previous_amount": POUND}
    return DirectDebit(**(facts | facts_of(number, account_id) | changes))


def standing_order(number: int, account_id: str = "up1", **changes: Any) -> StandingOrder:
    facts = {"status": MandateStatus.ACTIVE, "payee": PAYEE, "frequency": Frequency.MONTHLY, "next_amount": POUND}
    return StandingOrder(**(facts | facts_of(number, account_id) | changes))


def scheduled_payment(number: int, account_id: str = "up1", **changes: Any) -> ScheduledPayment:
    facts = {"due_at": START, "amount": POUND, "payee": PAYEE}
    return ScheduledPayment(**(facts | facts_of(number, account_id) | changes))


def statement(number: int, account_id: str = "up1", **changes: Any) -> Statement:
    """Of one day: the day before it was made."""
    facts = facts_of(number, account_id)
    ends_at = facts["created_at"] - timedelta(microseconds=1)
    period = {"kind": StatementKind.PERIODIC, "starts_at": facts["created_at"] - timedelta(days=1), "ends_at": ends_at}
    amounts = {"amounts": (StatementAmount(StatementFigure.CLOSING_BALANCE, POUND),)}
    return Statement(**(facts | period | amounts | changes))


def product(account_id: str = "up1", **changes: Any) -> Product:
    tier = InterestTier(minimum=Money("GBP", 0), annual_rate=Decimal("1.5"))
    facts = {"id": "everyday", "account_id": account_id, "kind": ProductKind.PERSONAL_CURRENT, "name": "Everyday"}
    return Product(**(facts | {"credit_interest": (tier,)} | changes))


def offer(number: int, account_id: str = "up1", **changes: Any) -> Offer:
    facts = {"id": f"o{number}", "account_id": account_id, "kind": OfferKind.OTHER, "description": "More"}
    return Offer(**(facts | {"amount": POUND, "rate": Decimal(3)} | changes))


def holder(name: str, account_id: str = "up1") -> AccountParty:
    return AccountParty(account_id=account_id, party=Party(id=f"party-{name}", name=name))


MAKERS = {
    "beneficiaries": beneficiary,
    "direct_debits": direct_debit,
    "standing_orders": standing_order,
    "scheduled_payments": scheduled_payment,
}


def furnish(world: GatewayWorld, count: int = 12) -> None:
    """Records of every kind on all three of the bank's accounts, one of which the consent does not cover."""
    accounts = ("up1", "up2", "up3")
    for what, make in {**MAKERS, "statements": statement}.items():
        world.upstream.records[what] = [make(number, accounts[number % 3]) for number in range(1, count + 1)]
    world.upstream.records["products"] = [product(each) for each in accounts]
    world.upstream.records["offers"] = [offer(number, each) for each in accounts for number in (1, 2)]
    world.upstream.records["parties"] = [holder(name, each) for each in accounts for name in ("alice", "bob")]
    world.upstream.customers["customer-1"] = Party(id="party-alice", name="alice")
    world.upstream.files = {
        (row.account_id, row.id): StatementFile(PDF, PDF_BYTES) for row in world.upstream.records["statements"]
    }


def instant(number: int) -> datetime:
    """When record `number` was made."""
    made: datetime = facts_of(number, "")["created_at"]
    return made
