"""The commands of reconciliation. All take one lock of the account, or of the brand's breaks, so that a run and a person change nothing at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from kernel.brand import Brand
from kernel.commands.locks import Lock, LockKind, Rank
from kernel.commands.unit_of_work import UnitOfWork
from kernel.storage.sealed import Sealer
from orders.reconciliation.broken import OPEN_BREAKS, Break, BreakState, Found
from orders.reconciliation.chain import QUARANTINED, Verdict, imported, judge_chain
from orders.reconciliation.decisions import Act
from orders.reconciliation.discards import discard_statement
from orders.reconciliation.matches import Match
from orders.reconciliation.rows import (
    add_alone,
    insert_matches,
    insert_statement,
    load_alone,
    load_break,
    load_breaks,
    load_matches,
    load_statements,
    write_break,
    write_verdict,
)
from orders.reconciliation.statement import Statement
from orders.settlement.house_journal import house_entry
from orders.settlement.ports import SettlementAccount

RECONCILING = LockKind("reconciliation", Rank.NAME)
RUN = "reconciliation"  # the actor of what no person did
OPENED, CHANGED, CLEARED, RESOLVED = "opened", "changed", "cleared", "resolved"


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A statement after its import. `is_new` is false for one that was imported before."""

    id: str
    verdict: Verdict
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepStatements:
    """Keep statements of one account, and judge all of the account again."""

    name = "keep_statements"
    brand: Brand
    sealer: Sealer
    statements: Sequence[Statement]
    now: datetime  # protocol time

    @property
    def locks(self) -> Sequence[Lock]:
        return (RECONCILING.of(self.brand.name, "all"),)

    async def handle(self, unit: UnitOfWork) -> tuple[Kept, ...]:
        brand, connection = self.brand.name, unit.connection
        mine = [imported(statement) for statement in self.statements]
        fresh = {
            (each.key, each.digest) for each in mine if await insert_statement(connection, self.sealer, brand, each, self.now)
        }
        account, currency = self.statements[0].account, self.statements[0].currency
        kept = await load_statements(connection, self.sealer, brand, account, currency)
        verdicts = dict(judge_chain([each for each, verdict in kept.values() if verdict is not Verdict.DISCARDED]))
        for name, verdict in verdicts.items():
            if kept[name][1] is not verdict:
                await write_verdict(connection, brand, *name, verdict)
        if fresh:
            facts = {"statements": len(fresh), "quarantined": sum(each in QUARANTINED for each in verdicts.values())}
            unit.record(house_entry(self.brand, "statements.imported", account, self.now, RUN, **facts))
        return tuple(
            Kept(
                id=each.statement.id,
                verdict=verdicts.get((each.key, each.digest), Verdict.DISCARDED),
                is_new=(each.key, each.digest) in fresh,
            )
            for each in mine
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFindings:
    """Write the matches of a run, and bring the breaks of its account to what it found. A repeat writes nothing."""

    name = "record_findings"
    brand: Brand
    sealer: Sealer
    account: SettlementAccount
    matches: Sequence[Match]
    found: Sequence[Found]
    today: date
    now: datetime

    @property
    def locks(self) -> Sequence[Lock]:
        return (RECONCILING.of(self.brand.name, "all"),)

    async def handle(self, unit: UnitOfWork) -> tuple[Break, ...]:
        """The open breaks of the account."""
        connection, brand = unit.connection, self.brand.name
        before = await load_matches(connection, brand, self.account)
        taken = set(before.values())
        fresh = [each for each in self.matches if each.line not in taken and not before.keys() & set(each.items)]
        await insert_matches(connection, brand, self.account, fresh, by=RUN, at=self.now)
        if fresh:
            unit.record(house_entry(self.brand, "reconciliation.matched", self.account.number, self.now, RUN, matches=len(fresh)))
        known = await load_breaks(connection, self.sealer, brand, self.account.number, states=OPEN_BREAKS)
        for ended in {found.id for found in self.found} - known.keys():
            if (found_again := await load_break(connection, self.sealer, brand, ended)) is not None:
                known[ended] = found_again
        return tuple(
            [each for each in [await self._follow(unit, known, found) for found in self.found] if each is not None]
        ) + tuple([each for each in [await self._end(unit, *of) for of in known.values()] if each is not None])

    async def _follow(self, unit: UnitOfWork, known: dict[str, tuple[Break, int]], found: Found) -> Break | None:
        before, version = known.pop(found.id, (None, 0))
        if before is None:
            made = Break(
                id=found.id,
                kind=found.kind,
                account=self.account.number,
                subjects=found.subjects,
                effect=found.effect,
                detail=found.detail,
                action=found.action,
                state=BreakState.OPEN,
                first_seen=self.today,
                opened_at=self.now,
                order_id=found.order_id,
            )
            return await self._write(unit, made, version, OPENED)
        if before.state in (BreakState.RESOLVED, BreakState.APPROVED):
            return before if before.state is BreakState.APPROVED else None
        after = msgspec.structs.replace(
            before, effect=found.effect, detail=found.detail, action=found.action, order_id=found.order_id
        )
        if before.state is BreakState.CLEARED or before.effect != found.effect:  # a proposal was for another amount
            after = msgspec.structs.replace(after, state=BreakState.OPEN, proposal=None)
        return before if after == before else await self._write(unit, after, version, CHANGED)

    async def _end(self, unit: UnitOfWork, before: Break, version: int) -> Break | None:
        """Of a break that is not found any more."""
        if before.state is BreakState.APPROVED:
            return before
        if before.state in (BreakState.OPEN, BreakState.PROPOSED):
            await self._write(unit, msgspec.structs.replace(before, state=BreakState.CLEARED, proposal=None), version, CLEARED)
        return None

    async def _write(self, unit: UnitOfWork, made: Break, version: int, event: str) -> Break:
        await write_break(unit.connection, self.sealer, self.brand.name, made, version + 1, event=event, by=RUN, at=self.now)
        unit.record(
            house_entry(self.brand, f"break.{event}", made.id, self.now, RUN, of=made.kind.value, effect_minor=made.effect.minor)
        )
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOnBreak:
    """A person's act on a break. Raises FieldInvalid."""

    name = "act_on_break"
    brand: Brand
    sealer: Sealer
    break_id: str
    act: Act
    today: date  # of business time, in the brand's zone
    now: datetime

    @property
    def locks(self) -> Sequence[Lock]:
        return (RECONCILING.of(self.brand.name, "all"),)

    async def handle(self, unit: UnitOfWork) -> Break | None:
        """None if there is no such break."""
        connection, brand, by = unit.connection, self.brand.name, self.act.by
        known = await load_break(connection, self.sealer, brand, self.break_id)
        if known is None:
            return None
        before, version = known
        alone = await load_alone(connection, brand, by, before.effect.currency, self.today)
        after = self.act.on(before, alone)
        if after == before:
            return before
        proposal = after.proposal
        is_decided = after.state is BreakState.APPROVED and proposal is not None
        if is_decided and before.state is not BreakState.PROPOSED and after.effect.minor:
            await add_alone(connection, brand, by, after.effect, self.today)
        discards = is_decided and proposal is not None and proposal.discards
        unmatched = await discard_statement(unit, self.sealer, self.brand, before) if discards else []
        await write_break(connection, self.sealer, brand, after, version + 1, event=self.act.event, by=by.name, at=self.now)
        facts = {"state": after.state.value, "effect_minor": after.effect.minor, **by.facts}
        unit.record(house_entry(self.brand, f"break.{self.act.event}", after.id, self.now, f"staff:{by.name}", **facts))
        return await self._end(unit, after, version + 2, unmatched) if discards else after

    async def _end(self, unit: UnitOfWork, before: Break, version: int, unmatched: list[str]) -> Break:
        """Its statement is discarded: nothing is left to be done."""
        after, brand = msgspec.structs.replace(before, state=BreakState.RESOLVED), self.brand.name
        await write_break(unit.connection, self.sealer, brand, after, version, event=RESOLVED, by=RUN, at=self.now)
        journalled = house_entry(
            self.brand, "statement.discarded", before.subjects[0], self.now, RUN, break_id=before.id, unmatched=unmatched
        )
        unit.record(journalled)
        return after


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteBreak:
    """Its entry is booked. A repeat changes nothing."""

    name = "complete_break"
    brand: Brand
    sealer: Sealer
    break_id: str
    entry_id: str | None
    now: datetime

    @property
    def locks(self) -> Sequence[Lock]:
        return (RECONCILING.of(self.brand.name, "all"),)

    async def handle(self, unit: UnitOfWork) -> None:
        before, version = await load_break(unit.connection, self.sealer, self.brand.name, self.break_id) or (None, 0)
        if before is None or before.state is not BreakState.APPROVED:
            return
        after = msgspec.structs.replace(before, state=BreakState.RESOLVED, entry_id=self.entry_id)
        await write_break(unit.connection, self.sealer, self.brand.name, after, version + 1, event=RESOLVED, by=RUN, at=self.now)
        unit.record(house_entry(self.brand, "break.resolved", after.id, self.now, RUN, entry_id=self.entry_id or ""))
