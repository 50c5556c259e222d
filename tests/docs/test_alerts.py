"""docs/operations/alerts.yaml: every state that is no end has an alert over a gauge that a server shows, and each runbook is a section."""

import re
from pathlib import Path

import pytest
import yaml

from kernel.banking.orders import OPEN_STATES
from kernel.banking.planned.instructions import LIVE_INSTRUCTIONS
from kernel.observability.telemetry import Telemetry
from kernel.outbox.backlog import Waiting
from orders.ages import Overdue
from orders.reconciliation.ages import KINDS
from orders.rows.inbox import ODD_EFFECTS
from orders.settlement.revaluation_run import RevaluationRun
from portcullis.compose.bank import open_circuit
from portcullis.compose.events import delivery, notices
from portcullis.compose.orders import open_ages
from tests.world.brands import BRAND

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations"
RULES = [rule for group in yaml.safe_load((OPERATIONS / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]
SELECTOR = re.compile(r"portcullis_(\w+)(?:\{(\w+)=\"(\w+)\"\})?")


def selected(metric):
    """The label values over whose gauge there is an alert."""
    found = [SELECTOR.search(rule["expr"]).groups() for rule in RULES]
    return {value for name, _label, value in found if name == metric}


@pytest.mark.parametrize(
    ("metric", "states"),
    [
        ("order_age_seconds", OPEN_STATES),
        ("order_overdue_seconds", frozenset(Overdue)),
        ("instruction_overdue_seconds", LIVE_INSTRUCTIONS),
        *((f"{kind.noun}_age_seconds", kind.states) for kind in KINDS),
        ("events_state_age_seconds", frozenset(Waiting)),
        ("inbox_messages", ODD_EFFECTS),
    ],
)
def test_every_state_that_is_no_end_has_an_alert(metric, states):
    assert selected(metric) == {state.value for state in states}


class Distance:
    """Of a sink, as far as gauges are bound to it."""

    brand, sink, delivered, sent, failed = BRAND, type("Sink", (), {"name": "warehouse"}), 0, 0, 0

    def age_seconds(self):
        return 0.0

    def state_age_seconds(self, _state):
        return 0.0

    def parked(self):
        return 0

    def unresponsive(self):
        return 0


@pytest.fixture(scope="module")
def shown():
    """The gauges of a server."""
    telemetry = Telemetry()
    open_ages(None, None, BRAND).watch(telemetry)
    delivery._watch(telemetry, Distance(), Distance())
    notices._watch(telemetry, Distance(), Distance())
    RevaluationRun(books=None, brand=BRAND).watch(telemetry)
    for questions in ("accounts", "payments"):
        open_circuit(telemetry, questions)
    return telemetry.render().decode()


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_an_alert_asks_for_what_a_server_shows(rule, shown):
    name, label, value = SELECTOR.search(rule["expr"]).groups()
    series = [line for line in shown.splitlines() if line.startswith(f"portcullis_{name}{{")]
    assert [line for line in series if label is None or f'{label}="{value}"' in line]
    for word in re.findall(r"by \(([\w, ]+)\)", rule["expr"]):
        assert all(f'{each.strip()}="' in series[0] for each in word.split(","))
    assert rule["annotations"]["summary"]
    assert rule["labels"]["severity"] in {"page", "ticket"}


def test_names_are_unique_and_runbooks_are_sections():
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)
    for rule in RULES:
        if runbook := rule["annotations"].get("runbook"):
            file, _, section = runbook.partition(", ")
            assert f"\n## {section}\n" in (OPERATIONS.parents[1] / file).read_text()
