"""Instructions of several payments as the operator's commands about payment orders say them: a listing, one as it is now, its whole story."""

from typing import Any

from kernel.banking.orders import PaymentOrder
from orders.instructions.story import Aged, InstructionStory, PastEvent


def summary_of(aged: Aged) -> dict[str, Any]:
    one = aged.instruction
    return {
        "id": one.id,
        "what": one.kind,
        "state": one.state,
        "since": aged.since,
        "reason": one.reason,
        "payments_ordered": one.made,
        "next_payment_at": one.turns_at,
        "amount": one.debit.decimal(),
        "currency": one.debit.currency,
        "consent_id": one.consent_id,
        "client_id": one.client_id,
        "organisation_id": one.organisation_id,
    }


def details_of(story: InstructionStory) -> dict[str, Any]:
    one = story.aged.instruction
    return summary_of(story.aged) | {
        "version": one.version,
        "psu_id": one.psu_id,
        "payer_account": one.payer.upstream_id,
        "lodged_as": one.lodged_as,
        "created_at": one.created_at,
        "signatures": len(one.signatures),
        "signatures_missing": one.signatures_missing,
        "executions": [execution_of(each) for each in story.executions],
    }


def execution_of(order: PaymentOrder) -> dict[str, Any]:
    return {
        "number": order.execution,
        "id": order.id,
        "state": order.state,
        "rail_status": order.rail_status,
        "reason": order.reason,
        "amount": order.terms.amount.decimal(),
        "currency": order.terms.amount.currency,
        "execute_at": order.execute_at,
    }


def event_of(past: PastEvent) -> dict[str, Any]:
    return {
        "version": past.version,
        "event": past.event,
        "from": past.before,
        "to": past.after,
        "execution": past.execution,
        "reason": past.reason,
        "at": past.at,
        "cause": past.cause,
    }
