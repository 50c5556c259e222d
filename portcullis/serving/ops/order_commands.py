"""The operator's commands about payment orders: find them, read what became of one, and record a decision of the bank's own people."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from consent.store import tables as consent_tables
from kernel.banking.orders import OPEN_STATES, OrderState, PaymentOrder, Reason
from kernel.banking.planned.instructions import LIVE_INSTRUCTIONS, InstructionState
from kernel.brand import Brand
from kernel.errors import FieldInvalid, FieldMissing, OrderStateForbids, OrderUnknown
from kernel.outbox.deliveries import load_deliveries
from orders.commands.propose import ProposedEnd
from orders.instructions.story import SoughtInstructions
from orders.machine import OrderEvent
from orders.rows.history import Recorded
from orders.rows.search import Sought
from orders.staff import DECIDED_STATES, Doubt, Ruling, Verdict
from orders.tracked import Tracked
from portcullis.compose.composition import Composition
from portcullis.serving.ops.given import Given
from portcullis.serving.ops.instruction_commands import details_of, event_of, summary_of

State = TypeVar("State", OrderState, InstructionState)
ALL_STATES, OPEN = "all", "open"
EVIDENCE_CHARACTERS_MAX = 1_000  # of an operator's words about evidence, which travel in the target of the command
ACCOUNT_DIGITS_SHOWN = 4  # of a payee's account number


async def list_orders(composition: Composition, brand: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Those that have been in their state longest first; a bounded number. With `instructions`, those of several payments instead. Raises
    FieldInvalid."""
    now = composition.services.clock.wall()
    seconds = _number(asked.get("older", ""), "older")
    until = now - timedelta(seconds=seconds) if seconds else None
    theirs: dict[str, Any] = {"until": until, "consent_id": asked.get("consent", ""), "tpp": asked.get("tpp", "")}
    house, names = _brand(composition, brand), asked.get("state", "")
    if asked.get("instructions"):
        planned = SoughtInstructions(states=_chosen(names, LIVE_INSTRUCTIONS, frozenset(InstructionState)), **theirs)
        aged = await composition.staff.search_instructions(house, planned)
        return [summary_of(each) | {"age_seconds": round((now - each.since).total_seconds())} for each in aged]
    sought = Sought(states=_chosen(names, OPEN_STATES, frozenset(OrderState)), **theirs)
    found = await composition.staff.search(house, sought)
    return [_summary(tracked) | {"age_seconds": round((now - tracked.since).total_seconds())} for tracked in found]


async def show_order(composition: Composition, brand: str, asked: Mapping[str, str]) -> dict[str, Any] | None:
    """The order or instruction; None if this brand has none of this id."""
    house, order_id = _brand(composition, brand), asked.get("order", "")
    story = await composition.staff.story(house, order_id)
    if story is not None:
        return _details(story.tracked)
    several = await composition.staff.instruction_story(house, order_id)
    return None if several is None else details_of(several)


async def explain_order(composition: Composition, brand: str, asked: Mapping[str, str]) -> dict[str, Any] | None:
    """The whole story: the order, its events, attempts and messages, its entry in the built-in ledger, and the deliveries of its events; of
    an instruction, its events with the payments that they ordered. None if this brand has none of this id."""
    house, order_id = _brand(composition, brand), asked.get("order", "")
    story = await composition.staff.story(house, order_id)
    several = await composition.staff.instruction_story(house, order_id) if story is None else None
    async with composition.services.database.read() as connection:
        deliveries = await load_deliveries(connection, consent_tables.OUTBOX, brand, order_id)
    if several is not None:
        events = [event_of(each) for each in several.events]
        return {"instruction": details_of(several), "events": events, "deliveries": deliveries}
    if story is None:
        return None
    return {
        "order": _details(story.tracked),
        "events": [_event(each) for each in story.history],
        "attempts": story.submissions,
        "messages": story.messages,
        "booking": story.booking,
        "deliveries": deliveries,
    }


async def decide_order(composition: Composition, brand: str, given: Given) -> dict[str, Any] | None:
    """The order after the decision, and whether its version waits for another operator's approval; None if this brand has no such order.
    Raises FieldInvalid."""
    ruling = _ruling(given)
    try:
        order = await composition.staff.decide(_brand(composition, brand), given.asked.get("order", ""), ruling)
    except OrderUnknown:
        return None
    except (OrderStateForbids, FieldMissing) as refusal:
        raise FieldInvalid(refusal.code, public=f"Not decided: {refusal.detail}.", path="order") from None
    return _outcome(order) | {"waits": order.state in DECIDED_STATES}


async def approve_order(composition: Composition, brand: str, given: Given) -> dict[str, Any] | None:
    """The order, which has ended; None if this brand has no such order. Raises FieldInvalid."""
    house, version = _brand(composition, brand), _number(given.asked.get("version", ""), "version")
    try:
        return _outcome(await composition.staff.approve(house, given.asked.get("order", ""), version, given.operator))
    except OrderUnknown:
        return None
    except (OrderStateForbids, FieldMissing) as refusal:
        raise FieldInvalid(refusal.code, public=f"Not approved: {refusal.detail}.", path="order") from None


async def hold_order(composition: Composition, brand: str, given: Given) -> dict[str, Any] | None:
    """The order, which waits for a decision from now on; None if this brand has no such order. Raises FieldInvalid."""
    reason = given.asked.get("reason", "").strip()
    if not reason or len(reason) > EVIDENCE_CHARACTERS_MAX:
        raise FieldInvalid("no reason", public=f"Say why, in at most {EVIDENCE_CHARACTERS_MAX} characters.", path="reason")
    doubt = Doubt(by=given.operator, reason=reason)
    try:
        return _outcome(await composition.staff.hold(_brand(composition, brand), given.asked.get("order", ""), doubt))
    except OrderUnknown:
        return None
    except OrderStateForbids as refusal:
        raise FieldInvalid(refusal.code, public=f"Not held: {refusal.detail}.", path="order") from None


def _outcome(order: PaymentOrder) -> dict[str, Any]:
    return {"id": order.id, "state": order.state, "version": order.version}


def _ruling(given: Given) -> Ruling:
    asked = given.asked
    evidence, word = asked.get("evidence", "").strip(), asked.get("verdict", "")
    if word not in list(Verdict):
        raise FieldInvalid(word, public=f"A decision is one of {', '.join(Verdict)}.", path="verdict")
    if not evidence or len(evidence) > EVIDENCE_CHARACTERS_MAX:
        text = f"Say what was seen and where it is kept, in at most {EVIDENCE_CHARACTERS_MAX} characters."
        raise FieldInvalid("no evidence", public=text, path="evidence")
    reason = _reason(asked.get("reason", ""), is_refusal=word == Verdict.REJECTED)
    return Ruling(verdict=Verdict(word), by=given.operator, evidence=evidence, reason=reason)


def _reason(code: str, *, is_refusal: bool) -> Reason | None:
    if bool(code) != is_refusal:
        raise FieldInvalid("reason", public="A reason belongs to a rejection, and each rejection has one.", path="reason")
    if code and code not in list(Reason):
        raise FieldInvalid(
            code, public="The reason is a code of ISO 20022 ExternalStatusReason1Code, such as AC04.", path="reason"
        )
    return Reason(code) if code else None


def _chosen(names: str, are_open: frozenset[State], every: frozenset[State]) -> frozenset[State]:
    groups: dict[str, frozenset[State]] = {OPEN: are_open, ALL_STATES: every}
    groups |= {str(state.value): frozenset({state}) for state in every}
    chosen = [name for name in names.split(",") if name] or [OPEN]
    unknown = [name for name in chosen if name not in groups]
    if unknown:
        raise FieldInvalid(unknown[0], public=f"A state is one of {', '.join(groups)}.", path="state")
    return frozenset[State]().union(*(groups[name] for name in chosen))


def _number(digits: str, path: str) -> int:
    if digits and not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise FieldInvalid(digits, public="A whole number.", path=path)
    return int(digits or "0")


def _brand(composition: Composition, name: str) -> Brand:
    return composition.brands[name]


def _summary(tracked: Tracked) -> dict[str, Any]:
    order = tracked.order
    return {
        "id": order.id,
        "state": order.state,
        "since": tracked.since,
        "rail_status": order.rail_status,
        "reason": order.reason,
        "rail": order.rail,
        "amount": order.terms.amount.decimal(),
        "currency": order.terms.amount.currency,
        "consent_id": order.consent_id,
        "client_id": order.client_id,
        "organisation_id": order.organisation_id,
    }


def _details(tracked: Tracked) -> dict[str, Any]:
    order = tracked.order
    number = order.terms.creditor_account.identification
    return _summary(tracked) | {
        "version": order.version,
        "psu_id": order.psu_id,
        "payee": order.terms.creditor_name,
        "payee_account": f"...{number[-ACCOUNT_DIGITS_SHOWN:]}",
        "payer_account": order.payer.upstream_id,
        "uetr": order.uetr,
        "instruction_id": order.instruction_id,
        "lodged_as": order.lodged_as,
        "created_at": order.created_at,
        "execute_at": order.execute_at,
        "settles_at": order.settles_at,
        "signatures": len(order.signatures),
        "signatures_missing": order.signatures_missing,
        "submissions": tracked.submissions,
        "questions_without_news": tracked.tries,
        "next_look_at": tracked.due_at,
        "turns_at": tracked.turns_at,
    }


def _event(recorded: Recorded) -> dict[str, Any]:
    return {
        "version": recorded.version,
        "event": recorded.event,
        "from": recorded.from_state,
        "to": recorded.to_state,
        "rail_status": recorded.rail_status,
        "reason": recorded.reason,
        "at": recorded.at,
        "cause": recorded.cause,
        "evidence": _evidence(recorded),
    }


def _evidence(recorded: Recorded) -> str:
    if recorded.event is not OrderEvent.PROPOSE:
        return recorded.evidence.decode(errors="replace")
    proposed = msgspec.json.decode(recorded.evidence, type=ProposedEnd)
    return f"{proposed.decision}{f' {proposed.reason}' if proposed.reason else ''}: {proposed.seen}"
