"""Reconciliation of one settlement account: its statements against the bank's own books.

A run reads both sides, matches them, and brings matches and breaks to what it found. Run again on the same facts, it changes nothing.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import msgspec

from kernel.banking.money import Money
from kernel.brand import Brand
from kernel.errors import FieldInvalid
from orders.reconciliation.broken import OPEN_BREAKS, Break, BreakClass, BreakState, Found
from orders.reconciliation.chain import QUARANTINED, Imported, Verdict, is_statement
from orders.reconciliation.commands import ActOnBreak, CompleteBreak, KeepStatements, Kept, RecordFindings
from orders.reconciliation.decisions import Act
from orders.reconciliation.found_breaks import Situation, find_breaks
from orders.reconciliation.lines import lines_of
from orders.reconciliation.matches import Findings, match
from orders.reconciliation.past_rows import STATEMENTS_KEPT
from orders.reconciliation.report import Proof, Report, age_breaks, prove
from orders.reconciliation.rows import (
    load_break,
    load_breaks,
    load_matches,
    load_order_facts,
    load_resolved,
    load_statements,
    load_unknown,
)
from orders.reconciliation.statement import Statement
from orders.room import Room
from orders.settlement.cycle_settlement import CycleSettlement
from orders.settlement.ports import OwnItem
from orders.settlement.rows import load_booked

UNKNOWN_SINCE_MIN = timedelta(
    hours=2
)  # the time in which a rail makes a payment that it has taken: a younger unknown is no break


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides as a run has read them. `settled`: the items that are on the mirror; `decided`: what people have dealt with;
    `unexplained_before` counts the differences that nothing explained and people resolved."""

    items: tuple[OwnItem, ...]
    mirror: Money
    settled: frozenset[str]
    admitted: tuple[Imported, ...]
    quarantined: tuple[tuple[Imported, Verdict], ...]
    before: dict[str, str]
    decided: frozenset[str]
    unexplained_before: int


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides, what was matched and found, and the proof of balances."""

    read: Read
    findings: Findings
    found: tuple[Found, ...]
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """One rail in one currency, by its settlement."""

    settlement: CycleSettlement

    @property
    def room(self) -> Room:
        return self.settlement.room

    async def import_statements(self, brand: Brand, statements: Sequence[Statement]) -> tuple[Kept, ...]:
        """Of this account; the others, and notices, are left out. Raises FieldInvalid for one that is too old to be kept."""
        account = self.settlement.account
        mine = [
            each
            for each in statements
            if is_statement(each) and (each.account, each.currency) == (account.number, account.currency)
        ]
        if not mine:
            return ()
        for each in mine:
            self._check_age(each)
        command = KeepStatements(brand=brand, sealer=self.room.sealer, statements=mine, now=self.room.clock.wall())
        return await self.room.commands.run(command)

    def _check_age(self, statement: Statement) -> None:
        """Refuse one that would begin the chain, before all that are kept."""
        assert statement.closing is not None
        if statement.closing.day <= (self.room.clock.wall() - STATEMENTS_KEPT).date():
            raise FieldInvalid("statement", public=f"Statement {statement.id} is too old to be kept.", path="file")

    async def run(self, brand: Brand) -> Report:
        """Settle what has closed, complete what was approved, compare, and write down what was found."""
        await self.settlement.run(brand)
        await self._complete(brand)
        compared = await self._compare(brand)
        now = self.room.clock.wall()
        command = RecordFindings(
            brand=brand,
            sealer=self.room.sealer,
            account=self.settlement.account,
            matches=compared.findings.matches,
            found=compared.found,
            today=now.date(),
            now=now,
        )
        return await self._report(brand, compared, await self.room.commands.run(command))

    async def report(self, brand: Brand) -> Report:
        """As `run`, and nothing is written: the books as they are, and the breaks that are written down."""
        compared = await self._compare(brand)
        return await self._report(brand, compared, tuple((await self.breaks(brand, OPEN_BREAKS)).values()))

    async def _compare(self, brand: Brand) -> Compared:
        read = await self._read(brand)
        findings = await asyncio.to_thread(match, lines_of(read.admitted), read.items, read.before, read.decided)
        found = await self._find(brand, read, findings)
        proof = self._prove(read, findings, found)
        if proof.unexplained.minor:
            found = (*found, self._unexplained(proof.unexplained, read.unexplained_before))
        return Compared(read=read, findings=findings, found=found, proof=proof)

    async def _report(self, brand: Brand, compared: Compared, breaks: Sequence[Break]) -> Report:
        read, now, account = compared.read, self.room.clock.wall(), self.settlement.account
        midnight = datetime.combine(now.date(), time(), UTC)
        async with self.room.database.read() as connection:
            resolved = await load_resolved(connection, self.room.sealer, brand.name, account.number, midnight)
        return Report(
            account=account,
            day=now.date(),
            sequence=max((item.sequence for item in read.items), default=0),
            statement=read.admitted[-1].statement.id if read.admitted else "",
            proof=compared.proof,
            matched=len(read.before) + sum(len(each.items) for each in compared.findings.matches),
            items=len(read.items),
            clearing=await self.settlement.books.clearing_balance(brand, account),
            in_flight=self._sum(item.amount for item in read.items if item.entry_id not in read.settled),
            quarantined=tuple(each.statement.id for each, _ in read.quarantined),
            breaks=age_breaks(breaks, self.settlement.calendar, now.date()),
            resolved=resolved,
        )

    async def act(self, brand: Brand, break_id: str, act: Act) -> Break | None:
        """The break after the act, with its entry booked if it was approved; None if there is no such break. Raises FieldInvalid."""
        now, today = self.room.clock.wall(), self.room.clock.now().astimezone(brand.zone).date()
        command = ActOnBreak(brand=brand, sealer=self.room.sealer, break_id=break_id, act=act, today=today, now=now)
        made = await self.room.commands.run(command)
        if made is None or made.state is not BreakState.APPROVED:
            return made
        await self._complete(brand)
        async with self.room.database.read() as connection:
            completed = await load_break(connection, self.room.sealer, brand.name, break_id)
        return made if completed is None else completed[0]

    async def breaks(self, brand: Brand, states: Collection[BreakState] = ()) -> dict[str, Break]:
        """Those in some states, or all that there ever were, by id."""
        number = self.settlement.account.number
        async with self.room.database.read() as connection:
            found = await load_breaks(connection, self.room.sealer, brand.name, number, states=states)
        return {break_id: broken for break_id, (broken, _) in found.items()}

    async def _complete(self, brand: Brand) -> None:
        for broken in (await self.breaks(brand, (BreakState.APPROVED,))).values():
            proposal = broken.proposal
            if proposal is None:
                continue
            entry_id = None
            if proposal.against is not None:
                entry_id = f"break:{broken.id}"
                amount, against = broken.effect, proposal.against
                cause = f"break {broken.id}"
                await self.settlement.books.correct(
                    brand, self.settlement.account, entry_id, amount=amount, against=against, cause=cause
                )
            now = self.room.clock.wall()
            command = CompleteBreak(brand=brand, sealer=self.room.sealer, break_id=broken.id, entry_id=entry_id, now=now)
            await self.room.commands.run(command)

    async def _read(self, brand: Brand) -> Read:
        """The mirror first: what is booked later counts as not settled yet."""
        account, sealer = self.settlement.account, self.room.sealer
        mirrored = await self._mirrored(brand)
        items = await self.settlement.items(brand)
        async with self.room.database.read() as connection:
            kept = await load_statements(connection, sealer, brand.name, account.number, account.currency)
            settled = await load_booked(connection, brand.name, account, {each.entry_id for each in mirrored})
            breaks = await load_breaks(connection, sealer, brand.name, account.number, states=(BreakState.RESOLVED,))
            before = await load_matches(connection, brand.name, account)
        ended = [broken for broken, _ in breaks.values() if broken.entry_id]
        return Read(
            items=items,
            mirror=self._sum(each.amount for each in mirrored),
            settled=settled,
            admitted=tuple(each for each, verdict in kept.values() if verdict is Verdict.ADMITTED),
            quarantined=tuple((each, verdict) for each, verdict in kept.values() if verdict in QUARANTINED),
            before=before,
            decided=frozenset(subject for broken in ended for subject in broken.subjects),
            unexplained_before=sum(broken.kind is BreakClass.BALANCE for broken in ended),
        )

    async def _mirrored(self, brand: Brand) -> list[OwnItem]:
        """All movements of the mirror, read a page at a time."""
        found: list[OwnItem] = []
        most = self.settlement.page
        is_last = False
        while not is_last:
            after = found[-1].number if found else 0
            page = await self.settlement.books.mirrored(brand, self.settlement.account, after=after, most=most)
            found += page
            is_last = len(page) < most
        return found

    async def _find(self, brand: Brand, read: Read, findings: Findings) -> tuple[Found, ...]:
        now = self.room.clock.wall()
        named = {line.references.uetr for line in (*findings.lines, *findings.doubled) if line.references.uetr}
        async with self.room.database.read() as connection:
            facts = await load_order_facts(connection, brand.name, named)
            unknown = await load_unknown(connection, brand.name, now - UNKNOWN_SINCE_MIN)
        closing = read.admitted[-1].statement.closing if read.admitted else None
        situation = Situation(
            findings=findings,
            orders=facts,
            unknown=unknown,
            quarantined=read.quarantined,
            settled=read.settled,
            until=None if closing is None else closing.day,
            today=now.date(),
            calendar=self.settlement.calendar,
            account=self.settlement.account.number,
            currency=self.settlement.account.currency,
        )
        return find_breaks(situation)

    def _prove(self, read: Read, findings: Findings, found: Sequence[Found]) -> Proof:
        effects: dict[str, int] = defaultdict(int)
        for each in found:
            effects[each.kind] += each.effect.minor
        explained = {subject for each in found if each.effect.minor for subject in each.subjects}
        waiting = [item for item in findings.items if item.entry_id in read.settled and item.entry_id not in explained]
        matched = read.before | {item: each.line for each in findings.matches for item in each.items}
        early = [item for item in read.items if item.entry_id in matched and item.entry_id not in read.settled]
        transit = sum(item.amount.minor for item in early) - sum(item.amount.minor for item in waiting)
        currency = self.settlement.account.currency
        by_class = {name: Money(currency, minor) for name, minor in effects.items()}
        return prove(read.admitted[-1] if read.admitted else None, read.mirror, by_class, Money(currency, transit))

    def _unexplained(self, amount: Money, before: int) -> Found:
        """The same amount once more is another break: that of before was resolved by an entry."""
        account = self.settlement.account
        return Found(
            kind=BreakClass.BALANCE,
            subjects=(account.number, str(amount.minor), *([str(before)] if before else [])),
            effect=amount,
            detail=f"{amount.decimal()} {amount.currency} between statement and books are explained by nothing",
            action="compare both sides entry by entry",
        )

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return Money(self.settlement.account.currency, sum(amount.minor for amount in amounts))
