"""The only writer of money: balanced entries, appended under one lock per brand, and never changed afterwards.

Each posting takes the next number of the brand's booking sequence. The row that holds the last number is locked until the
transaction ends, so numbers become visible in their own order: a reader who sees a number sees all before it. The same lock
makes running balances safe. No function updates or deletes a posting.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.accounts import AccountStatus, TransactionStatus
from kernel.banking.money import Money
from kernel.clock import Clock
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry, Journal
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.balances import held, last_balance
from plugins.ledger.bulk import BulkInsert, stored_instant
from plugins.ledger.documents import seal_identity, seal_narrative
from plugins.ledger.entries import (
    AccountFacts,
    AccountOpening,
    EntryMismatched,
    LedgerEntry,
    Leg,
    Line,
    PendingPayment,
    PendingUnknown,
    StatusChange,
    check_balanced,
    check_fits,
    check_sayable,
    signatures_of,
)

Row = tuple[Any, ...]

_ENTRIES = BulkInsert(tables.entries, "brand", "id", "kind", "recorded_at")
_POSTINGS = BulkInsert(tables.postings, "brand", "account_id", "sequence", "entry_id", "amount_minor", "balance_after_minor")
_LINES = BulkInsert(
    tables.transactions,
    *("brand", "sequence", "id", "account_id", "status", "booked_at", "value_at"),
    *("currency", "amount_minor", "balance_after_minor", "code", "narrative"),
)


def internal_account_id(name: str, currency: str) -> str:
    """The bank's own account of that name: one in each currency."""
    return f"internal:{name}:{currency}"


class Ledger:
    """Every method runs on the connection of the caller's transaction and commits with it."""

    def __init__(self, sealer: Sealer, clock: Clock) -> None:
        self._sealer = sealer
        self._clock = clock
        self._journal = Journal(tables.journal, tables.outbox)

    async def open_account(
        self, connection: AsyncConnection, brand: str, opening: AccountOpening, *, actor: str = "system"
    ) -> None:
        """Open a customer's account and link it to its holders."""
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
        await self._record(connection, brand, "account.opened", opening.id, actor, facts={"holders": len(rows)})

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
        await _take_sequence(connection, brand, 0)
        accounts = tables.accounts
        done = await connection.execute(
            accounts.update()
            .where(accounts.c.brand == brand, accounts.c.id == account_id, accounts.c.internal.is_(False))
            .values(status=change.status, status_changed_at=change.at, switched=change.switched, eligible=change.eligible)
        )
        if done.rowcount != 1:
            raise EntryMismatched(f"account {account_id} is unknown")
        await self._record(connection, brand, f"account.{change.status}", account_id, actor, facts={})

    async def open_internal(self, connection: AsyncConnection, brand: str, name: str, currency: str) -> str:
        """The id of the bank's own account of that name and currency ("world", "merchants", "fees"), opened if there is none."""
        account_id = internal_account_id(name, currency)
        now = self._clock.now()
        await _insert_absent(
            connection,
            tables.accounts,
            {
                "brand": brand,
                "id": account_id,
                "internal": True,
                "currency": currency,
                "status": AccountStatus.ENABLED,
                "status_changed_at": now,
                "opened_at": now,
                "product": name,
                "eligible": False,
            },
        )
        return account_id

    async def post(
        self, connection: AsyncConnection, brand: str, entries: Sequence[LedgerEntry], *, actor: str = "system"
    ) -> int:
        """Append the entries, all or none, in their order; the booking sequence number of the last posting.

        Raises EntryUnbalanced, EntryMismatched, EntryTooLarge, or PendingUnknown for a line that settles nothing.
        """
        check_balanced(entries)
        legs = [(entry, leg) for entry in entries for leg in entry.legs]
        first = await _take_sequence(connection, brand, len(legs))
        accounts = await _load_accounts(connection, brand, {leg.account_id for _, leg in legs})
        postings, lines = self._appended(brand, legs, first, accounts)
        now = stored_instant(self._clock.now())
        await _ENTRIES.run(connection, [(brand, entry.id, entry.kind, now) for entry in entries])
        await _POSTINGS.run(connection, postings)
        for sequence, (_, leg) in enumerate(legs, first):
            if leg.line is not None and leg.line.settles:
                await _end_pending(connection, brand, leg.account_id, leg.line.id, sequence)
        await _LINES.run(connection, lines)
        last = first + len(legs) - 1
        facts = {"entries": len(entries), "postings": len(legs), "sequence": last}
        await self._record(connection, brand, "ledger.posted", entries[0].id, actor, facts=facts)
        return last

    async def announce(self, connection: AsyncConnection, brand: str, pending: PendingPayment, *, actor: str = "system") -> int:
        """Show a pending transaction to its holder; a debit holds its amount. The booking sequence number it was recorded under.
        Raises EntryMismatched or EntryTooLarge."""
        sequence = await _take_sequence(connection, brand, 1)
        accounts = await _load_accounts(connection, brand, {pending.account_id})
        check_fits(accounts.get(pending.account_id), pending.account_id, pending.amount, has_line=True)
        line = Line(id=pending.id, booked_at=pending.booked_at, narrative=pending.narrative, code=pending.code)
        leg = Leg(pending.account_id, pending.amount, line)
        await _LINES.run(connection, [self._line_row(brand, leg, line, sequence, None)])
        if pending.amount.minor < 0:
            total = await _load_held(connection, brand, pending.account_id) - pending.amount.minor
            check_sayable(pending.account_id, Money(pending.amount.currency, total))
            await connection.execute(
                tables.holds.insert().values(
                    brand=brand,
                    account_id=pending.account_id,
                    id=pending.id,
                    amount_minor=-pending.amount.minor,
                    placed_at=self._clock.now(),
                )
            )
        await self._record(connection, brand, "transaction.announced", pending.id, actor, facts={"sequence": sequence})
        return sequence

    async def release(
        self, connection: AsyncConnection, brand: str, account_id: str, transaction_id: str, *, actor: str = "system"
    ) -> int:
        """Take back a pending transaction that will never be booked. Raises PendingUnknown."""
        sequence = await _take_sequence(connection, brand, 1)
        await _end_pending(connection, brand, account_id, transaction_id, sequence)
        await self._record(connection, brand, "transaction.released", transaction_id, actor, facts={"sequence": sequence})
        return sequence

    def _appended(
        self, brand: str, legs: Iterable[tuple[LedgerEntry, Leg]], first: int, accounts: dict[str, AccountFacts]
    ) -> tuple[list[Row], list[Row]]:
        """The rows of postings and of the holders' lines, with running balances."""
        balances = {account.id: account.balance_minor for account in accounts.values()}
        postings: list[Row] = []
        lines: list[Row] = []
        for sequence, (entry, leg) in enumerate(legs, first):
            account_id, minor = leg.account_id, leg.amount.minor
            check_fits(accounts.get(account_id), account_id, leg.amount, has_line=leg.line is not None)
            after = balances[account_id] = balances[account_id] + minor
            check_sayable(account_id, Money(leg.amount.currency, after))
            postings.append((brand, account_id, sequence, entry.id, minor, after))
            if leg.line is not None:
                lines.append(self._line_row(brand, leg, leg.line, sequence, after))
        return postings, lines

    def _line_row(self, brand: str, leg: Leg, line: Line, sequence: int, balance_after: int | None) -> Row:
        """A version of a transaction: booked if it has a balance after it, else pending."""
        return (
            brand,
            sequence,
            line.id,
            leg.account_id,
            TransactionStatus.PENDING.value if balance_after is None else TransactionStatus.BOOKED.value,
            stored_instant(line.booked_at),
            None if line.value_at is None else stored_instant(line.value_at),
            leg.amount.currency,
            leg.amount.minor,
            balance_after,
            line.code,
            seal_narrative(self._sealer, line.narrative, brand, line.id),
        )

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


async def _take_sequence(connection: AsyncConnection, brand: str, count: int) -> int:
    """The first of `count` numbers in a row, locked for this transaction alone."""
    statement = (
        tables.sequences.update()
        .where(tables.sequences.c.brand == brand)
        .values(last=tables.sequences.c.last + count)
        .returning(tables.sequences.c.last)
    )
    last = await connection.scalar(statement)
    if last is None:
        await _insert_absent(connection, tables.sequences, {"brand": brand, "last": 0})
        last = await connection.scalar(statement)
    return int(last) - count + 1


async def take_instant(connection: AsyncConnection, brand: str, now: datetime) -> datetime:
    """`now`, or a little later: later than every instant taken before, and locked as a sequence number is."""
    rows = tables.sequences.c
    newest = sa.case(
        (rows.recorded_at >= now, sa.type_coerce(rows.recorded_at, sa.BigInteger) + 1),
        else_=sa.literal(now, rows.recorded_at.type),
    )
    statement = (
        tables.sequences.update()
        .where(rows.brand == brand)
        .values(recorded_at=sa.type_coerce(newest, rows.recorded_at.type))
        .returning(rows.recorded_at)
    )
    at: datetime | None = await connection.scalar(statement)
    if at is None:
        await _insert_absent(connection, tables.sequences, {"brand": brand, "last": 0})
        at = (await connection.execute(statement)).scalar_one()
    return at


async def _load_accounts(connection: AsyncConnection, brand: str, account_ids: set[str]) -> dict[str, AccountFacts]:
    accounts = tables.accounts
    statement = sa.select(
        accounts.c.id, accounts.c.internal, accounts.c.currency, accounts.c.status, last_balance().label("balance_minor")
    ).where(accounts.c.brand == brand, accounts.c.id.in_(sorted(account_ids)))
    return {row.id: AccountFacts(*row) for row in await connection.execute(statement)}


async def _load_held(connection: AsyncConnection, brand: str, account_id: str) -> int:
    accounts = tables.accounts.c
    statement = sa.select(held()).select_from(tables.accounts).where(accounts.brand == brand, accounts.id == account_id)
    return int((await connection.execute(statement)).scalar_one())


async def _end_pending(connection: AsyncConnection, brand: str, account_id: str, transaction_id: str, sequence: int) -> None:
    transactions, holds = tables.transactions, tables.holds
    ended = await connection.execute(
        transactions.update()
        .where(
            transactions.c.brand == brand,
            transactions.c.id == transaction_id,
            transactions.c.account_id == account_id,
            transactions.c.status == TransactionStatus.PENDING,
            transactions.c.ended_by.is_(None),
        )
        .values(ended_by=sequence)
    )
    if ended.rowcount != 1:
        raise PendingUnknown(f"transaction {transaction_id} of account {account_id}")
    await connection.execute(
        holds.update()
        .where(holds.c.brand == brand, holds.c.account_id == account_id, holds.c.id == transaction_id)
        .values(ended_by=sequence)
    )


async def _insert_absent(connection: AsyncConnection, table: sa.Table, values: dict[str, Any]) -> None:
    """Insert the row unless it exists. Safe against concurrent inserts."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    await connection.execute(insert(table).values(values).on_conflict_do_nothing())
