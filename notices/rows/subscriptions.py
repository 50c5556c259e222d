"""The rows of subscriptions: one of a client, found by it, or by what is due."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.banking.notices import NoticeKind, Subscription, SubscriptionForm, SubscriptionTerms
from notices.tables import subscriptions


async def load_subscription(connection: AsyncConnection, brand: str, client_id: str) -> Subscription | None:
    row = (await connection.execute(sa.select(subscriptions).where(*of_client(brand, client_id)))).one_or_none()
    return None if row is None else read(row)


def of_client(brand: str, client_id: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (subscriptions.c.brand == brand, subscriptions.c.client_id == client_id)


def columns_of(terms: SubscriptionTerms) -> dict[str, Any]:
    return {
        "form": terms.form,
        "lodged_as": terms.lodged_as,
        "stated_version": terms.stated_version,
        "callback_url": terms.callback_url,
        "kinds": " ".join(terms.kinds),
    }


def read(row: sa.Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        client_id=row.client_id,
        terms=SubscriptionTerms(
            form=SubscriptionForm(row.form),
            lodged_as=row.lodged_as,
            stated_version=row.stated_version,
            callback_url=row.callback_url,
            kinds=tuple(NoticeKind(kind) for kind in row.kinds.split()),
        ),
        created_at=row.created_at,
        unresponsive_since=row.unresponsive_since,
    )


async def has_subscriptions(connection: AsyncConnection, brand: str) -> bool:
    found = await connection.execute(sa.select(subscriptions.c.id).where(subscriptions.c.brand == brand).limit(1))
    return found.first() is not None
