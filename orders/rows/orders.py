"""Orders as they are stored: one row each, with what an upstream needs sealed in it, and its document with the instruction."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel import json
from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.abroad.exchange import Quote
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import AccountReference, ConsentKind
from kernel.banking.money import Money
from kernel.banking.orders import OrderState, PaymentOrder, RailStatus, Reason
from kernel.banking.payments import PaymentTerms
from kernel.banking.signers import Signature, SigningRule
from kernel.errors import ConsentNotAuthorised
from kernel.storage.database import insert_into
from kernel.storage.sealed import SealBroken, Sealer
from orders.tables import instructions, orders
from orders.tracked import Tracked

FORMAT = 1
SINGLE = "single"  # the kind of an instruction that has one execution, as soon as may be


class FormatUnreadable(Exception):
    """An order is of a format that this release cannot read: a newer release wrote it."""


class OrderMoved(Exception):
    """Another transaction changed the order between its reading and its writing."""


class _Kept(msgspec.Struct):
    """The facts that an order keeps for life: the columns of these names say the same in clear, and are believed only where they do."""

    instruction_id: str
    consent_id: str
    client_id: str
    organisation_id: str
    psu_id: str | None
    uetr: str
    kind: str = ConsentKind.PAYMENT  # the only one that an order could have before its kind was written


class _Details(msgspec.Struct):
    """`kept` and `signing_rules` None: of an order that was placed before they were sealed here."""

    terms: PaymentTerms
    payer: AccountReference
    refund_account: AccountIdentifier | None = None
    kept: _Kept | None = None
    signing_rules: tuple[SigningRule, ...] | None = None
    cross_border: CrossBorder | None = None


class _Signing(msgspec.Struct):
    rules: tuple[SigningRule, ...]
    signatures: tuple[Signature, ...]


async def insert_order(connection: AsyncConnection, sealer: Sealer, tracked: Tracked, *, uses_up: bool) -> None:
    """With its instruction, of which it is the one execution. `uses_up`: its consent is given once. Raises ConsentNotAuthorised where another
    order has used that up."""
    await _insert_single(connection, sealer, tracked.order)
    inserted = await _insert(connection, sealer, tracked, single_use_of=tracked.order.consent_id if uses_up else None)
    if not inserted:
        raise ConsentNotAuthorised(f"consent {tracked.order.consent_id} has an order that used it up")


async def insert_execution(connection: AsyncConnection, sealer: Sealer, tracked: Tracked) -> None:
    """One of several of an instruction that is there. Raises IntegrityError where there is one of its number."""
    await _insert(connection, sealer, tracked, single_use_of=None)


async def _insert_single(connection: AsyncConnection, sealer: Sealer, order: PaymentOrder) -> None:
    await connection.execute(
        instructions.insert().values(
            **_shared(order),
            id=order.instruction_id,
            kind=SINGLE,
            executions=1,
            document=sealer.seal(order.document, *document_place(order.brand, order.instruction_id)),
        )
    )


def _shared(order: PaymentOrder) -> dict[str, Any]:
    names = ("brand", "consent_id", "client_id", "organisation_id", "lodged_as", "created_at")
    return {name: getattr(order, name) for name in names}


async def _insert(connection: AsyncConnection, sealer: Sealer, tracked: Tracked, *, single_use_of: str | None) -> bool:
    """False where another order has used the consent up."""
    order = tracked.order
    details = _Details(order.terms, order.payer, order.refund_account, _kept(order), order.signing_rules, order.cross_border)
    insert = insert_into(connection, orders).values(
        **_shared(order),
        id=order.id,
        instruction_id=order.instruction_id,
        execution=order.execution,
        kind=order.kind,
        single_use_of=single_use_of,
        amount_minor=order.terms.amount.minor,
        currency=order.terms.amount.currency,
        psu_id=order.psu_id,
        uetr=order.uetr,
        format=FORMAT,
        details=sealer.seal(json.encode(details), *_place("details", order)),
        execute_at=order.execute_at,
        settles_at=order.settles_at,
        **_moving(sealer, tracked),
    )
    inserted = await connection.execute(insert.on_conflict_do_nothing(index_elements=["brand", "single_use_of"]))
    return inserted.rowcount == 1


async def update_order(connection: AsyncConnection, sealer: Sealer, before: Tracked, after: Tracked) -> None:
    """Raises OrderMoved unless the row is the one that was read."""
    order = before.order
    mine = (orders.c.brand == order.brand, orders.c.id == order.id)
    as_read = (orders.c.version == order.version, orders.c.fence == before.fence)
    columns = {**_moving(sealer, after), **_priced(sealer, order, after.order)}
    written = await connection.execute(orders.update().where(*mine, *as_read).values(**columns))
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
    return msgspec.structs.replace(order, document=sealer.open(document, *document_place(brand, order.instruction_id)))


async def load_of_consents(
    connection: AsyncConnection, sealer: Sealer, brand: str, consent_ids: Sequence[str]
) -> tuple[Tracked, ...]:
    """The newest order of each of these consents, without its document. A consent to many has thousands."""
    rows = orders.c
    age = sa.func.row_number().over(partition_by=rows.consent_id, order_by=(rows.created_at.desc(), rows.execution.desc()))
    theirs = sa.select(rows.id, age.label("age")).where(rows.brand == brand, rows.consent_id.in_(consent_ids)).subquery()
    newest = sa.select(theirs.c.id).where(theirs.c.age == 1)
    found = await connection.execute(sa.select(orders).where(rows.brand == brand, rows.id.in_(newest)))
    return tuple(open_order(sealer, row) for row in found)


async def find_order(connection: AsyncConnection, brand: str, uetr: str) -> str | None:
    """The id of the order that was sent under this UETR."""
    mine = sa.select(orders.c.id).where(orders.c.brand == brand, orders.c.uetr == uetr)
    found: str | None = (await connection.execute(mine)).scalar_one_or_none()
    return found


def open_order(sealer: Sealer, row: sa.Row[Any]) -> Tracked:
    """From a row of the table. Raises SealBroken where what is written in clear is not what was sealed when the order was placed."""
    if row.format != FORMAT:
        raise FormatUnreadable(f"order {row.id} has format {row.format}")
    details = msgspec.json.decode(sealer.open(row.details, "orders", "details", row.brand, row.id), type=_Details)
    if details.kept is not None and details.kept != _kept(row):
        raise SealBroken(f"order {row.id} is not as it was placed")
    if row.amount_minor is not None and Money(row.currency, row.amount_minor) != details.terms.amount:
        raise SealBroken(f"order {row.id} is of another amount than was placed")
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
        kind=row.kind,
        consent_id=row.consent_id,
        client_id=row.client_id,
        organisation_id=row.organisation_id,
        psu_id=row.psu_id,
        terms=details.terms,
        cross_border=_open_cross_border(sealer, row, details.cross_border),
        payer=details.payer,
        refund_account=details.refund_account,
        uetr=row.uetr,
        rail=row.rail or "",
        created_at=row.created_at,
        updated_at=row.updated_at,
        execute_at=row.execute_at,
        settles_at=row.settles_at,
        settled_at=row.settled_at,
        signing_rules=signing.rules if details.signing_rules is None else details.signing_rules,
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


def _open_cross_border(sealer: Sealer, row: sa.Row[Any], placed: CrossBorder | None) -> CrossBorder | None:
    """With the quote that it has got since it was placed."""
    if row.quote is None or placed is None:
        return placed
    quote = msgspec.json.decode(sealer.open(row.quote, "orders", "quote", row.brand, row.id), type=Quote)
    return msgspec.structs.replace(placed, quote=quote)


def _kept(order: PaymentOrder | sa.Row[Any]) -> _Kept:
    return _Kept(**{name: getattr(order, name) for name in _Kept.__struct_fields__})


def _moving(sealer: Sealer, tracked: Tracked) -> Mapping[str, Any]:
    """The columns that a change may move."""
    order = tracked.order
    signing = json.encode(_Signing(order.signing_rules, order.signatures))
    return {
        "version": order.version,
        "state": order.state.value,
        "rail_status": order.rail_status.value,
        "reason": None if order.reason is None else order.reason.value,
        "rail": order.rail,
        "signing": sealer.seal(signing, *_place("signing", order)) if order.signing_rules or order.signatures else None,
        "updated_at": order.updated_at,
        "settled_at": order.settled_at,
        "turns_at": tracked.turns_at,
        "due_at": tracked.due_at,
        "since": tracked.since,
        "fence": tracked.fence,
        "tries": tracked.tries,
        "submissions": tracked.submissions,
    }


def _priced(sealer: Sealer, before: PaymentOrder, after: PaymentOrder) -> Mapping[str, Any]:
    """The rate, where it is fixed by this change."""
    if after.cross_border is None or after.cross_border == before.cross_border:
        return {}
    return {"quote": sealer.seal(json.encode(after.cross_border.quote), *_place("quote", after))}


def _place(column: str, order: PaymentOrder) -> tuple[str, ...]:
    return ("orders", column, order.brand, order.id)


def document_place(brand: str, instruction_id: str) -> tuple[str, ...]:
    return ("instructions", "document", brand, instruction_id)
