"""Orders as they are stored: one row each, with what an upstream needs sealed in it, and its document with the instruction."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel import json
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import AccountReference
from kernel.banking.orders import OrderState, PaymentOrder, RailStatus, Reason
from kernel.banking.payments import PaymentTerms
from kernel.banking.signers import Signature, SigningRule
from kernel.storage.sealed import Sealer
from orders.tables import instructions, orders
from orders.tracked import Tracked

FORMAT = 1
SINGLE = "single"  # the kind of an instruction that has one execution, as soon as may be


class FormatUnreadable(Exception):
    """An order is of a format that this release cannot read: a newer release wrote it."""


class OrderMoved(Exception):
    """Another transaction changed the order between its reading and its writing."""


class _Details(msgspec.Struct):
    terms: PaymentTerms
    payer: AccountReference
    refund_account: AccountIdentifier | None = None


class _Signing(msgspec.Struct):
    rules: tuple[SigningRule, ...]
    signatures: tuple[Signature, ...]


async def insert_order(connection: AsyncConnection, sealer: Sealer, tracked: Tracked) -> None:
    """With its instruction, of which it is the one execution."""
    order = tracked.order
    shared = {
        "brand": order.brand,
        "consent_id": order.consent_id,
        "client_id": order.client_id,
        "organisation_id": order.organisation_id,
        "lodged_as": order.lodged_as,
        "created_at": order.created_at,
    }
    await connection.execute(
        instructions.insert().values(
            **shared,
            id=order.instruction_id,
            kind=SINGLE,
            executions=1,
            document=sealer.seal(order.document, *_document_place(order.brand, order.instruction_id)),
        )
    )
    details = _Details(order.terms, order.payer, order.refund_account)
    await connection.execute(
        orders.insert().values(
            **shared,
            id=order.id,
            instruction_id=order.instruction_id,
            execution=order.execution,
            psu_id=order.psu_id,
            uetr=order.uetr,
            format=FORMAT,
            details=sealer.seal(json.encode(details), *_place("details", order)),
            execute_at=order.execute_at,
            settles_at=order.settles_at,
            **_moving(sealer, tracked),
        )
    )


async def update_order(connection: AsyncConnection, sealer: Sealer, before: Tracked, after: Tracked) -> None:
    """Raises OrderMoved unless the row is the one that was read."""
    order = before.order
    mine = (orders.c.brand == order.brand, orders.c.id == order.id)
    as_read = (orders.c.version == order.version, orders.c.fence == before.fence)
    written = await connection.execute(orders.update().where(*mine, *as_read).values(**_moving(sealer, after)))
    if written.rowcount != 1:
        raise OrderMoved(f"order {order.id} version {order.version}")


async def load_order(connection: AsyncConnection, sealer: Sealer, brand: str, order_id: str) -> Tracked | None:
    """The current version, without its document. Decide on it only while its row is locked (orders/locks.py: ORDER)."""
    row = (await connection.execute(sa.select(orders).where(orders.c.brand == brand, orders.c.id == order_id))).one_or_none()
    return None if row is None else open_order(sealer, row)


async def load_whole(connection: AsyncConnection, sealer: Sealer, brand: str, order_id: str) -> PaymentOrder | None:
    """The current version, with its document."""
    tracked = await load_order(connection, sealer, brand, order_id)
    if tracked is None:
        return None
    order = tracked.order
    mine = (instructions.c.brand == brand, instructions.c.id == order.instruction_id)
    document = (await connection.execute(sa.select(instructions.c.document).where(*mine))).scalar_one()
    return msgspec.structs.replace(order, document=sealer.open(document, *_document_place(brand, order.instruction_id)))


async def load_of_consents(
    connection: AsyncConnection, sealer: Sealer, brand: str, consent_ids: Sequence[str]
) -> tuple[Tracked, ...]:
    """The orders under these consents, oldest first, without their documents."""
    theirs = sa.select(orders).where(orders.c.brand == brand, orders.c.consent_id.in_(consent_ids))
    rows = await connection.execute(theirs.order_by(orders.c.created_at, orders.c.id))
    return tuple(open_order(sealer, row) for row in rows)


async def find_order(connection: AsyncConnection, brand: str, uetr: str) -> str | None:
    """The id of the order that was sent under this UETR."""
    mine = sa.select(orders.c.id).where(orders.c.brand == brand, orders.c.uetr == uetr)
    found: str | None = (await connection.execute(mine)).scalar_one_or_none()
    return found


def open_order(sealer: Sealer, row: sa.Row[Any]) -> Tracked:
    """From a row of the table."""
    if row.format != FORMAT:
        raise FormatUnreadable(f"order {row.id} has format {row.format}")
    details = msgspec.json.decode(sealer.open(row.details, "orders", "details", row.brand, row.id), type=_Details)
    signing = _Signing((), ())
    if row.signing is not None:
        signing = msgspec.json.decode(sealer.open(row.signing, "orders", "signing", row.brand, row.id), type=_Signing)
    order = PaymentOrder(
        id=row.id,
        brand=row.brand,
        version=row.version,
        state=OrderState(row.state),
        rail_status=RailStatus(row.rail_status),
        reason=None if row.reason is None else Reason(row.reason),
        instruction_id=row.instruction_id,
        execution=row.execution,
        consent_id=row.consent_id,
        client_id=row.client_id,
        organisation_id=row.organisation_id,
        psu_id=row.psu_id,
        terms=details.terms,
        payer=details.payer,
        refund_account=details.refund_account,
        uetr=row.uetr,
        created_at=row.created_at,
        updated_at=row.updated_at,
        execute_at=row.execute_at,
        settles_at=row.settles_at,
        signing_rules=signing.rules,
        signatures=signing.signatures,
        lodged_as=row.lodged_as,
    )
    return Tracked(
        order=order,
        fence=row.fence,
        tries=row.tries,
        submissions=row.submissions,
        since=row.since,
        due_at=row.due_at,
        turns_at=row.turns_at,
    )


def _moving(sealer: Sealer, tracked: Tracked) -> Mapping[str, Any]:
    """The columns that a change may move."""
    order = tracked.order
    signing = json.encode(_Signing(order.signing_rules, order.signatures))
    return {
        "version": order.version,
        "state": order.state.value,
        "rail_status": order.rail_status.value,
        "reason": None if order.reason is None else order.reason.value,
        "signing": sealer.seal(signing, *_place("signing", order)) if order.signing_rules or order.signatures else None,
        "updated_at": order.updated_at,
        "turns_at": tracked.turns_at,
        "due_at": tracked.due_at,
        "since": tracked.since,
        "fence": tracked.fence,
        "tries": tracked.tries,
        "submissions": tracked.submissions,
    }


def _place(column: str, order: PaymentOrder) -> tuple[str, ...]:
    return ("orders", column, order.brand, order.id)


def _document_place(brand: str, instruction_id: str) -> tuple[str, ...]:
    return ("instructions", "document", brand, instruction_id)
