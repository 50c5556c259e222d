"""The report of a reconciliation in words."""

from portcullis.cli.reconcile.sentences import say_report

NOTHING, DIFFERENCE = {"minor": 0, "currency": "GBP"}, {"minor": -1_250, "currency": "GBP"}
PROOF = dict.fromkeys(("opening", "came_in", "went_out", "ledger"), NOTHING)


def broken(name, owner="", **others):
    facts = {
        "id": name,
        "kind": "charges",
        "state": "open",
        "owner": owner,
        "effect": DIFFERENCE,
        "detail": f"{name} differs",
        "action": "ask",
    }
    return facts | others


def report(breaks=(), resolved=()):
    return {
        "account": {"number": "BOE1", "rail": "faster_payments", "agent": "boe"},
        "day": "2026-07-01",
        "sequence": 7,
        "statement": "",
        "proof": PROOF
        | {"closing": DIFFERENCE, "difference": DIFFERENCE, "explained": {"charges": DIFFERENCE}, "unexplained": NOTHING},
        "matched": 2,
        "items": 3,
        "clearing": NOTHING,
        "in_flight": NOTHING,
        "quarantined": [],
        "breaks": [{"broken": each, "severity": "low", "age": age, "band": "1"} for each, age in breaks],
        "resolved": list(resolved),
    }


def test_balances_come_first_then_breaks_by_owner_then_what_was_resolved_today():
    proposal = {"by": "ann", "reason": "letter 4713", "against": "charges", "discards": False}
    ended = broken("b9", approved_by="bea", proposal=proposal)
    lines = list(say_report("main", report([(broken("b1", "cem"), 4), (broken("b2"), 1), (broken("b3", "cem"), 0)], [ended])))
    places = [
        lines.index(line)
        for line in lines
        if line.startswith(("  closing", "    explained by charges", "3 open", "of ", "b", "resolved"))
    ]
    said = [lines[place] for place in places]
    assert [line.split("  ")[0] for line in said if not line.startswith(" ")] == [
        "3 open breaks",
        "of no one yet (1):",
        "b2",
        "of cem (2):",
        "b1",
        "b3",
        "resolved today (1):",
        "b9",
    ]
    assert ["business day old" in line for line in said if line.startswith("b2")] == [True]
    assert said[-1] == "b9  charges -12.50 GBP, against charges, by ann and bea: letter 4713"
    assert lines[3].split() == ["opening", "balance", "0.00", "GBP"]


def test_nothing_is_said_of_what_is_not_there():
    lines = list(say_report("main", report()))
    assert lines[-1] == "no breaks"


def test_who_decided_alone_is_named_once_and_a_discard_is_said():
    proposal = {"by": "ann", "reason": "letter", "against": None, "discards": True}
    lines = list(say_report("main", report((), [broken("b9", approved_by="ann", proposal=proposal)])))
    assert lines[-1] == "b9  charges -12.50 GBP, the statement is discarded, by ann: letter"
