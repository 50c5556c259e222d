"""The parties of an account, and the party of a customer. Names, addresses and numbers are sealed."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.records.parties import AccountParty, AccountRole, Holding, Party
from kernel.storage.sealed import Sealer
from plugins.ledger import tables
from plugins.ledger.documents import open_document, seal_document

_PLACE = (tables.parties.name, "document")


async def add_party(
    connection: AsyncConnection, sealer: Sealer, brand: str, party: Party, *, customer_id: str | None = None
) -> None:
    """`customer_id`: the core bank's own reference, where the party is a customer."""
    document = seal_document(sealer, party, *_PLACE, brand, party.id)
    row = {"brand": brand, "id": party.id, "customer_id": customer_id, "document": document}
    await connection.execute(tables.parties.insert().values(row))


async def add_account_parties(connection: AsyncConnection, brand: str, links: Iterable[AccountParty]) -> None:
    """In the order in which the bank lists them, the principal holder first. The parties are there already."""
    rows = [
        {
            "brand": brand,
            "account_id": link.account_id,
            "party_id": link.party.id,
            "holding": link.holding,
            "role": link.role,
            "position": position,
        }
        for position, link in enumerate(links)
    ]
    if rows:
        await connection.execute(tables.account_parties.insert(), rows)


async def load_account_parties(
    connection: AsyncConnection, sealer: Sealer, brand: str, account_ids: Sequence[str]
) -> list[AccountParty]:
    """In the order of the accounts asked for, and in the bank's own within each."""
    links, parties = tables.account_parties, tables.parties
    statement = (
        sa.select(links, parties.c.document)
        .join(parties, sa.and_(parties.c.brand == links.c.brand, parties.c.id == links.c.party_id))
        .where(links.c.brand == brand, links.c.account_id.in_(account_ids))
        .order_by(links.c.position, links.c.party_id)
    )
    order = {account_id: number for number, account_id in enumerate(dict.fromkeys(account_ids))}
    rows = sorted(await connection.execute(statement), key=lambda row: order[row.account_id])
    return [
        AccountParty(
            account_id=row.account_id,
            party=open_document(sealer, row.document, Party, *_PLACE, brand, row.party_id),
            holding=Holding(row.holding),
            role=AccountRole(row.role),
        )
        for row in rows
    ]


async def load_party_of(connection: AsyncConnection, sealer: Sealer, brand: str, customer_id: str) -> Party | None:
    parties = tables.parties.c
    statement = sa.select(parties.id, parties.document).where(parties.brand == brand, parties.customer_id == customer_id)
    row = (await connection.execute(statement)).one_or_none()
    return None if row is None else open_document(sealer, row.document, Party, *_PLACE, brand, row.id)
