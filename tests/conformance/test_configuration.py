"""What the suite is given: two clients that share nothing, and a browser that presses what stands on our pages."""

import json

import pytest

from tests.conformance.browsing import ERROR_PAGES, render_overrides
from tests.conformance.configuration import enrol_clients, render_configuration
from tests.conformance.plans import load_plans
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
