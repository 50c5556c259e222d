"""Orders as the bank's own people look for them: by state, age, consent or TPP, those that have been in their state longest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.orders import OPEN_STATES, OrderState
from kernel.storage.sealed import Sealer
from orders.rows.orders import open_order
from orders.tables import orders
from orders.tracked import Tracked


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """`until`: whose state began then or before, in protocol time; `tpp` is the id of a client or of an organisation."""

    states: frozenset[OrderState] = OPEN_STATES
    until: datetime | None = None
    consent_id: str = ""
    tpp: str = ""


class Wanted(Protocol):
    """The members of Sought, of rows in states of any kind."""

    @property
    def states(self) -> frozenset[Any]: ...
    @property
    def until(self) -> datetime | None: ...
    @property
    def consent_id(self) -> str: ...
    @property
    def tpp(self) -> str: ...


async def search_orders(
    connection: AsyncConnection, sealer: Sealer, brand: str, sought: Sought, *, at_most: int
) -> tuple[Tracked, ...]:
    found = await connection.execute(longest_first(orders, brand, sought, at_most))
    return tuple(open_order(sealer, row) for row in found)


def longest_first(table: sa.Table, brand: str, sought: Wanted, at_most: int) -> sa.Select[Any]:
    """Rows of orders or of instructions, those that have been in their state longest first."""
    rows = table.c
    where = [rows.brand == brand, rows.state.in_([state.value for state in sought.states])]
    if sought.until is not None:
        where.append(rows.since <= sought.until)
    if sought.consent_id:
        where.append(rows.consent_id == sought.consent_id)
    if sought.tpp:
        where.append(sa.or_(rows.client_id == sought.tpp, rows.organisation_id == sought.tpp))
    return sa.select(table).where(*where).order_by(rows.since, rows.id).limit(at_most)
