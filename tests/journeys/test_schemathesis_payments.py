"""A foreign fuzzer reads the published document of payments, each body signed after it was made, and looks for an answer that breaks it."""

import asyncio
import json
from dataclasses import dataclass, field

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from sandbox.tpp_kit.folder import TppFolder
from sandbox.tpp_kit.payments import HEADER, SCOPE, Payments, sign_body
from tests.harness.books.books import Books
from tests.harness.judged import JudgedTpp
from tests.harness.patience import PATIENCE_SECONDS
from tests.journeys.paying import CONSENTS, INITIATION, ORDERS, Agreed, agree
from tests.journeys.test_schemathesis import SPECS
from tests.official import unreadable

DOCUMENT = SPECS / "uk_obie_v4.0" / "payment-initiation.json"
PATHS = (f"{CONSENTS}", f"{CONSENTS}/{{ConsentId}}", f"{CONSENTS}/{{ConsentId}}/funds-confirmation", ORDERS)
OF_AN_ORDER = (f"{ORDERS}/{{DomesticPaymentId}}", f"{ORDERS}/{{DomesticPaymentId}}/payment-details")
BY_THE_PAYER = {f"POST {ORDERS}", f"GET {CONSENTS}/{{ConsentId}}/funds-confirmation"}
EXAMPLES = 3  # per operation
SEED = 20
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
pytestmark = pytest.mark.skipif(unreadable("uk_obie/v4.0") is not None, reason="the official documents are not there to read")


@dataclass
class Signer:
    """The auth of a session: signs the body that is sent, unless the fuzzer left the signature out. Every third call is left as it was made.
    `answers`: the statuses by operation."""

    folder: TppFolder
    calls: int = 0
    answers: dict[str, set[int]] = field(default_factory=dict)

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        self.calls += 1
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body
        if body and HEADER in prepared.headers and self.calls % 3:
            prepared.headers[HEADER] = sign_body(body, self.folder)
        return prepared


@pytest.fixture
async def ready(acme: JudgedTpp) -> tuple[Agreed, str, str]:
    """A payment that Alice agreed to, the id of one that was ordered, and the TPP's own token."""
    ordered, agreed = await agree(acme, risk={}), await agree(acme, risk={})
    placed = await Payments(acme).order(ordered.token, ordered.consent_id, INITIATION, risk={})
    return agreed, placed.json()["Data"]["DomesticPaymentId"], await acme.client_credentials_token(SCOPE)


async def test_no_generated_payment_breaks_the_document(acme: JudgedTpp, books: Books, ready: tuple[Agreed, str, str]) -> None:
    """Well-formed or not by the document's own schemas: never a server error, never an answer that the document does not have; and no
    order comes of it."""
    agreed, _, _ = ready
    signer = Signer(acme.folder)
    await asyncio.to_thread(attack_all, acme, signer, ready)
    assert 200 in signer.answers[f"GET {CONSENTS}/{{ConsentId}}"]
    assert all(400 in statuses for statuses in signer.answers.values()), signer.answers
    assert await books.payments.orders_of(agreed.consent_id) == []
    await books.check_whole()


def attack_all(acme: JudgedTpp, signer: Signer, ready: tuple[Agreed, str, str]) -> None:
    agreed, order_id, own = ready
    known = {"ConsentId": agreed.consent_id, "DomesticPaymentId": order_id}
    schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))
    with opened(acme, signer) as session:
        for result in schema.get_all_operations():
            operation = result.ok()
            if operation.path in PATHS + OF_AN_ORDER:
                attack(operation, session, acme, agreed.token if operation.label in BY_THE_PAYER else own, known)


def opened(acme: JudgedTpp, signer: Signer) -> requests.Session:
    """A session over mutual TLS that signs."""
    session = requests.Session()
    session.trust_env = False
    session.verify = str(acme.folder.ca)
    session.cert = (str(acme.folder.transport.certificate), str(acme.folder.transport.key))
    session.auth = signer
    return session


def attack(operation, session, acme, token, known) -> None:
    base_url = acme.folder.resource_base.removesuffix("/aisp") + "/pisp"
    seen = session.auth.answers.setdefault(operation.label, set())

    @seed(SEED)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def strike(case):
        if session.auth.calls % 2 and case.path_parameters:
            case.path_parameters = {name: known[name] for name in case.path_parameters}
        response = case.call(
            base_url=base_url,
            session=session,
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE_SECONDS,
            verify=session.verify,
        )
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    strike()
