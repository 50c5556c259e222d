"""The configuration of the suite: two clients that share nothing, and a browser that presses what stands on our pages."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.browser_script import ERROR_PAGES, render_overrides
from tests.conformance.configuration import enrol_clients, render_configuration
from tests.conformance.deviations import deviations_of
from tests.conformance.plans import load_plans
from tests.conformance.results import DOCUMENT
from tests.conformance.verdicts import exit_status, render_verdict
from tests.harness.server import Server

SUITE = "https://suite.test"
PLANS = {plan.name: plan for plan in load_plans()}


def test_two_clients_of_their_own_keys_and_addresses(embedded_server: Server):
    """The suite fails a run whose clients share a key, and lets the second live at an address with a query."""
    plan = PLANS["fapi2-security-mtls"]
    folders = enrol_clients(plan, SUITE, embedded_server.state_dir)
    assert enrol_clients(plan, SUITE, embedded_server.state_dir) == folders, "a second run finds them"
    rendered = render_configuration(plan, SUITE, embedded_server.state_dir, folders)
    first, second = (json.loads((folder / "client.json").read_text()) for folder in folders)
    assert first["redirect_uris"] == [f"{SUITE}/test/a/{rendered['alias']}/callback"]
    assert second["redirect_uris"] == [f"{first['redirect_uris'][0]}?dummy1=lorem&dummy2=ipsum"]
    assert rendered["client"]["client_id"] != rendered["client2"]["client_id"]
    assert rendered["mtls"]["cert"] != rendered["mtls2"]["cert"]
    for client in (rendered["client"], rendered["client2"]):
        (key,) = client["jwks"]["keys"]
        assert {"kid", "alg", "n", "d"} <= key.keys()
    assert rendered["client"]["jwks"] != rendered["client2"]["jwks"]
    assert rendered["server"]["discoveryUrl"] == f"{embedded_server.issuer}/.well-known/openid-configuration"
    assert rendered["resource"]["resourceUrl"] == f"{embedded_server.mtls}/open-banking/v4.0/aisp/accounts"


@pytest.mark.parametrize("plan", [plan for plan in PLANS.values() if not plan.is_browserless], ids=lambda plan: plan.name)
def test_each_override_is_of_a_module_that_the_plan_has(plan):
    """The suite ignores an override of a module that does not exist."""
    overridden = set(render_overrides(plan.prefix, "https://bank.test", SUITE))
    par_only = plan.variant.get("fapi_auth_request_method") == "by_value"
    unknown = {name for name in overridden - set(plan.modules) if not (par_only and "-par-" in name)}
    assert unknown == set()
    assert {name for name in ERROR_PAGES if name.startswith(plan.prefix)} <= overridden


DECLARED = re.compile(r"^\| `([^`]+)` \| [^|]+ \| .+ \|$", re.MULTILINE)
READY: dict[str, Any] = {
    "issuer": "https://bank.test",
    "mtls": "https://mtls.bank.test",
    "dialects": {"uk_obie/v4.0": "https://mtls.bank.test/open-banking/v4.0/aisp"},
}


def test_every_change_of_the_configuration_against_the_suites_defaults_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """And nothing is declared that no plan changes any more."""
    monkeypatch.setattr("tests.conformance.configuration.load_ready", lambda _: READY)
    (tmp_path / "keys").write_text("{}")
    client = {"client_id": "c", **dict.fromkeys(("signing_jwks", "transport_certificate", "transport_key", "ca"), "keys")}
    (tmp_path / "client.json").write_text(json.dumps(client))
    changed = set()
    for plan in PLANS.values():
        changed |= deviations_of(plan, render_configuration(plan, SUITE, tmp_path, [tmp_path, tmp_path]))
    section = DOCUMENT.read_text().partition("## What the configuration changes\n")[2].partition("\n## ")[0]
    assert set(DECLARED.findall(section)) == changed


@pytest.mark.parametrize(
    ("wrong", "last", "status"),
    [
        ({"a": 0, "b": 0}, "PASSED: 2 plans as declared", 0),
        ({"a": 0, "b": 3}, "FAILED: 1 of 2 plans NOT as declared", 1),
    ],
)
def test_a_run_ends_with_its_verdict_and_exits_by_it(wrong: dict[str, int], last: str, status: int):
    said = render_verdict(wrong).splitlines()
    assert said[-1] == last
    assert exit_status(wrong) == status
    assert all(any(name in line for line in said) for name in wrong)
