"""The operator's commands about recalls: ask for a payment, decide on one that is asked of us, and write the messages about both."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import to_builtins

from kernel.errors import FieldInvalid
from orders.recalls.desk import RecallDesk
from orders.recalls.recall import OPEN_RECALLS, Direction, Recall, RecallReason, RecallState, Refusal
from orders.recalls.rows import load_history
from orders.settlement.returned import Returned
from portcullis.compose.composition import Composition
from portcullis.compose.reconciliation import open_desks
from portcullis.serving.ops.given import Given

GROUND_CHARACTERS_MAX = 500  # of an operator's words about a recall
VERSION_DIGITS_MAX = 9  # of a version that an operator names
FOLLOWING_RECALL = "FOCR"  # ISO 20022 ExternalReturnReason1Code: the return follows a cancellation request


async def ask_recall(composition: Composition, brand: str, given: Given) -> dict[str, Any] | None:
    """The recall of an order's payment; None if no rail of ours carried it. Raises FieldInvalid."""
    order, reason = given.asked.get("order", ""), given.asked.get("reason", "")
    if reason not in list(RecallReason):
        raise FieldInvalid("reason", public=f"The reason is one of {', '.join(RecallReason)}.", path="reason")

    async def ask(desk: RecallDesk) -> Recall | None:
        return await desk.ask(composition.brands[brand], order, RecallReason(reason), given.operator)

    return await _first(composition, ask)


async def list_recalls(composition: Composition, brand: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
    """Those that are open, or all; of each account those that have been in their state longest first."""
    states = tuple(RecallState) if asked.get("all") else tuple(OPEN_RECALLS)
    found: list[Recall] = []
    for desk in _desks(composition):
        found += await desk.list(composition.brands[brand], states)
    return [summary_of(each) for each in found]


async def show_recall(composition: Composition, brand: str, asked: Mapping[str, str]) -> dict[str, Any] | None:
    """With its history; None if this brand has no such recall."""
    recall = await _find(composition, brand, asked)
    if recall is None:
        return None
    async with composition.services.database.read() as connection:
        history = await load_history(connection, brand, recall.id)
    return summary_of(recall) | {"history": [{"event": event, "by": by, "at": at} for event, by, at in history]}


async def agree_to_recall(composition: Composition, brand: str, given: Given) -> dict[str, Any] | None:
    """Propose it: another operator approves. The recall after the act; None if this brand has no such recall. Raises FieldInvalid."""
    asked, ground = given.asked, _ground(given.asked)
    name, entry, payee_agreed = asked.get("recall", ""), asked.get("entry", ""), asked.get("payee_agreed") == "yes"

    async def propose(desk: RecallDesk) -> Recall | None:
        house, person = composition.brands[brand], given.operator
        return await desk.propose(house, name, entry=entry, ground=ground, payee_agreed=payee_agreed, person=person)

    return await _first(composition, propose)


async def approve_recall(composition: Composition, brand: str, given: Given) -> dict[str, Any] | None:
    """As `agree_to_recall`."""
    name, version = given.asked.get("recall", ""), given.asked.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) <= VERSION_DIGITS_MAX):
        raise FieldInvalid("version", public="Name the version of the recall that you read.", path="version")

    async def approve(desk: RecallDesk) -> Recall | None:
        return await desk.approve(composition.brands[brand], name, int(version), given.operator)

    return await _first(composition, approve)


async def refuse_recall(composition: Composition, brand: str, given: Given) -> dict[str, Any] | None:
    """As `agree_to_recall`."""
    name, code, ground = given.asked.get("recall", ""), given.asked.get("code", ""), _ground(given.asked)
    if code not in list(Refusal):
        raise FieldInvalid("code", public=f"The code is one of {', '.join(Refusal)}.", path="code")

    async def refuse(desk: RecallDesk) -> Recall | None:
        return await desk.refuse(composition.brands[brand], name, code, ground, given.operator)

    return await _first(composition, refuse)


async def give_up_recall(composition: Composition, brand: str, given: Given) -> dict[str, Any] | None:
    """As `agree_to_recall`."""
    name, ground = given.asked.get("recall", ""), _ground(given.asked)

    async def give_up(desk: RecallDesk) -> Recall | None:
        return await desk.give_up(composition.brands[brand], name, ground, given.operator)

    return await _first(composition, give_up)


async def write_message(composition: Composition, brand: str, asked: Mapping[str, str]) -> dict[str, str] | None:
    """The message that this recall sends by now, always the same: our question (camt.056), our refusal (camt.029), or the payment that we send
    back (pacs.004). None if this brand has no such recall. Raises FieldInvalid where nothing is to be sent."""
    from plugins.rails.iso20022.recalls import write_recall, write_refusal  # noqa: PLC0415  a server that writes none loads no parser
    from plugins.rails.iso20022.returns import write_returns  # noqa: PLC0415

    recall = await _find(composition, brand, asked)
    if recall is None:
        return None
    request, at = recall.request, recall.since
    if recall.direction is Direction.SENT:
        return {"document": write_recall(recall.id, recall.opened_at, request).decode()}
    if recall.state is RecallState.REFUSED and recall.refusal is not None:
        return {"document": write_refusal(recall.id, at, request, recall.refusal).decode()}
    if recall.state is RecallState.RETURNED:
        back = Returned(
            id=recall.id, uetr=request.uetr, amount=request.amount, reason=FOLLOWING_RECALL, end_to_end=request.end_to_end
        )
        return {"document": write_returns(recall.id, at, (back,)).decode()}
    raise FieldInvalid("recall", public=f"This recall is {recall.state}: nothing is to be sent yet.", path="recall")


def summary_of(recall: Recall) -> dict[str, Any]:
    request, proposal = recall.request, recall.open_proposal
    return {
        "id": recall.id,
        "direction": recall.direction,
        "rail": recall.rail,
        "state": recall.state,
        "case": request.case,
        "uetr": request.uetr,
        "amount_minor": request.amount.minor,
        "currency": request.amount.currency,
        "reason": request.reason,
        "asked_by": request.asked_by,
        "asked_of": request.asked_of,
        "payee": request.payee,
        "since": recall.since,
        "answer_by": recall.answer_by,
        "order": recall.order_id,
        "entry": recall.entry,
        "ground": recall.ground,
        "returned_by": recall.returned_by,
        "refusal": recall.refusal,
        "proposal": None if proposal is None else to_builtins(proposal),
        "approved_by": recall.approved_by or None,
    }


async def _find(composition: Composition, brand: str, asked: Mapping[str, str]) -> Recall | None:
    house, name = composition.brands[brand], asked.get("recall", "")
    for desk in _desks(composition):
        if (found := await desk.find(house, name)) is not None:
            return found
    return None


async def _first(composition: Composition, act: Callable[[RecallDesk], Awaitable[Recall | None]]) -> dict[str, Any] | None:
    """Of the account that the recall belongs to."""
    for desk in _desks(composition):
        if (made := await act(desk)) is not None:
            return summary_of(made)
    return None


def _desks(composition: Composition) -> tuple[RecallDesk, ...]:
    if not composition.reconciliations:
        raise FieldInvalid("no ledger", public="The bank's own core keeps its books: nothing is recalled here.", path="brand")
    return open_desks(composition.reconciliations)


def _ground(asked: Mapping[str, str]) -> str:
    ground = asked.get("ground", "").strip()
    if not ground or len(ground) > GROUND_CHARACTERS_MAX:
        raise FieldInvalid("ground", public=f"Say why, in at most {GROUND_CHARACTERS_MAX} characters.", path="ground")
    return ground
