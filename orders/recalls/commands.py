"""The commands of recalls: each writes the new version, its event and the journal in one transaction, under a lock of the recall."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Protocol

from kernel.brand import Brand
from kernel.commands.locks import Lock, LockKind, Rank
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import FieldInvalid
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry
from kernel.storage.sealed import Sealer
from orders.operators.operator import Operator
from orders.recalls.recall import Direction, Recall, RecallEvent, RecallRequest, RecallState, follow
from orders.recalls.rows import load_recall, write_recall_row

RECALLING = LockKind("recall", Rank.NAME)
RUN = "recalls"  # the actor of what no person did
ID_CHARACTERS_MAX = 30  # of the digest in an id, which is a case's name in messages, too (Max35Text)
LED_TO: Mapping[RecallEvent, Collection[RecallState]] = MappingProxyType(
    {
        RecallEvent.RETURN: (RecallState.RETURNED,),
        RecallEvent.REFUSE: (RecallState.REFUSED,),
    }
)


class RecallCommand(Protocol):
    @property
    def brand(self) -> Brand: ...
    @property
    def sealer(self) -> Sealer: ...
    @property
    def by(self) -> Operator | None: ...
    @property
    def now(self) -> datetime: ...


def recall_id(*names: str) -> str:
    return f"RC{hashlib.sha256('/'.join(names).encode()).hexdigest()[:ID_CHARACTERS_MAX]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRecall:
    """Write a recall down once: the one that is there for a repeat. Raises FieldInvalid for another with its id."""

    name = "open_recall"
    brand: Brand
    sealer: Sealer
    id: str
    direction: Direction
    rail: str
    request: RecallRequest
    answer_by: date
    by: Operator | None  # None: no person did it
    now: datetime  # protocol time
    order_id: str | None = None

    @property
    def locks(self) -> Sequence[Lock]:
        return (RECALLING.of(self.brand.name, self.id),)

    async def handle(self, unit: UnitOfWork) -> Recall:
        before = await load_recall(unit.connection, self.sealer, self.brand.name, self.id)
        if before is not None:
            if before.request != self.request:
                raise FieldInvalid("recall", public=f"The payment is recalled already, by {before.id}, otherwise.", path="recall")
            return before
        is_sent = self.direction is Direction.SENT
        made = Recall(
            id=self.id,
            direction=self.direction,
            rail=self.rail,
            state=RecallState.ASKED if is_sent else RecallState.ARRIVED,
            version=1,
            request=self.request,
            opened_at=self.now,
            since=self.now,
            answer_by=self.answer_by,
            order_id=self.order_id,
        )
        event = RecallEvent.ASK if is_sent else RecallEvent.ARRIVE
        await write_version(unit, self, made, event)
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRecall:
    """An event that changes nothing but the recall; `facts` are members of it. None if there is no such recall; a repeat changes nothing.
    Raises FieldInvalid for one that its state does not allow."""

    name = "move_recall"
    brand: Brand
    sealer: Sealer
    id: str
    event: RecallEvent
    by: Operator | None
    now: datetime
    facts: Mapping[str, Any]

    @property
    def locks(self) -> Sequence[Lock]:
        return (RECALLING.of(self.brand.name, self.id),)

    async def handle(self, unit: UnitOfWork) -> Recall | None:
        before = await load_recall(unit.connection, self.sealer, self.brand.name, self.id)
        if before is None or _is_so(before, self.event, self.facts):
            return before
        after = follow(before, self.event, self.now, **self.facts)
        await write_version(unit, self, after, self.event)
        return after


def _is_so(recall: Recall, event: RecallEvent, facts: Mapping[str, Any]) -> bool:
    """True of a repeat: the event has led here, with these facts."""
    return recall.state in LED_TO.get(event, ()) and all(getattr(recall, name) == value for name, value in facts.items())


async def write_version(unit: UnitOfWork, command: RecallCommand, made: Recall, event: RecallEvent) -> None:
    """The version of a recall that `event` made, with its event and the journal. Who calls holds the lock."""
    brand, by = command.brand.name, command.by
    actor = RUN if by is None else f"staff:{by.name}"
    await write_recall_row(unit.connection, command.sealer, brand, made, event=event.value, by=actor, at=command.now)
    amount = made.request.amount
    facts: dict[str, str | int | list[str] | None] = {
        "direction": made.direction.value,
        "reason": made.request.reason,
        "amount_minor": amount.minor,
        "currency": amount.currency,
    }
    unit.record(
        Entry(
            brand=brand,
            kind=f"recall.{event.value}",
            aggregate_id=made.order_id or made.id,
            at=command.now,
            actor=actor,
            interaction_id=interaction_id.get(),
            facts=facts if by is None else {**facts, **by.facts},
        )
    )
