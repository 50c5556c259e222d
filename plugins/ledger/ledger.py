"""The ledger within a transaction of the caller's: accounts opened and changed, entries booked, payments announced and released.

Everything that touches the holder's lines takes booking numbers, and so the brand's lock: it is for batches, imports and a bank's own
counter. A payment's request places a hold (holds/placement.py) and is booked by the poster (postings/poster.py).
"""

from collections.abc import Sequence
from datetime import UTC, tzinfo

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import TransactionStatus
from kernel.banking.money import Money
from kernel.clock import Clock
from kernel.errors import Problem
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry, Journal
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.accounts.internal import internal_account_id, open_internal
from plugins.ledger.accounts.numbers import add_numbers
from plugins.ledger.accounts.openings import AccountOpening, StatusChange, signatures_of
from plugins.ledger.documents import seal_identity
from plugins.ledger.holds.hold import HoldState
from plugins.ledger.postings.batch import line_row
from plugins.ledger.postings.booking import book_entries
from plugins.ledger.postings.bulk import stored_instant
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line, PendingPayment, check_sayable
from plugins.ledger.postings.row_writer import LINES
from plugins.ledger.postings.standing import lock_accounts
from plugins.ledger.refusals import EntryMismatched, EntryRefused, EntryRepeated, PendingUnknown
from plugins.ledger.sequences import take_sequences


class Ledger:
    """Every method runs on the connection of the caller's transaction and commits with it. `zone` is that of the days in which it books."""

    def __init__(self, sealer: Sealer, clock: Clock, zone: tzinfo = UTC) -> None:
        self._sealer = sealer
        self._clock = clock
        self._zone = zone
        self._journal = Journal(tables.journal, tables.outbox)

    async def open_account(
        self, connection: AsyncConnection, brand: str, opening: AccountOpening, *, actor: str = "system"
    ) -> None:
        """Open a customer's account and link it to its holders. Its floor follows from its credit line."""
        await connection.execute(
            tables.accounts.insert().values(
                brand=brand,
                id=opening.id,
                internal=False,
                currency=opening.currency,
                type=opening.type,
                category=opening.category,
                status=opening.status,
                status_changed_at=opening.opened_at,
                product_id=opening.product_id,
                switched=opening.switched,
                opened_at=opening.opened_at,
                product=opening.product,
                eligible=opening.eligible,
                signatures=signatures_of(opening),
                credit_line_minor=opening.credit_line.minor if opening.credit_line else None,
                servicer_bic=opening.servicer_bic,
                identity=seal_identity(self._sealer, opening.identity, brand, opening.id),
            )
        )
        rows = [
            {
                "brand": brand,
                "customer_id": holder.customer_id,
                "account_id": opening.id,
                "right": holder.right,
                "position": holder.position,
            }
            for holder in opening.holders
        ]
        await connection.execute(tables.holders.insert(), rows)
        await add_numbers(connection, self._sealer, brand, opening.id, opening.identity)
        await self._record(connection, brand, "account.opened", opening.id, actor, facts={"holders": len(rows)})

    async def open_internal(self, connection: AsyncConnection, brand: str, name: str, currency: str) -> str:
        """The id of the bank's own account of that name and currency ("world", "merchants", "fees"), opened if there is none."""
        account_id = internal_account_id(name, currency)
        if not await lock_accounts(connection, brand, {account_id}):
            await open_internal(connection, brand, [account_id], self._clock.now())
        return account_id

    async def change_status(
        self,
        connection: AsyncConnection,
        brand: str,
        account_id: str,
        change: StatusChange,
        *,
        actor: str = "system",
    ) -> None:
        """Close an account, or say that it moved to another bank. Raises EntryMismatched for an account that is not there.

        The row is locked as a posting's would be: nothing is booked on an account after it was closed."""
        accounts = tables.accounts
        done = await connection.execute(
            accounts.update()
            .where(accounts.c.brand == brand, accounts.c.id == account_id, accounts.c.internal.is_(False))
            .values(status=change.status, status_changed_at=change.at, switched=change.switched, eligible=change.eligible)
        )
        if done.rowcount != 1:
            raise EntryMismatched(f"account {account_id} is unknown")
        await self._record(connection, brand, f"account.{change.status}", account_id, actor, facts={})

    async def post(
        self, connection: AsyncConnection, brand: str, entries: Sequence[LedgerEntry], *, actor: str = "system"
    ) -> int:
        """Append the entries, all or none, in their order; the booking sequence number of the last posting.

        Raises the refusal of the first that is refused (refusals.py), or EntryRefused for an id that is there already and for what only
        the database saw.
        """
        if len({entry.id for entry in entries}) < len(entries):
            raise EntryRepeated("two entries have the same id")
        try:
            booked = await book_entries(connection, self._sealer, self._clock, brand, entries, zone=self._zone)
        except IntegrityError as error:
            raise EntryRefused(f"the database refuses an entry of {len(entries)}") from error
        for outcome in booked.outcomes.values():
            if isinstance(outcome, Problem):
                raise outcome
        facts = {"entries": booked.entries, "postings": booked.postings, "sequence": booked.last}
        await self._record(connection, brand, "ledger.posted", entries[0].id, actor, facts=facts)
        return booked.last

    async def announce(self, connection: AsyncConnection, brand: str, pending: PendingPayment, *, actor: str = "system") -> int:
        """Show a pending transaction to its holder; a debit holds its amount, whether the account has it or not: it is known to come.
        The booking sequence number it was recorded under. Raises EntryMismatched or EntryTooLarge."""
        sequence = await take_sequences(connection, brand, 1)
        account = (await lock_accounts(connection, brand, {pending.account_id})).get(pending.account_id)
        if account is None:
            raise EntryMismatched(f"account {pending.account_id} is unknown")
        account.check_fits(pending.amount, has_line=True)
        line = Line(id=pending.id, booked_at=pending.booked_at, narrative=pending.narrative, code=pending.code)
        leg = Leg(pending.account_id, pending.amount, line)
        recorded_at = stored_instant(pending.booked_at)
        row = line_row(self._sealer, brand, leg, line, sequence=sequence, balance_after=None, recorded_at=recorded_at)
        await LINES.run(connection, [row])
        if pending.amount.minor < 0:
            check_sayable(account.id, Money(account.currency, account.held - pending.amount.minor))
            await connection.execute(
                tables.holds.insert().values(
                    brand=brand,
                    id=pending.id,
                    account_id=pending.account_id,
                    currency=pending.amount.currency,
                    amount_minor=-pending.amount.minor,
                    state=HoldState.OPEN,
                    forced=True,
                    placed_at=self._clock.now(),
                )
            )
        await self._record(connection, brand, "transaction.announced", pending.id, actor, facts={"sequence": sequence})
        return sequence

    async def release(
        self, connection: AsyncConnection, brand: str, account_id: str, transaction_id: str, *, actor: str = "system"
    ) -> int:
        """Take back a pending transaction that will never be booked. Raises PendingUnknown."""
        sequence = await take_sequences(connection, brand, 1)
        await lock_accounts(connection, brand, {account_id})
        lines, holds = tables.transactions, tables.holds
        of_pending = (
            lines.c.brand == brand,
            lines.c.id == transaction_id,
            lines.c.account_id == account_id,
            lines.c.status == TransactionStatus.PENDING,
            lines.c.ended_by.is_(None),
        )
        ended = await connection.execute(lines.update().where(*of_pending).values(ended_by=sequence))
        if ended.rowcount != 1:
            raise PendingUnknown(f"transaction {transaction_id} of account {account_id}")
        of_hold = (holds.c.brand == brand, holds.c.id == transaction_id, holds.c.state == HoldState.OPEN)
        await connection.execute(holds.update().where(*of_hold).values(state=HoldState.RELEASED, ended_at=self._clock.now()))
        await self._record(connection, brand, "transaction.released", transaction_id, actor, facts={"sequence": sequence})
        return sequence

    async def _record(
        self, connection: AsyncConnection, brand: str, kind: str, aggregate_id: str, actor: str, *, facts: dict[str, int]
    ) -> None:
        entry = Entry(
            brand=brand,
            kind=kind,
            aggregate_id=aggregate_id,
            at=self._clock.now(),
            actor=actor,
            interaction_id=interaction_id.get(),
            facts=dict(facts),
        )
        await self._journal.record(connection, entry)
