"""The journal of the bank's own accounts: one entry for each fact of settlement and reconciliation."""

from datetime import datetime

from kernel.brand import Brand
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry


def house_entry(brand: Brand, kind: str, aggregate_id: str, at: datetime, actor: str, **facts: str | int | list[str]) -> Entry:
    return Entry(
        brand=brand.name,
        kind=kind,
        aggregate_id=aggregate_id,
        at=at,
        actor=actor,
        interaction_id=interaction_id.get(),
        facts=dict(facts),
    )
