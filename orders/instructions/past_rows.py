"""Remove instructions whose last order has gone, or that never ordered anything, years after their end; with their history."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from kernel.banking.planned.instructions import LIVE_INSTRUCTIONS
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from orders.commands.past_rows import ORDERS_KEPT
from orders.tables import instruction_events, instructions, order_signers


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveInstructions:
    """Returns the number of rows. `now` is protocol time."""

    name = "remove_instructions"
    locks = ()  # what another transaction holds has its turn later
    brand: Brand
    now: datetime
    most: int

    async def handle(self, unit: UnitOfWork) -> int:
        rows, connection, brand = instructions.c, unit.connection, self.brand.name
        live = [state.value for state in LIVE_INSTRUCTIONS]
        over = (rows.brand == brand, rows.state.not_in(live), rows.executions == 0, rows.since <= self.now - ORDERS_KEPT)
        found = await connection.execute(sa.select(rows.id).where(*over).limit(self.most).with_for_update(skip_locked=True))
        ids = [row.id for row in found]
        if not ids:
            return 0
        events, signers = instruction_events.c, order_signers.c
        await connection.execute(order_signers.delete().where(signers.brand == brand, signers.order_id.in_(ids)))
        await connection.execute(instruction_events.delete().where(events.brand == brand, events.instruction_id.in_(ids)))
        return (await connection.execute(instructions.delete().where(rows.brand == brand, rows.id.in_(ids)))).rowcount
