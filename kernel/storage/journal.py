"""The append-only record of every state change and data access, and the outbox of events, in the database of that state.

A state change is journalled in its own transaction (`record`). An entry holds references only (ids, kinds, states): who did
what to which thing, when, under which interaction id; never account data, names, tokens or secrets.
Each context makes both tables in its own metadata with `journal_table` and `outbox_table`.
"""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel import json
from kernel.storage.database import Instant


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One fact in the past tense. `kind` is `<aggregate>.<fact>` ("consent.authorised"); `facts` holds ids, states and counts."""

    brand: str
    kind: str
    aggregate_id: str
    at: datetime
    actor: str  # "client:<id>", "psu:<id>", "system"
    interaction_id: str = ""
    facts: dict[str, str | int | list[str] | None] = {}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that others act on, delivered at least once, in order of (aggregate, version)."""

    brand: str
    id: str
    kind: str
    aggregate_id: str
    aggregate_version: int
    at: datetime
    body: dict[str, Any] = {}


def journal_table(metadata: sa.MetaData, prefix: str = "") -> sa.Table:
    """`prefix` keeps the tables of contexts that share a database apart."""
    return sa.Table(
        f"{prefix}journal",
        metadata,
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("brand", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("aggregate_id", sa.String(128), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor", sa.String(160), nullable=False),
        sa.Column("interaction_id", sa.String(64), nullable=False),
        sa.Column("facts", sa.LargeBinary, nullable=False),
        sa.Index(f"{prefix}journal_by_aggregate", "brand", "aggregate_id", "id"),
    )


def outbox_table(metadata: sa.MetaData, prefix: str = "") -> sa.Table:
    return sa.Table(
        f"{prefix}outbox",
        metadata,
        sa.Column("brand", sa.String(64), primary_key=True),
        sa.Column("aggregate_id", sa.String(128), primary_key=True),
        sa.Column("aggregate_version", sa.Integer, primary_key=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("planned_at", Instant, nullable=True),  # protocol time: when its lanes were made (kernel/outbox/)
        sa.Column("delivered_at", Instant, nullable=True),  # protocol time: when the last of the sinks had it
        sa.Index(
            f"{prefix}outbox_unplanned",
            "brand",
            "at",
            sqlite_where=sa.text("planned_at IS NULL"),
            postgresql_where=sa.text("planned_at IS NULL"),
        ),
        sa.Index(
            f"{prefix}outbox_delivered",
            "brand",
            "delivered_at",
            sqlite_where=sa.text("delivered_at IS NOT NULL"),
            postgresql_where=sa.text("delivered_at IS NOT NULL"),
        ),
    )


class Journal:
    """Writes to one context's journal and outbox, on the connection of the transaction that made the change."""

    def __init__(self, journal: sa.Table, outbox: sa.Table) -> None:
        self._journal = journal
        self._outbox = outbox

    async def record(self, connection: AsyncConnection, *entries: Entry) -> None:
        rows = [
            {
                "brand": entry.brand,
                "kind": entry.kind,
                "aggregate_id": entry.aggregate_id,
                "at": entry.at,
                "actor": entry.actor,
                "interaction_id": entry.interaction_id,
                "facts": json.encode(entry.facts),
            }
            for entry in entries
        ]
        await connection.execute(self._journal.insert(), rows)

    async def publish(self, connection: AsyncConnection, *events: Event) -> None:
        rows = [
            {
                "brand": event.brand,
                "aggregate_id": event.aggregate_id,
                "aggregate_version": event.aggregate_version,
                "id": event.id,
                "kind": event.kind,
                "at": event.at,
                "body": json.encode(event.body),
            }
            for event in events
        ]
        await connection.execute(self._outbox.insert(), rows)
