"""The story of a payment order in sentences: each state, event, attempt, message, entry and delivery has its own."""

import pytest

from kernel.banking.orders import OrderState
from orders.machine import OrderEvent
from portcullis.cli.control_client import ServerRefused
from portcullis.cli.orders import commands
from portcullis.cli.orders.sentences import EVENTS, STATES, explain_story, say_age, say_details, say_listing

AT = "2026-07-01T09:00:00.000001Z"
ORDER = {
    "id": "o-1",
    "state": "unknown",
    "since": AT,
    "rail_status": "ACSP",
    "reason": None,
    "amount": "1.65",
    "currency": "GBP",
    "consent_id": "c-1",
    "client_id": "acme",
    "organisation_id": "org-acme",
    "payee": "ACME Inc",
    "payee_account": "...5698",
    "signatures": 1,
    "signatures_missing": 1,
    "next_look_at": AT,
    "questions_without_news": 4,
}
EVENT = {"event": "note", "rail_status": "RJCT", "reason": "AC04", "at": AT, "cause": "upstream:rail", "evidence": "<pacs.002/>"}
STORY = {
    "order": ORDER,
    "events": [EVENT],
    "attempts": [
        {"number": 1, "began_at": AT, "arrives_until": AT, "ended_at": AT, "outcome": "missing"},
        {"number": 2, "began_at": AT, "arrives_until": AT, "ended_at": None, "outcome": None},
    ],
    "messages": [{"source": "rail", "message_id": "m-1", "received_at": AT, "effect": "none"}],
    "booking": {
        "state": "submitted",
        "route": "faster_payments",
        "status": None,
        "hold": {"state": "open", "amount": {"currency": "GBP", "minor": 165}},
        "entry": {
            "kind": "payment",
            "sequence": 7,
            "legs": [{"account_id": "a-1", "amount": {"currency": "GBP", "minor": -165}}],
        },
    },
    "deliveries": {
        "events": [{"delivered_at": AT}, {"delivered_at": None}],
        "waiting": [
            {"sink": "lake", "next_version": 2, "due_at": None, "last_error": "status 422"},
            {"sink": "warehouse", "next_version": 2, "due_at": AT, "last_error": ""},
        ],
    },
}


def test_every_state_and_event_has_its_words():
    assert (set(STATES), set(EVENTS)) == (set(OrderState), set(OrderEvent))


@pytest.mark.parametrize(
    "sentence",
    [
        "Payment o-1: 1.65 GBP to ACME Inc (account ...5698), ordered by client acme of organisation org-acme under consent c-1.",
        f"Since 2026-07-01T09:00:00Z it is unknown: {STATES[OrderState.UNKNOWN]}.",
        "Signed by 1; at least 1 must still sign.",
        "A worker looks at it next at 2026-07-01T09:00:00Z; questions without news so far: 4.",
        f"2026-07-01T09:00:00Z  {EVENTS[OrderEvent.NOTE]} (RJCT, reason AC04, by upstream:rail); evidence: <pacs.002/>.",
        "Attempt 1 began at 2026-07-01T09:00:00Z, and ended at 2026-07-01T09:00:00Z: missing.",
        "Attempt 2 began at 2026-07-01T09:00:00Z, and has no end yet; it could arrive until 2026-07-01T09:00:00Z.",
        "At 2026-07-01T09:00:00Z rail sent message m-1; it changed nothing.",
        "The ledger has it as submitted by faster_payments, with the last word none.",
        "Its hold of 1.65 GBP is open.",
        "Booked as payment, number 7: -1.65 GBP on a-1.",
        "Events about it that are still kept: 2, of which every sink has 1.",
        "Sink lake lacks version 2 and what follows; it is parked, and waits for a person (status 422).",
        "Sink warehouse lacks version 2 and what follows; it is tried again at 2026-07-01T09:00:00Z (no failure yet).",
    ],
)
def test_a_whole_story(sentence):
    assert sentence in list(explain_story(STORY))


def test_another_bank_has_books_of_its_own():
    lines = list(explain_story(STORY | {"booking": None}))
    assert not [line for line in lines if "ledger" in line or "Booked" in line]
    asked_nothing = STORY["booking"] | {"state": None}
    assert "The ledger was never asked for it." in list(explain_story(STORY | {"booking": asked_nothing}))


def test_a_listing_says_how_long():
    assert list(say_listing([])) == ["no such order"]
    (line,) = say_listing([ORDER | {"age_seconds": 7_300, "reason": "AC04"}])
    assert line == "o-1  unknown for 2 h (ACSP AC04)  1.65 GBP  client acme  consent c-1"
    assert [say_age(seconds) for seconds in (59, 60, 86_400)] == ["59 s", "1 min", "1 d"]
    assert "reason: " not in "".join(say_details(ORDER))


@pytest.mark.parametrize("age", ["2", "h", "2 h", "-2h", "2w", "٢h"])
def test_an_age_that_cannot_be_read_is_refused(age):
    with pytest.raises(ServerRefused, match="older"):
        commands.list_orders(older=age)
