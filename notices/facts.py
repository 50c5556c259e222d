"""The facts that become notices, by the kinds of the outbox's events. TPPs are not notified of a fact that the table lacks.

What a TPP did itself (it lodged, withdrew, placed) it knows from the answer. UK Open Banking R/W 4.0, Event Notification.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import msgspec

from kernel import json
from kernel.banking.consents import ConsentKind
from kernel.banking.notices import NoticeKind, SubjectKind
from kernel.banking.planned.instructions import INSTRUCTED_KINDS
from kernel.outbox.ports import Envelope

STOPPED = frozenset({"consent.revoked"})
ACCOUNTS_CHANGED = frozenset({"consent.accounts_changed"})
ORDER_CHANGED = frozenset(
    {
        "order.signatures_awaited",
        "order.signatures_completed",
        "order.scheduled",
        "order.accepted",
        "order.submitted",
        "order.progressed",
        "order.settled",
        "order.rejected",
        "order.cancelled",
    }
)
INSTRUCTION_CHANGED = frozenset(  # of several executions: it is the order that a TPP knows, its executions are not
    {
        "instruction.signatures_completed",
        "instruction.executed",
        "instruction.completed",
        "instruction.rejected",
        "instruction.cancelled",
    }
)
EXECUTION_FAILED = frozenset({"order.rejected"})  # of several executions: nothing else says so
FILE_CHANGED = INSTRUCTION_CHANGED - {
    "instruction.executed"
}  # of thousands of payments: the report of the file says what became of each
_RESOURCE_CHANGED = ORDER_CHANGED | INSTRUCTION_CHANGED
NOTABLE = STOPPED | ACCOUNTS_CHANGED | _RESOURCE_CHANGED

_CHANGES: Mapping[str, frozenset[str]] = MappingProxyType(  # others: of the order
    {**dict.fromkeys(INSTRUCTED_KINDS, INSTRUCTION_CHANGED | EXECUTION_FAILED), ConsentKind.FILE: FILE_CHANGED}
)
_OF_REMOVAL: Mapping[str, NoticeKind] = MappingProxyType(
    {ConsentKind.ACCOUNTS: NoticeKind.ACCOUNT_REMOVED, ConsentKind.VRP: NoticeKind.PAYING_ACCOUNT_REMOVED}
)


class _Document(msgspec.Struct, frozen=True):
    time: datetime
    data: dict[str, Any]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One event as far as a notice needs it. `client_id` is empty where the consent is an organisation's, known by its certificate alone."""

    id: str
    kind: NoticeKind
    subject: SubjectKind
    subject_id: str
    subject_version: int
    product: str
    client_id: str
    lodged_as: str
    occurred_at: datetime
    reason: str | None = None


def read_fact(envelope: Envelope) -> Fact | None:
    """None for an event that becomes no notice."""
    if envelope.kind not in NOTABLE:
        return None
    document = json.decode(envelope.content, _Document)
    data = document.data
    is_order = envelope.kind in _RESOURCE_CHANGED
    product = data.get("kind", ConsentKind.PAYMENT) if is_order else data["kind"]
    kind = _kind_of(envelope.kind, product)
    is_execution = envelope.kind in ORDER_CHANGED and product in INSTRUCTED_KINDS
    subject_id = data.get("instruction_id") if is_execution else envelope.aggregate_id
    if kind is None or not data.get("client_id") or not subject_id:
        return None
    return Fact(
        id=envelope.id,
        kind=kind,
        subject=SubjectKind.ORDER if is_order else SubjectKind.CONSENT,
        subject_id=subject_id,
        subject_version=envelope.aggregate_version,
        product=product,
        client_id=data["client_id"],
        lodged_as=data["lodged_as"],
        occurred_at=document.time,
        reason=data.get("reason") if kind in _OF_REMOVAL.values() else None,
    )


def _kind_of(event_kind: str, product: str) -> NoticeKind | None:
    if event_kind in STOPPED:
        return NoticeKind.CONSENT_STOPPED
    if event_kind in _RESOURCE_CHANGED:
        return NoticeKind.RESOURCE_UPDATED if event_kind in _CHANGES.get(product, ORDER_CHANGED) else None
    return _OF_REMOVAL.get(product)
