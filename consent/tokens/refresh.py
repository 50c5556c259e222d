"""Refresh tokens: random, stored hashed, bound to the client and not to a key; they do not rotate. FAPI2-SP-FINAL 5.3.2.1-12.

A refresh token lives as long as its family, which ends with its consent.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from consent.tables_oauth import refresh_tokens
from kernel.ids import Ids, hash_secret


async def issue_refresh_token(
    connection: AsyncConnection, ids: Ids, *, brand: str, family_id: str, client_id: str, now: datetime
) -> str:
    token = ids.secret()
    await connection.execute(
        refresh_tokens.insert().values(
            brand=brand, id=hash_secret(token), family_id=family_id, client_id=client_id, created_at=now
        )
    )
    return token


async def load_refresh_family(connection: AsyncConnection, brand: str, client_id: str, token: str) -> str | None:
    """The family of this client's refresh token; None for an unknown one and for another client's."""
    query = sa.select(refresh_tokens.c.family_id).where(
        refresh_tokens.c.brand == brand,
        refresh_tokens.c.id == hash_secret(token),
        refresh_tokens.c.client_id == client_id,
    )
    return (await connection.execute(query)).scalar()
