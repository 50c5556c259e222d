"""Take a request of an operator once, and write down that it was given."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.commands.locks import Lock, LockKind, Rank
from kernel.commands.unit_of_work import UnitOfWork
from kernel.observability.interaction import interaction_id
from kernel.storage.database import insert_into
from kernel.storage.journal import Entry
from orders.decisions import STAFF
from orders.operators.operator import Operator
from orders.operators.tables import operator_requests

REQUESTS = LockKind("operator requests", Rank.NAME)  # of one key
KEPT = timedelta(days=1)  # a request that was taken: longer than any server would take it again, by any clock


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeRequest:
    """`target` is all of the request, `brands` those that it is about. False for one that was taken before. Rows whose time has passed are
    removed on the way."""

    name = "take_request"
    operator: Operator
    command: str
    target: str
    brands: Sequence[str]
    nonce: str
    now: datetime  # protocol time

    @property
    def locks(self) -> Sequence[Lock]:
        return (REQUESTS.of(self.brands[0], self.operator.key),)

    async def handle(self, unit: UnitOfWork) -> bool:
        rows = operator_requests.c
        mine = {"brand": self.brands[0], "key": self.operator.key}
        values = {**mine, "nonce": self.nonce, "expires_at": self.now + KEPT}
        insert = insert_into(unit.connection, operator_requests).values(**values).on_conflict_do_nothing()
        if (await unit.connection.execute(insert.returning(rows.nonce))).first() is None:
            return False
        past = (rows.brand == self.brands[0], rows.key == self.operator.key, rows.expires_at < self.now)
        await unit.connection.execute(operator_requests.delete().where(*past))
        for brand in self.brands:
            unit.record(self._entry(brand))
        return True

    def _entry(self, brand: str) -> Entry:
        """The members of a request may name people: the journal has their digest."""
        return Entry(
            brand=brand,
            kind="operator.commanded",
            aggregate_id=self.nonce,
            at=self.now,
            actor=f"{STAFF}{self.operator.name}",
            interaction_id=interaction_id.get(),
            facts={
                "command": self.command,
                "key": self.operator.key,
                "target_sha256": hashlib.sha256(self.target.encode()).hexdigest(),
            },
        )
