"""The index of orders, and of instructions of several, by signer, signed or waiting. Customers are found by a keyed digest of the bank's own reference."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.orders import OrderState
from kernel.banking.planned.instructions import Placed
from kernel.storage.sealed import Sealer
from orders.tables import order_signers, orders


async def index_signers(connection: AsyncConnection, sealer: Sealer, order: Placed) -> None:
    """Make the index say who must sign the order and who has: nothing, for one that its PSU alone signs."""
    if not order.signing_rules:
        return
    signed = {signature.customer_id: signature.at for signature in order.signatures}
    customers = sorted({customer for rule in order.signing_rules for customer in rule.customers} | set(signed))
    mine = (order_signers.c.brand == order.brand, order_signers.c.order_id == order.id)
    await connection.execute(order_signers.delete().where(*mine))
    rows = [
        {
            "brand": order.brand,
            "customer_blind": _blind(sealer, order.brand, customer),
            "order_id": order.id,
            "signed_at": signed.get(customer),
        }
        for customer in customers
    ]
    await connection.execute(order_signers.insert(), rows)


async def load_unsigned(
    connection: AsyncConnection,
    sealer: Sealer,
    brand: str,
    customer_id: str,
    *,
    now: datetime,
    at_most: int,
    table: sa.Table = orders,
) -> tuple[str, ...]:
    """The ids of the orders that wait for this customer's signature at `now` (business time), those that wait longest first."""
    waiting = (
        order_signers.c.signed_at.is_(None),
        table.c.state == OrderState.AWAITING_AUTHORISATION.value,
        table.c.turns_at > now,
    )
    found = _of_customer(sealer, brand, customer_id, table, *waiting).order_by(table.c.since, table.c.id)
    return tuple(await connection.scalars(found.limit(at_most)))


async def load_signed(
    connection: AsyncConnection, sealer: Sealer, brand: str, customer_id: str, *, at_most: int, table: sa.Table = orders
) -> tuple[str, ...]:
    """The ids of the orders that this customer signed, the last changed first."""
    signed = _of_customer(sealer, brand, customer_id, table, order_signers.c.signed_at.is_not(None))
    found = signed.order_by(table.c.updated_at.desc(), table.c.id)
    return tuple(await connection.scalars(found.limit(at_most)))


def _of_customer(
    sealer: Sealer, brand: str, customer_id: str, table: sa.Table, *where: sa.ColumnElement[bool]
) -> sa.Select[tuple[str]]:
    same = sa.and_(table.c.brand == order_signers.c.brand, table.c.id == order_signers.c.order_id)
    mine = (order_signers.c.brand == brand, order_signers.c.customer_blind == _blind(sealer, brand, customer_id))
    return sa.select(table.c.id).join(order_signers, same).where(*mine, *where)


def _blind(sealer: Sealer, brand: str, customer_id: str) -> str:
    return sealer.blind(customer_id, "order_signers", "customer_blind", brand)
