"""The story of an instruction of several payments in sentences."""

import pytest

from kernel.banking.planned.instructions import InstructionState
from orders.instructions.machine import InstructionEvent
from portcullis.cli.orders.instruction_sentences import EVENTS, STATES, explain_instruction, say_instruction, say_instructions

AT = "2026-07-10T09:00:00.000001Z"
EXECUTION = {
    "number": 1,
    "id": "o-1",
    "state": "rejected",
    "rail_status": "RJCT",
    "reason": "AM04",
    "amount": "7.00",
    "currency": "GBP",
    "execute_at": AT,
}
INSTRUCTION = {
    "id": "i-1",
    "what": "standing_order",
    "state": "active",
    "since": AT,
    "reason": None,
    "payments_ordered": 1,
    "next_payment_at": AT,
    "amount": "165.88",
    "currency": "GBP",
    "consent_id": "c-1",
    "client_id": "acme",
    "organisation_id": "org-acme",
    "signatures": 1,
    "signatures_missing": 1,
    "executions": [EXECUTION],
}
STORY = {
    "instruction": INSTRUCTION,
    "events": [
        {"event": "receive", "execution": None, "reason": None, "at": AT, "cause": "client:acme"},
        {"event": "execute", "execution": 1, "reason": None, "at": AT, "cause": "system"},
        {"event": "cancel", "execution": None, "reason": "MS02", "at": AT, "cause": "psu:p-1"},
    ],
    "deliveries": {"events": [{"delivered_at": None}], "waiting": []},
}


def test_every_state_and_event_has_its_words():
    assert (set(STATES), set(EVENTS)) == (set(InstructionState), set(InstructionEvent))


@pytest.mark.parametrize(
    "sentence",
    [
        "Instruction i-1 (standing_order): 165.88 GBP at first, ordered by client acme of organisation org-acme under consent c-1.",
        f"Since 2026-07-10T09:00:00Z it is active: {STATES[InstructionState.ACTIVE]}.",
        "Signed by 1; at least 1 must still sign.",
        "Its next turn is at 2026-07-10T09:00:00Z, by business time; payments ordered so far: 1.",
        "2026-07-10T09:00:00Z  it was received (by client:acme).",
        "2026-07-10T09:00:00Z  payment 1 was ordered (by system).",
        "  Payment 1 of 7.00 GBP is order o-1: rejected (RJCT AM04).",
        "2026-07-10T09:00:00Z  it was cancelled (by psu:p-1, reason MS02).",
        "Events about it that are still kept: 1, of which every sink has 0.",
    ],
)
def test_a_whole_story(sentence):
    assert sentence in list(explain_instruction(STORY))


def test_a_listing_and_one_as_it_is_now():
    assert list(say_instructions([])) == ["no such instruction"]
    (line,) = say_instructions([INSTRUCTION | {"age_seconds": 7_300}])
    assert line == (
        "i-1  standing_order  active for 2 h  1 payments ordered, next at 2026-07-10T09:00:00Z  165.88 GBP  client acme  consent c-1"
    )
    shown = list(say_instruction(INSTRUCTION))
    assert "payments ordered: 1" in shown
    assert shown[-1] == "Payment 1 of 7.00 GBP is order o-1: rejected (RJCT AM04)."
