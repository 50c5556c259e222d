"""Join settlement, recalls and reconciliation: the built-in bank's own accounts, and the rails that settle over one of them."""

from itertools import groupby

from kernel.brand import Brand
from kernel.observability.telemetry import Telemetry
from orders.ports import PaymentsUpstream
from orders.recalls.desk import RecallDesk, RecallRun
from orders.reconciliation.reconciliation import Reconciliation
from orders.room import Room
from orders.settlement.cycle_settlement import CycleSettlement
from orders.settlement.revaluation_run import REVALUE_EVERY_SECONDS, RevaluationRun
from orders.settlement.run import SETTLE_EVERY_SECONDS, SettlementRun
from plugins.exchange.rate_table import HOME
from plugins.ledger.settlement.house_books import LedgerHouseBooks
from plugins.ledger.settlement.revaluation import Revaluation
from plugins.rails.recall_terms import TERMS
from plugins.rails.schemes import SETTLING
from plugins.upstreams.built_in_payments import BuiltInPayments
from portcullis.compose.events.singleton import Singleton, in_turn


def compose_reconciliations(room: Room, payments: PaymentsUpstream | None) -> tuple[Reconciliation, ...]:
    """A bank's own core settles with its rails itself."""
    if not isinstance(payments, BuiltInPayments):
        return ()
    rates = payments.rates.middle
    revaluation = Revaluation(database=payments.database, poster=payments.poster, home=HOME, rates=rates)
    books = LedgerHouseBooks(payments.database, payments.sealer, payments.clock, payments.poster, revaluation)
    return tuple(
        Reconciliation(settlement=CycleSettlement(room=room, books=books, calendar=calendar, account=account))
        for calendar, account in SETTLING
    )


def open_desks(reconciliations: tuple[Reconciliation, ...]) -> tuple[RecallDesk, ...]:
    return tuple(RecallDesk(settlement=each.settlement, terms=TERMS[each.settlement.account.rail]) for each in reconciliations)


def settlement_work(reconciliations: tuple[Reconciliation, ...], brand: Brand, telemetry: Telemetry) -> tuple[Singleton, ...]:
    """Each rail settles, and follows its recalls, by itself, its accounts in turn: one that fails delays no other. The brand's positions are
    revalued once."""
    work: list[Singleton] = []
    if reconciliations:
        work.append(("revaluation", REVALUE_EVERY_SECONDS, open_revaluation(reconciliations[0], brand, telemetry).run))
    for rail, desks in groupby(open_desks(reconciliations), key=lambda desk: desk.account.rail):
        inside = tuple(desks)
        name = rail if len(inside) > 1 else f"{rail}-{inside[0].account.currency}"
        settling = [SettlementRun(settlement=desk.settlement, brand=brand).run for desk in inside]
        work.append((f"settlement-{name}", SETTLE_EVERY_SECONDS, in_turn(settling)))
        recalling = [RecallRun(desk=desk, brand=brand).run for desk in inside]
        work.append((f"recalls-{name}", SETTLE_EVERY_SECONDS, in_turn(recalling)))
    return tuple(work)


def open_revaluation(reconciliation: Reconciliation, brand: Brand, telemetry: Telemetry) -> RevaluationRun:
    run = RevaluationRun(books=reconciliation.settlement.books, brand=brand)
    run.watch(telemetry)
    return run
