"""Write an order: a new one, or the next versions of one. Row, history, journal entry and event stand or fall together.

A change is a list of steps; each makes a version of its own. Callers hold the order's lock and pass the unit of work of their command.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Protocol

import msgspec

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.abroad.exchange import Quote
from kernel.banking.orders import OrderState, PaymentOrder, RailStatus, Reason
from kernel.banking.signers import Signature, missing_of
from kernel.clock import Clock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.ids import Ids
from kernel.observability.interaction import interaction_id
from kernel.storage.journal import Entry, Event
from kernel.storage.sealed import Sealer
from orders.machine import OrderEvent, TransitionRefused, next_state, next_status
from orders.rows.history import Recorded, insert_events
from orders.rows.orders import insert_execution, insert_order, update_order
from orders.rows.planned import index_planned
from orders.rows.signers import index_signers
from orders.tracked import Tracked

FACTS: Mapping[OrderEvent, str] = MappingProxyType(
    {
        OrderEvent.RECEIVE: "order.received",
        OrderEvent.AWAIT_SIGNATURES: "order.signatures_awaited",
        OrderEvent.SIGN: "order.signed",
        OrderEvent.COMPLETE_SIGNATURES: "order.signatures_completed",
        OrderEvent.SCHEDULE: "order.scheduled",
        OrderEvent.FALL_DUE: "order.fell_due",
        OrderEvent.PRICE: "order.priced",
        OrderEvent.RESERVE: "order.accepted",
        OrderEvent.HOLD_FOR_REVIEW: "order.held_for_review",
        OrderEvent.PASS_REVIEW: "order.passed_review",
        OrderEvent.SUBMIT: "order.submitted",
        OrderEvent.LOSE: "order.end_unknown",
        OrderEvent.MISS: "order.found_missing",
        OrderEvent.PROGRESS: "order.progressed",
        OrderEvent.SETTLE: "order.settled",
        OrderEvent.REJECT: "order.rejected",
        OrderEvent.CANCEL: "order.cancelled",
        OrderEvent.PROPOSE: "order.end_proposed",
        OrderEvent.NOTE: "order.contradicted",
    }
)


MOVING = frozenset({OrderEvent.RESERVE, OrderEvent.SUBMIT})  # the steps that take money
QUIET = frozenset(
    {OrderEvent.PROPOSE, OrderEvent.NOTE}
)  # the steps after which the order is as it was, to all but the bank's own people


class Tools(Protocol):
    """The parts that writing an order needs, apart from a transaction."""

    @property
    def clock(self) -> Clock: ...
    @property
    def ids(self) -> Ids: ...
    @property
    def sealer(self) -> Sealer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event. `reported` is the upstream's status and `reported_at` since when it is so by its clock, None for an act of our own;
    `signature` that of whom it was signed by, `rail` the one that was chosen, `quote` the rate that it is made at from now on."""

    event: OrderEvent
    reported: RailStatus | None = None
    reported_at: datetime | None = None
    reason: Reason | None = None
    evidence: bytes = b""
    signature: Signature | None = None
    rail: str = ""
    quote: Quote | None = None


async def write_new(
    unit: UnitOfWork,
    tools: Tools,
    order: PaymentOrder,
    steps: Sequence[Step],
    tracked: Tracked,
    *,
    actor: str,
    uses_up: bool,
) -> Tracked:
    """Write an order as its first steps leave it. `tracked` says when it is due; `uses_up`: its consent is given once."""
    received = _Version(None, OrderState.RECEIVED, Step(event=OrderEvent.RECEIVE), order)
    versions = [received, *_follow(order, steps, tools.clock.now())]
    following = replace(tracked, order=versions[-1].order)
    await insert_order(unit.connection, tools.sealer, following, uses_up=uses_up)
    await _record(unit, tools, versions, actor)
    await index_signers(unit.connection, tools.sealer, following.order)
    await index_planned(unit.connection, tools.sealer, None, following.order)
    return following


async def write_execution(unit: UnitOfWork, tools: Tools, tracked: Tracked, *, actor: str) -> None:
    """Write one of several executions of an instruction, as it falls due."""
    await insert_execution(unit.connection, tools.sealer, tracked)
    received = _Version(None, OrderState.RECEIVED, Step(event=OrderEvent.RECEIVE), tracked.order)
    await _record(unit, tools, (received,), actor)


async def change_order(
    unit: UnitOfWork,
    tools: Tools,
    before: Tracked,
    steps: Sequence[Step],
    *,
    actor: str,
    due_at: datetime | None,
    turns_at: datetime | None = None,
    submissions: int | None = None,
) -> Tracked:
    """Make the versions that `steps` lead to. Raises TransitionRefused and OrderMoved; nothing is written then."""
    versions = _follow(before.order, steps, tools.clock.now())
    order = versions[-1].order
    has_moved = order.state is not before.order.state or order.cross_border != before.order.cross_border
    after = replace(
        before,
        order=order,
        due_at=due_at,
        turns_at=turns_at,
        since=tools.clock.wall() if has_moved else before.since,
        tries=0 if has_moved else before.tries,
        submissions=before.submissions if submissions is None else submissions,
    )
    await update_order(unit.connection, tools.sealer, before, after)
    await _record(unit, tools, versions, actor)
    if order.signatures != before.order.signatures:
        await index_signers(unit.connection, tools.sealer, order)
    await index_planned(unit.connection, tools.sealer, before.order, order)
    return after


@dataclass(frozen=True, slots=True)
class _Version:
    from_state: OrderState | None
    to_state: OrderState
    step: Step
    order: PaymentOrder


def _follow(order: PaymentOrder, steps: Sequence[Step], now: datetime) -> list[_Version]:
    """The versions that follow `order`. `now` is business time. Raises TransitionRefused, also for an order that lacks a signature, or a
    rate that binds the bank, and would take money."""
    versions = []
    for step in steps:
        if step.event in MOVING and missing_of(order.signing_rules, order.signatures):
            raise TransitionRefused(f"no {step.event} of order {order.id}: it lacks a signature")
        if step.event in MOVING and order.is_unpriced:
            raise TransitionRefused(f"no {step.event} of order {order.id}: no rate binds the bank")
        state = next_state(order.state, step.event)
        following = msgspec.structs.replace(
            order,
            version=order.version + 1,
            state=state,
            rail_status=next_status(order.rail_status, step.event, step.reported),
            reason=order.reason if step.event in QUIET else step.reason or order.reason,
            signatures=order.signatures if step.signature is None else (*order.signatures, step.signature),
            rail=step.rail or order.rail,
            cross_border=_priced(order.cross_border, step.quote),
            updated_at=order.updated_at if step.event in QUIET else now,
            settled_at=order.settled_at or (_settled_at(order, step, now) if state is OrderState.SETTLED else None),
        )
        versions.append(_Version(order.state, state, step, following))
        order = following
    return versions


def _priced(cross_border: CrossBorder | None, quote: Quote | None) -> CrossBorder | None:
    return cross_border if cross_border is None or quote is None else msgspec.structs.replace(cross_border, quote=quote)


def _settled_at(order: PaymentOrder, step: Step, now: datetime) -> datetime:
    """The upstream's own instant; but no clock of another's makes a payment settled before it was ordered, or later than now."""
    said = step.reported_at
    return said if said is not None and order.created_at <= said <= now else now


async def _record(unit: UnitOfWork, tools: Tools, versions: Sequence[_Version], actor: str) -> None:
    """History, journal and events bear the moment of writing, in protocol time."""
    at, order = tools.clock.wall(), versions[-1].order
    recorded = [
        Recorded(
            version=each.order.version,
            event=each.step.event,
            from_state=each.from_state,
            to_state=each.to_state,
            rail_status=each.order.rail_status,
            reason=each.order.reason,
            at=at,
            cause=actor,
            reported_at=each.step.reported_at,
            evidence=each.step.evidence,
        )
        for each in versions
    ]
    await insert_events(unit.connection, tools.sealer, order.brand, order.id, recorded)
    for each in versions:
        unit.record(_entry(each, at, actor))
        unit.publish(_event(each, at, tools.ids.uuid()))


def _entry(version: _Version, at: datetime, actor: str) -> Entry:
    order = version.order
    return Entry(
        brand=order.brand,
        kind=FACTS[version.step.event],
        aggregate_id=order.id,
        at=at,
        actor=actor,
        interaction_id=interaction_id.get(),
        facts={
            "state": order.state,
            "rail_status": order.rail_status,
            "reason": order.reason,
            "version": order.version,
            "consent_id": order.consent_id,
            "client_id": order.client_id,
            "account": order.payer.id,
        },
    )


def _event(version: _Version, at: datetime, event_id: str) -> Event:
    order = version.order
    return Event(
        brand=order.brand,
        id=event_id,
        kind=FACTS[version.step.event],
        aggregate_id=order.id,
        aggregate_version=order.version,
        at=at,
        body={
            "order_id": order.id,
            "instruction_id": order.instruction_id,
            "kind": order.kind,
            "consent_id": order.consent_id,
            "state": order.state,
            "rail_status": order.rail_status,
            "reason": order.reason,
            "client_id": order.client_id,
            "organisation_id": order.organisation_id,
            "lodged_as": order.lodged_as,
        },
    )
