"""A connection to a server's database that cannot write."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool


def read_only(url: str) -> AsyncEngine:
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return create_async_engine(
            f"sqlite+aiosqlite:///file:{parsed.database}?mode=ro&uri=true", pool_size=1, poolclass=AsyncAdaptedQueuePool
        )
    settings = {"server_settings": {"default_transaction_read_only": "on"}}
    return create_async_engine(
        parsed.set(drivername="postgresql+asyncpg"), connect_args=settings, pool_size=1, poolclass=AsyncAdaptedQueuePool
    )
