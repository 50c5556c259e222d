"""The story of an instruction of several payments in sentences, from the document that the server returns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kernel.banking.planned.instructions import InstructionState
from orders.instructions.machine import InstructionEvent
from portcullis.cli.orders.sentences import say_age, say_deliveries, say_details, say_instant

STATES: Mapping[InstructionState, str] = {
    InstructionState.AWAITING_AUTHORISATION: "it waits for the signatures of others",
    InstructionState.ACTIVE: "it makes its payments, each on its day",
    InstructionState.COMPLETED: "its last payment is ordered",
    InstructionState.REJECTED: "it is refused",
    InstructionState.CANCELLED: "it is cancelled, and orders no more payments",
}

EVENTS: Mapping[InstructionEvent, str] = {
    InstructionEvent.RECEIVE: "it was received",
    InstructionEvent.SIGN: "one of those who must sign it did",
    InstructionEvent.COMPLETE_SIGNATURES: "the last of those who must sign it did",
    InstructionEvent.EXECUTE: "payment {execution} was ordered",
    InstructionEvent.COMPLETE: "payment {execution} was ordered, its last",
    InstructionEvent.REJECT: "it was refused",
    InstructionEvent.CANCEL: "it was cancelled",
}


def say_instructions(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One line for each instruction of a listing."""
    if not found:
        yield "no such instruction"
    for one in found:
        reason = f" ({one['reason']})" if one["reason"] else ""
        upcoming = f"next at {say_instant(one['next_payment_at'])}" if one["next_payment_at"] else "no next"
        yield (
            f"{one['id']}  {one['what']}  {one['state']}{reason} for {say_age(one['age_seconds'])}  {one['payments_ordered']} payments ordered, "
            f"{upcoming}  {one['amount']} {one['currency']}  client {one['client_id']}  consent {one['consent_id']}"
        )


def say_instruction(shown: Mapping[str, Any]) -> Iterator[str]:
    """One member a line, then one line for each of its last payments."""
    yield from say_details({name: value for name, value in shown.items() if name != "executions"})
    yield from map(_execution, shown["executions"])


def explain_instruction(story: Mapping[str, Any]) -> Iterator[str]:
    one = story["instruction"]
    yield (
        f"Instruction {one['id']} ({one['what']}): {one['amount']} {one['currency']} at first, ordered by client {one['client_id']} of "
        f"organisation {one['organisation_id']} under consent {one['consent_id']}."
    )
    yield f"Since {say_instant(one['since'])} it is {one['state']}: {STATES[InstructionState(one['state'])]}."
    if one["signatures_missing"]:
        yield f"Signed by {one['signatures']}; at least {one['signatures_missing']} must still sign."
    if one["next_payment_at"]:
        yield f"Its next turn is at {say_instant(one['next_payment_at'])}, by business time; payments ordered so far: {one['payments_ordered']}."
    made = {each["number"]: each for each in one["executions"]}
    for each in story["events"]:
        yield f"{say_instant(each['at'])}  {_event(each)}"
        if each["execution"] in made:
            yield f"  {_execution(made[each['execution']])}"
    yield from say_deliveries(story["deliveries"])


def _event(event: Mapping[str, Any]) -> str:
    """By whom, and why."""
    reason = f", reason {event['reason']}" if event["reason"] else ""
    return f"{EVENTS[InstructionEvent(event['event'])].format(execution=event['execution'])} (by {event['cause']}{reason})."


def _execution(order: Mapping[str, Any]) -> str:
    reason = f" {order['reason']}" if order["reason"] else ""
    return f"Payment {order['number']} of {order['amount']} {order['currency']} is order {order['id']}: {order['state']} ({order['rail_status']}{reason})."
