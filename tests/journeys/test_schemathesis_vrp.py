"""A foreign fuzzer reads the published document of recurring payments, each body signed after it was made, and looks for an answer that
breaks it."""

import asyncio
import json

import pytest
import schemathesis

from sandbox.tpp_kit.payments import SCOPE
from sandbox.tpp_kit.vrp import CONSENTS, ORDERS
from tests.harness.books.books import Books
from tests.harness.judged import JudgedTpp
from tests.journeys.recurring import Allowed, allow
from tests.journeys.test_schemathesis import SPECS
from tests.journeys.test_schemathesis_payments import Signer, attack, opened
from tests.journeys.test_vrp_payments import order
from tests.official import unreadable

DOCUMENT = SPECS / "uk_obie_v4.0" / "vrp.json"
NOT_OFFERED = frozenset({"PUT", "PATCH"})  # consents of an earlier version are not carried over
BY_THE_PAYER = {f"POST {ORDERS}", f"POST {CONSENTS}/{{ConsentId}}/funds-confirmation"}
pytestmark = pytest.mark.skipif(unreadable("uk_obie/v4.0#vrp") is not None, reason="the official documents are not there to read")


async def test_no_generated_recurring_payment_breaks_the_document(acme: JudgedTpp, books: Books) -> None:
    """Well-formed or not by the document's own schemas: never a server error, never an answer that the document does not have; and no
    order comes of it."""
    allowed, signer = await allow(acme), Signer(acme.folder)
    order_id = (await order(acme, allowed, "1.00")).json()["Data"]["DomesticVRPId"]
    own = await acme.client_credentials_token(SCOPE)
    await asyncio.to_thread(attack_all, acme, signer, allowed, order_id, own)
    assert 200 in signer.answers[f"GET {CONSENTS}/{{ConsentId}}"]
    assert all(400 in statuses for statuses in signer.answers.values()), signer.answers
    assert await books.payments.orders_of(allowed.consent_id) == [order_id]
    await books.check_whole()


def attack_all(acme: JudgedTpp, signer: Signer, allowed: Allowed, order_id: str, own: str) -> None:
    known = {"ConsentId": allowed.consent_id, "DomesticVRPId": order_id}
    schema = schemathesis.openapi.from_dict(json.loads(DOCUMENT.read_text()))
    operations = [
        operation for result in schema.get_all_operations() if (operation := result.ok()).method.upper() not in NOT_OFFERED
    ]
    with opened(acme, signer) as session:
        for operation in sorted(operations, key=lambda each: each.method.upper() == "DELETE"):  # it ends the consent
            attack(operation, session, acme, allowed.token if operation.label in BY_THE_PAYER else own, known)
