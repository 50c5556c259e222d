"""A foreign fuzzer reads the published document and looks for an answer that breaks it."""

import asyncio
import json
import os
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from tests.harness.judged import JudgedTpp
from tests.harness.patience import PATIENCE_SECONDS
from tests.journeys.test_every_operation import ALL
from tests.official import unreadable

SPECS = Path(os.environ.get("PORTCULLIS_SPECS", Path(__file__).parents[2].parent / "shared" / "specs"))
DOCUMENT = SPECS / "uk_obie_v4.0" / "account-info.json"
EXAMPLES = 5  # per operation and seed
SEEDS = (1, 20, 300)
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# the document has an empty JSON object where the standard's text wants the file itself (tests/deviations.toml)
LEFT_OUT = {"GET /accounts/{AccountId}/statements/{StatementId}/file"}
pytestmark = pytest.mark.skipif(unreadable("uk_obie/v4.0") is not None, reason="the official documents are not there to read")


@pytest.fixture(scope="session")
def tokens(embedded_server) -> tuple[str, str]:
    """A PSU's token for everything, and the TPP's own."""

    async def get() -> tuple[str, str]:
        async with JudgedTpp.of(embedded_server, "acme") as tpp:
            return (await tpp.granted(permissions=ALL)).token, await tpp.client_credentials_token()

    return asyncio.run(get())


@pytest.mark.parametrize("number", SEEDS)
def test_no_generated_request_breaks_the_document(embedded_server, tokens, number):
    """Well-formed or not by the document's own schemas: never a server error, never an answer that the document does not have."""
    folder = embedded_server.state_dir / "tpps" / "acme"
    base_url = f"{embedded_server.mtls}/open-banking/v4.0/aisp"
    session = requests.Session()
    session.trust_env = False
    session.verify = str(embedded_server.state_dir / "pki" / "ca.pem")
    session.cert = (str(folder / "transport.pem"), str(folder / "transport.key"))
    schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))
    with session:
        for result in schema.get_all_operations():
            operation = result.ok()
            if operation.label in LEFT_OUT:
                continue
            attack(operation, number, session, base_url, tokens[1] if "consent" in operation.label else tokens[0])


def attack(operation, number, session, base_url, token) -> None:
    @seed(number)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def strike(case):
        headers = {"Authorization": f"Bearer {token}", "x-fapi-customer-ip-address": "192.0.2.7"}
        response = case.call(base_url=base_url, session=session, headers=headers, timeout=PATIENCE_SECONDS, verify=session.verify)
        case.validate_response(response, checks=CHECKS)

    strike()
