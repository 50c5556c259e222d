"""The locks of notices: the subscription of a client, which is the lock of its notices too."""

from typing import Any

import sqlalchemy as sa

from kernel.commands.locks import LockKind, Rank
from notices.tables import notices, subscriptions


def _subscription(brand: str, client_id: str) -> sa.Select[Any]:
    mine = (subscriptions.c.brand == brand, subscriptions.c.client_id == client_id)
    return sa.select(subscriptions).where(*mine).with_for_update()


SUBSCRIPTION = LockKind("subscription", Rank.REGISTRY, _subscription)

TABLES: tuple[tuple[sa.Table, Rank], ...] = (
    (subscriptions, Rank.REGISTRY),
    (notices, Rank.REGISTRY),
)
