"""Commands of settlement and reconciliation as they meet others: each about the one payment of the scene, or the one cycle."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from kernel.banking.money import Money
from kernel.storage.sealed import Sealer
from orders.recalls.agreement import ApproveAgreement, ProposeAgreement
from orders.recalls.commands import MoveRecall, OpenRecall
from orders.recalls.recall import Direction, RecallEvent, RecallRequest
from orders.reconciliation.broken import BreakClass, Found
from orders.reconciliation.commands import ActOnBreak, CompleteBreak, KeepStatements, RecordFindings
from orders.reconciliation.decisions import Assign
from orders.reconciliation.matches import Match, Rule
from orders.reconciliation.past_rows import CLEARED_KEPT, STATEMENTS_KEPT, RemoveClearedBreaks, RemoveStatements
from orders.reconciliation.statement import Balance, Kind, Statement
from orders.settlement.commands import CompleteReturn, CompleteSettlement, FixSettlement, PassSettled, TakeReturn
from orders.settlement.ports import Credit, OwnItem
from orders.settlement.returned import Returned
from plugins.rails.faster_payments.rules import ACCOUNT
from tests.world.brands import BRAND
from tests.world.operators import ANN, BEA

CYCLE = "2026-07-01.1"
RECALL, CREDIT = "RC1", Credit(amount=Money("GBP", 5), numbers=())
SEALER = Sealer({1: b"k" * 32})
FOUND = Found(kind=BreakClass.TIMING, subjects=("day",), effect=Money("GBP", 0), detail="late", action="ask")


def fix(uetr: str, now: datetime) -> FixSettlement:
    facts = {"number": 1, "sequence": 1, "amount": Money("GBP", -5)}
    item = OwnItem(entry_id=f"of-{uetr}", kind="payment", cause="", at=now, cycle=CYCLE, **facts)
    return FixSettlement(brand=BRAND, account=ACCOUNT, cycle=CYCLE, calendar="1", items=[item], now=now)


def take(uetr: str, now: datetime) -> TakeReturn:
    returned = Returned(id=f"R{uetr[:30]}", uetr=uetr, amount=Money("GBP", 5), reason="AC04")
    return TakeReturn(brand=BRAND, sealer=SEALER, rail=ACCOUNT.rail, returned=returned, now=now)


def keep(_uetr: str, now: datetime) -> KeepStatements:
    balance = Balance(amount=Money("GBP", 0), day=now.date())
    statement = Statement(
        kind=Kind.STATEMENT,
        id="S",
        account=ACCOUNT.number,
        currency="GBP",
        created_at=now,
        opening=balance,
        closing=balance,
    )
    return KeepStatements(brand=BRAND, sealer=SEALER, statements=[statement], now=now)


def record(uetr: str, now: datetime) -> RecordFindings:
    found = (FOUND,)
    matches = [Match(rule=Rule.UETR, line=f"line of {uetr}", items=(f"of-{uetr}",))]
    facts = {"matches": matches, "found": found, "today": now.date(), "now": now}
    return RecordFindings(brand=BRAND, sealer=SEALER, account=ACCOUNT, **facts)


def act(_uetr: str, now: datetime) -> ActOnBreak:
    done = Assign(by=ANN, owner="Bea")
    return ActOnBreak(brand=BRAND, sealer=SEALER, break_id=FOUND.id, act=done, today=now.date(), now=now)


def complete(_uetr: str, now: datetime) -> CompleteBreak:
    return CompleteBreak(brand=BRAND, sealer=SEALER, break_id=FOUND.id, entry_id=None, now=now)


def remove_statements(_uetr: str, now: datetime) -> RemoveStatements:
    return RemoveStatements(brand=BRAND, sealer=SEALER, now=now + STATEMENTS_KEPT, most=500)


def remove_cleared(_uetr: str, now: datetime) -> RemoveClearedBreaks:
    return RemoveClearedBreaks(brand=BRAND, now=now + CLEARED_KEPT, most=500)


def open_recall(uetr: str, now: datetime) -> OpenRecall:
    request = RecallRequest(case="C", uetr=uetr, amount=Money("GBP", 5), reason="CUST", asked_by="A", asked_of="B")
    facts = {"direction": Direction.RECEIVED, "rail": ACCOUNT.rail, "request": request, "answer_by": now.date()}
    return OpenRecall(brand=BRAND, sealer=SEALER, id=RECALL, by=ANN, now=now, **facts)


def move_recall(_uetr: str, now: datetime) -> MoveRecall:
    facts = {"refusal": "NOAS"}
    return MoveRecall(brand=BRAND, sealer=SEALER, id=RECALL, event=RecallEvent.REFUSE, by=None, now=now, facts=facts)


def propose_agreement(_uetr: str, now: datetime) -> ProposeAgreement:
    facts = {"entry": "e", "credit": CREDIT, "ground": "g", "payee_agreed": True}
    return ProposeAgreement(brand=BRAND, sealer=SEALER, id=RECALL, by=ANN, now=now, **facts)


def approve_agreement(_uetr: str, now: datetime) -> ApproveAgreement:
    facts = {"version": 2, "entry": "e", "credit": CREDIT}
    return ApproveAgreement(brand=BRAND, sealer=SEALER, id=RECALL, by=BEA, now=now, **facts)


SETTLEMENT_ACTS: Mapping[type, Callable[[str, datetime], Any]] = MappingProxyType(
    {
        FixSettlement: fix,
        PassSettled: lambda _uetr, _now: PassSettled(brand=BRAND, account=ACCOUNT, number=1),
        CompleteSettlement: lambda _uetr, now: CompleteSettlement(brand=BRAND, entry_id=f"settle:{CYCLE}", now=now),
        TakeReturn: take,
        OpenRecall: open_recall,
        MoveRecall: move_recall,
        ProposeAgreement: propose_agreement,
        ApproveAgreement: approve_agreement,
        KeepStatements: keep,
        RecordFindings: record,
        ActOnBreak: act,
        CompleteBreak: complete,
        RemoveStatements: remove_statements,
        RemoveClearedBreaks: remove_cleared,
        CompleteReturn: lambda uetr, now: CompleteReturn(brand=BRAND, entry_id=f"of-{uetr}", now=now),
    }
)
