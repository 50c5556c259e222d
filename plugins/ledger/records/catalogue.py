"""The bank's products, which many accounts share, and its offers, each made to the holder of one account."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.records.offers import Offer
from kernel.banking.records.products import Product
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.documents import open_document, read_document, seal_document, write_document

_PLACE = (tables.offers.name, "document")


async def add_product(connection: AsyncConnection, brand: str, product: Product) -> None:
    """An entry of the price list: it names no account."""
    document = write_document(msgspec.structs.replace(product, account_id=""))
    await connection.execute(tables.products.insert().values(brand=brand, id=product.id, document=document))


async def add_offers(connection: AsyncConnection, sealer: Sealer, brand: str, offers: Iterable[Offer]) -> None:
    rows = [
        {
            "brand": brand,
            "account_id": offer.account_id,
            "id": offer.id,
            "starts_at": offer.starts_at,
            "ends_at": offer.ends_at,
            "document": seal_document(sealer, offer, *_PLACE, brand, offer.id),
        }
        for offer in offers
    ]
    if rows:
        await connection.execute(tables.offers.insert(), rows)


async def load_products(connection: AsyncConnection, brand: str, account_ids: Sequence[str]) -> list[Product]:
    """In the order of the accounts asked for; an account without a product is left out."""
    accounts, products = tables.accounts, tables.products
    statement = (
        sa.select(accounts.c.id, products.c.document)
        .join(products, sa.and_(products.c.brand == accounts.c.brand, products.c.id == accounts.c.product_id))
        .where(accounts.c.brand == brand, accounts.c.id.in_(account_ids))
    )
    found = {row.id: row.document for row in await connection.execute(statement)}
    return [
        msgspec.structs.replace(read_document(found[account_id], Product), account_id=account_id)
        for account_id in dict.fromkeys(account_ids)
        if account_id in found
    ]


async def load_offers(
    connection: AsyncConnection, sealer: Sealer, brand: str, account_ids: Sequence[str], *, now: datetime, most: int
) -> list[Offer]:
    """Those in force at `now`, at most so many of each account, in the order of the accounts asked for; the oldest first."""
    offers = tables.offers.c
    ranked = (
        sa.select(
            tables.offers,
            sa.func.row_number()
            .over(partition_by=offers.account_id, order_by=(offers.starts_at.asc().nulls_first(), offers.id))
            .label("rank"),
        )
        .where(
            offers.brand == brand,
            offers.account_id.in_(account_ids),
            sa.or_(offers.starts_at.is_(None), offers.starts_at <= now),
            sa.or_(offers.ends_at.is_(None), offers.ends_at >= now),
        )
        .subquery()
    )
    statement = sa.select(ranked).where(ranked.c.rank <= most).order_by(ranked.c.rank)
    order = {account_id: number for number, account_id in enumerate(dict.fromkeys(account_ids))}
    rows = sorted(await connection.execute(statement), key=lambda row: (order[row.account_id], row.rank))
    return [open_document(sealer, row.document, Offer, *_PLACE, brand, row.id) for row in rows]
