"""The statements and transactions that a payment between two accounts of this bank takes, from its order to its end: each costs more than
all that is computed in between. Counted, not timed."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import msgspec

from kernel.banking.accounts import AccountIdentifier, Counterparty, Scheme
from kernel.banking.consents import AccountAccess, AccountReference
from kernel.banking.orders import OrderState
from plugins.ledger.documents import Identity
from plugins.ledger.postings.poster import BookEntries, Poster
from plugins.ledger.transfers.own_transfers import OwnTransfer
from plugins.rails.choice import Rails
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.simulated.client import SimulatedRail
from plugins.upstreams.built_in_payments import BuiltInPayments
from plugins.upstreams.transfer_entries import paying_entry
from tests.harness.statements import Statements, statements_of
from tests.harness.upstream_books import BuiltInBooks
from tests.world.brands import BRAND, START
from tests.world.orders import TERMS, OrdersWorld

PLACED = 15  # statements: the key, the consent, the hold, the order with its submission, and the records of all of them
BOOKED = 13  # the two sides, then the transfers, numbers, accounts, holds and rows of a batch
SETTLED = 7  # the order, its attempt and their records
COMMITS = 3  # one for each of these
BATCH = 8
FUNDS = 10_000_000
OURS = AccountIdentifier(Scheme.SORT_CODE, "00997155555555", "Bob Baker")


@dataclass
class PayingWorld:
    """Orders in the database of the ledger that carries them out."""

    world: OrdersWorld
    payments: BuiltInPayments

    async def consent(self):
        terms = msgspec.structs.replace(TERMS, creditor_account=OURS)
        return await self.world.consent(terms=terms, access=(AccountAccess(AccountReference("account-1", "payer"), frozenset()),))

    async def place(self, consent, worker=None):
        workers = {} if worker is None else {BRAND.name: worker}
        return await self.world.place(consent, terms=consent.terms, orders=replace(self.world.orders, workers=workers))

    def worker(self):
        return replace(self.world.worker(), submitter=self.world.submitter(self.payments))


@asynccontextmanager
async def paying(world):
    room = world.room
    async with Poster.lifetime(world.database, room.sealer, world.clock) as poster:
        payments = BuiltInPayments(
            world.database, room.sealer, world.clock, poster, Rails.of(SimulatedRail(FASTER_PAYMENTS, no_scheme))
        )
        books = BuiltInBooks(world.database, room.sealer, world.clock, payments)
        await books.open_account(BRAND, "payer")
        await books.book(BRAND, "payer", "funds", FUNDS, START)
        await books.open_account(BRAND, "ours", identity=Identity((OURS,)))
        world.room = replace(room, reserve=payments)
        yield PayingWorld(world, payments)


def no_scheme():
    raise OSError("every payee is of this bank")


def counted(asked: Statements) -> int:
    """Without the statement by which SQLite begins a transaction."""
    return len([text for text in asked.all if not text.startswith("BEGIN")])


async def test_a_payment_within_the_bank_takes_three_transactions(both_world):
    async with paying(both_world) as paid:
        for _ in range(2):  # the first opens what later ones find
            consent, worker = await paid.consent(), paid.worker()
            with statements_of(both_world.database) as asked:
                order = await paid.place(consent, worker)
                await worker.finish()
        assert (await both_world.tracked(order.id)).order.state is OrderState.SETTLED
    assert asked.commits == COMMITS
    assert counted(asked) == PLACED + BOOKED + SETTLED, asked.all


async def test_an_order_is_answered_by_the_transaction_that_places_it(both_world):
    async with paying(both_world) as paid:
        consent = await paid.consent()
        with statements_of(both_world.database) as asked:
            order = await paid.place(consent)
        assert order.state is OrderState.ACCEPTED
    assert (asked.commits, counted(asked)) == (1, PLACED - 1), asked.all


async def test_a_batch_of_payments_is_booked_by_as_many_statements_as_one(both_world):
    async with paying(both_world) as paid:
        counts = []
        for size in (1, 1, BATCH):
            orders = [await paid.place(await paid.consent()) for _ in range(size)]
            entries = [paying_entry(order.transfer, "ours", Counterparty("Erin")) for order in orders]
            transfers = {order.id: OwnTransfer("ours", START) for order in orders}
            with statements_of(both_world.database) as asked:
                booked = await both_world.room.commands.run(
                    BookEntries(both_world.room.sealer, both_world.clock, BRAND.name, entries, transfers)
                )
            assert booked.entries == size
            counts.append(counted(asked))
    assert counts[1] == counts[2] == BOOKED - 2, asked.all
