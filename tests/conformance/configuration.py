"""The suite's configuration of one plan: two clients enrolled at the sandbox for its redirect URIs, their keys, the servers' addresses."""

import hashlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portcullis.cli.control_client import load_ready, post
from tests.conformance.browser_script import render_browser, render_overrides
from tests.conformance.plans import Plan

ACCOUNTS = "uk_obie/v4.0"
SECOND_QUERY = "?dummy1=lorem&dummy2=ipsum"  # the suite's second client lives at an address with a query
NOTIFICATION = "/ciba-notification-endpoint"
NAME_CHARACTERS = 8  # of the hash that keeps one suite's clients apart from another's
INSTITUTION = "portcullis"
READS_OFTEN = "dpop-negative-tests"  # more often than a customer's accounts may be read in their absence (RTS art. 36(5)(b))


def enrol_clients(plan: Plan, suite: str, state_dir: Path, token: str = "") -> list[Path]:
    """The folders of the plan's two clients, made at the running sandbox of `state_dir` unless they stand there. Raises ServerRefused."""
    return [_enrol(plan, suite, query, state_dir, token) for query in ("", SECOND_QUERY)]


def _enrol(plan: Plan, suite: str, query: str, state_dir: Path, token: str) -> Path:
    redirect_uri = _callback(plan, suite) + query
    request = {"redirect_uris": [redirect_uri], "roles": ["AISP"], "alg": "PS256", **plan.client}
    if plan.client.get("ciba") == "ping":
        request["notification_uri"] = _home(plan, suite) + NOTIFICATION
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:NAME_CHARACTERS]
    name = f"{plan.name[:31]}-{digest}"
    folder = state_dir / "tpps" / name
    if not (folder / "client.json").exists():
        post(state_dir, "/sandbox/tpps", {"name": name, **request}, token)
    return folder


def render_configuration(plan: Plan, suite: str, state_dir: Path, folders: list[Path]) -> dict[str, Any]:
    """The configuration that the suite receives. It contains the clients' private keys."""
    ready = load_ready(state_dir)
    issuer, accounts = ready["issuer"], ready["dialects"][ACCOUNTS]
    first, second = (json.loads((folder / "client.json").read_text()) for folder in folders)
    resource = {
        "resourceUrl": _resource(plan, ready, accounts),
        "resourceUrlAccountRequests": f"{accounts}/",
        "resourceUrlAccountsResource": f"{accounts}/",
        "institution_id": INSTITUTION,
    }
    configuration: dict[str, Any] = {
        "alias": _alias(plan),
        "description": f"Portcullis, {plan.name}",
        "server": {"discoveryUrl": f"{issuer}/.well-known/{_well_known(plan)}"},
        "client": _client(plan, folders[0], first),
        "client2": _client(plan, folders[1], second) | {"acr_value": "urn:openbanking:psd2:sca"},
        "mtls": _certificate(folders[0], first),
        "mtls2": _certificate(folders[1], second),
        "resource": resource,
        "override": {plan.prefix + READS_OFTEN: {"resource": resource | {"resourceUrl": f"{ready['mtls']}/whoami"}}},
        "options": {"browsercontrol_css_enable": False},
    }
    if plan.plan.startswith("fapi-ciba"):
        configuration["automated_ciba_approval_url"] = f"{issuer}/sandbox/ciba/{{auth_req_id}}/{{action}}"
    elif not plan.is_browserless:
        configuration["browser"] = render_browser(issuer, suite)
        configuration["override"] |= render_overrides(plan.prefix, issuer, suite)
    return configuration


def _client(plan: Plan, folder: Path, client: dict[str, Any]) -> dict[str, Any]:
    rendered = {
        "client_id": client["client_id"],
        "scope": plan.scope,
        "jwks": json.loads((folder / client["signing_jwks"]).read_text()),
        "hint_type": "login_hint",
        "hint_value": "alice",
    }
    return rendered | ({"dpop_signing_alg": "ES256"} if plan.client["sender_constraint"] == "dpop" else {})


def _certificate(folder: Path, client: dict[str, Any]) -> dict[str, str]:
    return {
        "cert": (folder / client["transport_certificate"]).read_text(),
        "key": (folder / client["transport_key"]).read_text(),
        "ca": (folder / client["ca"]).read_text(),
    }


def _resource(plan: Plan, ready: dict[str, Any], accounts: str) -> str:
    path = plan.resource.format(accounts=urlsplit(accounts).path)
    return str(ready["mtls"]) + path


def _well_known(plan: Plan) -> str:
    return "oauth-authorization-server" if plan.variant.get("openid") == "plain_oauth" else "openid-configuration"


def _alias(plan: Plan) -> str:
    return f"portcullis-{plan.name}"


def _home(plan: Plan, suite: str) -> str:
    return f"{suite.rstrip('/')}/test/a/{_alias(plan)}"


def _callback(plan: Plan, suite: str) -> str:
    return _home(plan, suite) + "/callback"
