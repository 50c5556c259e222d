"""The commands of settlement: what is to be booked is written down first, so that one that is interrupted is completed, and not done twice."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kernel.brand import Brand
from kernel.commands.locks import Lock, LockKind, Rank
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import FieldInvalid
from kernel.storage.sealed import Sealer
from orders.settlement.house_journal import house_entry
from orders.settlement.ports import OwnItem, SettlementAccount
from orders.settlement.returned import Returned
from orders.settlement.rows import find_returnable, find_settled, last_number, load_return, raise_mark
from orders.settlement.settled import Settlement, SettlementState, position_of
from orders.settlement.tables import returns, settlement_items, settlements

RETURNING = LockKind("return", Rank.NAME)
SETTLING = LockKind("settlement", Rank.NAME)
ACTOR = "settlement"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixSettlement:
    """Settle those of the items, which are in the order of their booking, that are not settled yet. Returns None where all are."""

    name = "fix_settlement"
    brand: Brand
    account: SettlementAccount
    cycle: str
    calendar: str
    items: Sequence[OwnItem]
    now: datetime  # protocol time

    @property
    def locks(self) -> Sequence[Lock]:
        return (SETTLING.of(self.brand.name, f"{self.account.rail}/{self.account.currency}"),)

    async def handle(self, unit: UnitOfWork) -> Settlement | None:
        brand, account, connection = self.brand.name, self.account, unit.connection
        settled = await find_settled(connection, brand, account, self.items)
        items = [item for item in self.items if item.entry_id not in settled]
        if not items:
            return None
        number = await last_number(connection, brand, account, self.cycle) + 1
        position = position_of(items, account.currency)
        settlement = Settlement(
            rail=account.rail,
            currency=account.currency,
            cycle=self.cycle,
            number=number,
            state=SettlementState.FIXED,
            position=position,
            entry_id=f"settle:{account.rail}:{account.currency}:{self.cycle}:{number}",
            computed_at=self.now,
        )
        key = {"brand": brand, "rail": account.rail, "currency": account.currency, "cycle": self.cycle, "number": number}
        sums = {
            "count_out": position.count_out,
            "sum_out_minor": position.sum_out.minor,
            "count_in": position.count_in,
            "sum_in_minor": position.sum_in.minor,
        }
        made = {"state": settlement.state.value, "entry_id": settlement.entry_id, "calendar": self.calendar}
        await connection.execute(settlements.insert().values(**key, **sums, **made, computed_at=self.now))
        rows = [
            {**key, "entry_id": item.entry_id, "sequence": item.sequence, "amount_minor": item.amount.minor} for item in items
        ]
        await connection.execute(settlement_items.insert(), rows)
        unit.record(
            house_entry(self.brand, "settlement.fixed", settlement.entry_id, self.now, ACTOR, net_minor=position.net.minor)
        )
        return settlement


@dataclass(frozen=True, slots=True, kw_only=True)
class PassSettled:
    """Write down that all movements up to `number` are settled: a run begins after them. A repeat, and a lower number, change nothing."""

    name = "pass_settled"
    brand: Brand
    account: SettlementAccount
    number: int

    @property
    def locks(self) -> Sequence[Lock]:
        return (SETTLING.of(self.brand.name, f"{self.account.rail}/{self.account.currency}"),)

    async def handle(self, unit: UnitOfWork) -> None:
        await raise_mark(unit.connection, self.brand.name, self.account, self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteSettlement:
    """Its entry is booked. A repeat changes nothing."""

    name = "complete_settlement"
    locks = ()
    brand: Brand
    entry_id: str
    now: datetime

    async def handle(self, unit: UnitOfWork) -> None:
        if await _complete(unit, settlements, self.brand, self.entry_id, self.now):
            unit.record(house_entry(self.brand, "settlement.booked", self.entry_id, self.now, ACTOR))


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeReturn:
    """Write a return down once: the id of its order, or None where people decide whose it is, and the id of its entry. Raises FieldInvalid for another return with its id."""

    name = "take_return"
    brand: Brand
    sealer: Sealer
    rail: str
    returned: Returned
    now: datetime

    @property
    def locks(self) -> Sequence[Lock]:
        return tuple(
            RETURNING.of(self.brand.name, f"{self.rail}/{name}") for name in (self.returned.uetr, f"id/{self.returned.id}")
        )

    async def handle(self, unit: UnitOfWork) -> tuple[str | None, str]:
        brand, returned = self.brand.name, self.returned
        kept = await load_return(unit.connection, brand, self.rail, returned.id)
        if kept is not None:
            before, order_id, entry_id = kept
            if (before.uetr, before.amount, before.reason) != (returned.uetr, returned.amount, returned.reason):
                raise FieldInvalid("return", public=f"Another payment came back as {returned.id}.", path="file")
            return order_id, entry_id
        order_id = await find_returnable(unit.connection, self.sealer, brand, self.rail, returned)
        entry_id = f"return:{hashlib.sha256(f'{self.rail}/{returned.id}'.encode()).hexdigest()[:32]}"
        values = {
            "state": SettlementState.FIXED.value,
            "uetr": returned.uetr,
            "order_id": order_id,
            "currency": returned.amount.currency,
            "amount_minor": returned.amount.minor,
            "reason": returned.reason,
            "cycle": returned.cycle,
            "entry_id": entry_id,
            "received_at": self.now,
        }
        await unit.connection.execute(returns.insert().values(brand=brand, rail=self.rail, id=returned.id, **values))
        facts: dict[str, str | int] = {
            "amount_minor": returned.amount.minor,
            "currency": returned.amount.currency,
            "reason": returned.reason,
        }
        unit.record(house_entry(self.brand, "return.received", order_id or entry_id, self.now, ACTOR, **facts))
        return order_id, entry_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteReturn:
    """Its entry is booked. A repeat changes nothing."""

    name = "complete_return"
    locks = ()
    brand: Brand
    entry_id: str
    now: datetime

    async def handle(self, unit: UnitOfWork) -> None:
        if await _complete(unit, returns, self.brand, self.entry_id, self.now):
            unit.record(house_entry(self.brand, "return.booked", self.entry_id, self.now, ACTOR))


async def _complete(unit: UnitOfWork, table: sa.Table, brand: Brand, entry_id: str, now: datetime) -> bool:
    """The row of an entry that is booked. False: it was completed before."""
    rows = table.c
    mine = (rows.brand == brand.name, rows.entry_id == entry_id, rows.state == SettlementState.FIXED.value)
    done = table.update().where(*mine).values(state=SettlementState.BOOKED.value, booked_at=now)
    return bool((await unit.connection.execute(done)).rowcount)
