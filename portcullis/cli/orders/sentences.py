"""The story of a payment order in sentences, from the document that the server returns."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kernel.banking.money import Money
from kernel.banking.orders import OrderState
from orders.machine import OrderEvent

STATES: Mapping[OrderState, str] = {
    OrderState.RECEIVED: "it was received, and nothing is reserved for it yet",
    OrderState.AWAITING_AUTHORISATION: "it waits for the signatures of others",
    OrderState.SCHEDULED: "it waits for its day",
    OrderState.ACCEPTED: "its amount is reserved, and it is about to be submitted",
    OrderState.HELD_FOR_REVIEW: "its amount is reserved, and a person must decide",
    OrderState.SUBMITTED: "it was handed on, and the bank has not said yet that it is paid or refused",
    OrderState.UNKNOWN: "it was handed on, and no answer says what became of it; the amount stays reserved",
    OrderState.SETTLED: "it is paid",
    OrderState.REJECTED: "it is refused",
    OrderState.CANCELLED: "it is cancelled",
}

EVENTS: Mapping[OrderEvent, str] = {
    OrderEvent.RECEIVE: "the order was received",
    OrderEvent.AWAIT_SIGNATURES: "others must sign it",
    OrderEvent.SIGN: "one of them signed it",
    OrderEvent.COMPLETE_SIGNATURES: "the last of them signed it",
    OrderEvent.SCHEDULE: "it was put off to its day",
    OrderEvent.FALL_DUE: "its day came",
    OrderEvent.PRICE: "the bank gave the rate of its day",
    OrderEvent.RESERVE: "the amount was reserved",
    OrderEvent.HOLD_FOR_REVIEW: "it was held for review",
    OrderEvent.PASS_REVIEW: "it passed its review",
    OrderEvent.SUBMIT: "its submission was written down and sent",
    OrderEvent.LOSE: "no answer came in time: what became of it is unknown",
    OrderEvent.MISS: "the bank said that it never received the submission, and none can arrive any more",
    OrderEvent.PROGRESS: "the bank reported how far it is",
    OrderEvent.SETTLE: "it was paid",
    OrderEvent.REJECT: "it was refused",
    OrderEvent.CANCEL: "it was cancelled",
    OrderEvent.PROPOSE: "an operator proposed its end, which another must approve",
    OrderEvent.NOTE: "a report contradicted what is known; it is kept as evidence, and changed nothing",
}

MINUTE_SECONDS, HOUR_SECONDS, DAY_SECONDS = 60, 3_600, 86_400  # of one minute, hour and day


def say_listing(orders: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """One line for each order of a listing."""
    if not orders:
        yield "no such order"
    for order in orders:
        reason = f" {order['reason']}" if order["reason"] else ""
        yield (
            f"{order['id']}  {order['state']} for {say_age(order['age_seconds'])} ({order['rail_status']}{reason})  "
            f"{order['amount']} {order['currency']}  client {order['client_id']}  consent {order['consent_id']}"
        )


def say_age(seconds: int) -> str:
    for unit, length in (("d", DAY_SECONDS), ("h", HOUR_SECONDS), ("min", MINUTE_SECONDS)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def say_details(order: Mapping[str, Any]) -> Iterator[str]:
    """One member a line, without those that have no value."""
    for name, value in order.items():
        if value not in (None, ""):
            yield f"{name.replace('_', ' ')}: {value}"


def explain_story(story: Mapping[str, Any]) -> Iterator[str]:
    order = story["order"]
    yield (
        f"Payment {order['id']}: {order['amount']} {order['currency']} to {order['payee']} (account {order['payee_account']}), ordered by "
        f"client {order['client_id']} of organisation {order['organisation_id']} under consent {order['consent_id']}."
    )
    yield f"Since {say_instant(order['since'])} it is {order['state']}: {STATES[OrderState(order['state'])]}."
    if order["signatures_missing"]:
        yield f"Signed by {order['signatures']}; at least {order['signatures_missing']} must still sign."
    if order["next_look_at"]:
        yield f"A worker looks at it next at {say_instant(order['next_look_at'])}; questions without news so far: {order['questions_without_news']}."
    yield from (f"{say_instant(each['at'])}  {_event(each)}" for each in story["events"])
    yield from (_attempt(each) for each in story["attempts"])
    yield from (_message(each) for each in story["messages"])
    if story["booking"] is not None:
        yield from _booking(story["booking"])
    yield from say_deliveries(story["deliveries"])


def _event(event: Mapping[str, Any]) -> str:
    """By whom, in what status, why and by what evidence."""
    facts = [event["rail_status"], *([f"reason {event['reason']}"] if event["reason"] else []), f"by {event['cause']}"]
    evidence = f"; evidence: {event['evidence']}" if event["evidence"] else ""
    return f"{EVENTS[OrderEvent(event['event'])]} ({', '.join(facts)}){evidence}."


def _attempt(attempt: Mapping[str, Any]) -> str:
    began = f"Attempt {attempt['number']} began at {say_instant(attempt['began_at'])}"
    if attempt["outcome"]:
        return f"{began}, and ended at {say_instant(attempt['ended_at'])}: {attempt['outcome']}."
    return f"{began}, and has no end yet; it could arrive until {say_instant(attempt['arrives_until'])}."


def _message(message: Mapping[str, Any]) -> str:
    effect = "changed nothing" if message["effect"] == "none" else f"made the event {message['effect']}"
    return f"At {say_instant(message['received_at'])} {message['source']} sent message {message['message_id']}; it {effect}."


def _booking(booking: Mapping[str, Any]) -> Iterator[str]:
    if booking["state"] is None:
        yield "The ledger was never asked for it."
        return
    by = f" by {booking['route']}" if booking["route"] else ""
    yield f"The ledger has it as {booking['state']}{by}, with the last word {booking['status'] or 'none'}."
    if hold := booking["hold"]:
        yield f"Its hold of {_money(hold['amount'])} is {hold['state']}."
    if entry := booking["entry"]:
        legs = ", ".join(f"{_money(leg['amount'])} on {leg['account_id']}" for leg in entry["legs"])
        yield f"Booked as {entry['kind']}, number {entry['sequence']}: {legs}."
    else:
        yield "Nothing is booked for it."


def say_deliveries(deliveries: Mapping[str, Any]) -> Iterator[str]:
    events = deliveries["events"]
    delivered = sum(each["delivered_at"] is not None for each in events)
    yield f"Events about it that are still kept: {len(events)}, of which every sink has {delivered}."
    for lane in deliveries["waiting"]:
        how = f"is tried again at {say_instant(lane['due_at'])}" if lane["due_at"] else "is parked, and waits for a person"
        yield f"Sink {lane['sink']} lacks version {lane['next_version']} and what follows; it {how} ({lane['last_error'] or 'no failure yet'})."


def _money(amount: Mapping[str, Any]) -> str:
    sign = "-" if amount["minor"] < 0 else ""
    return f"{sign}{Money(amount['currency'], amount['minor']).decimal()} {amount['currency']}"


def say_instant(instant: str) -> str:
    """To the second."""
    return f"{instant.partition('.')[0].removesuffix('Z')}Z"
