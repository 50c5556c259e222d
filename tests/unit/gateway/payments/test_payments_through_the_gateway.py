"""Domestic payments through the whole gateway: signed both ways, idempotent, and held against the official document."""

import copy
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from kernel import json
from kernel.access import Role
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import Consent, ConsentKind, ConsentState
from kernel.banking.money import Money
from kernel.banking.orders import OrderState
from kernel.banking.payments import PaymentTerms
from kernel.banking.signers import Signature, SigningRule
from kernel.cut_offs import CutOffRule, LatePayments
from kernel.http.message import Response
from kernel.jose.detached import is_signed_by, parse_detached, sign_detached
from kernel.jose.jwt import generate_key, import_key, public_jwk
from openapi.codec import WireRequest
from openapi.uk_obie.v4_0.dialect import DIALECT
from openapi.uk_obie.v4_0.pisp.domestic.consents import EXAMPLE, decode_lodge
from openapi.uk_obie.v4_0.signatures import CRITICAL, IAT, ISS, TAN
from tests.official import validate_answer
from tests.world.gateway.payments import SIGNER
from tests.world.gateway.snapshots import agreed_to
from tests.world.gateway.world import GatewayWorld

BASE = "/open-banking/v4.0/pisp"
CONSENTS, PAYMENTS = f"{BASE}/domestic-payment-consents", f"{BASE}/domestic-payments"
BODY = msgspec.json.decode(EXAMPLE)
ORDER = {"Data": {"ConsentId": "consent-1", "Initiation": BODY["Data"]["Initiation"]}, "Risk": BODY["Risk"]}


def payment_consent(**changes: Any) -> Consent:
    return agreed_to(decode_lodge(WireRequest({}, (), EXAMPLE)).lodgement, **changes)


@pytest.fixture
def world() -> GatewayWorld:
    world = GatewayWorld(dialects=(DIALECT,))
    world.serve("payments", Role.PISP)
    world.keep(payment_consent())
    return world


def signature(world: GatewayWorld, body: bytes, **changes: Any) -> str:
    key = world.message_keys.private
    head = {
        "alg": "PS256",
        "kid": key.kid,
        IAT: int(world.clock.wall().timestamp()) - 1,
        ISS: SIGNER,
        TAN: "openbanking.org.uk",
        "crit": list(CRITICAL),
    }
    return sign_detached(body, head | changes, key)


async def send(
    world: GatewayWorld,
    method: str,
    path: str,
    document: Any = None,
    *,
    key: str | None = "key-1",
    sent: bytes | None = None,
    headers: Any = (),
    **facts: Any,
) -> tuple[Response, Any]:
    """One call, its body signed; `sent` goes out in place of what was signed. The answer is valid, and signed if it has a body."""
    body = b"" if document is None else json.encode(document)
    added: dict[str, str] = {}
    if body:
        added = {"Content-Type": "application/json", "x-jws-signature": signature(world, body)}
        added |= {} if key is None else {"x-idempotency-key": key}
    chosen = {name: value for name, value in (added | dict(headers)).items() if value is not None}
    response = await world.ask(method, path, body=body if sent is None else sent, headers=chosen, **facts)
    validate_answer(DIALECT.name, method, path, response.status, response.headers, response.body)
    if response.body:
        ours = world.message_keys.ours
        public = import_key(public_jwk(ours), kid=ours.kid, alg="PS256")
        assert is_signed_by(response.body, parse_detached(response.headers["x-jws-signature"]), public)
    return response, msgspec.json.decode(response.body) if response.body else None


def code_of(document: Any) -> str:
    return str(document["Errors"][0]["ErrorCode"])


async def test_a_consent_is_lodged_and_read_back_as_it_was(world: GatewayWorld) -> None:
    response, document = await send(world, "POST", CONSENTS, BODY, token="client-token")
    assert (response.status, world.consents.lodged[0].kind) == (201, ConsentKind.PAYMENT)
    response, document = await send(world, "GET", f"{CONSENTS}/consent-1", token="client-token")
    assert (document["Data"]["Initiation"], document["Risk"]) == (BODY["Data"]["Initiation"], BODY["Risk"])
    assert document["Data"]["Status"] == "AUTH"


@pytest.mark.parametrize("state", list(ConsentState))
async def test_every_state_of_a_consent_can_be_read(world: GatewayWorld, state: ConsentState) -> None:
    world.keep(payment_consent(state=state))
    response, _ = await send(world, "GET", f"{CONSENTS}/consent-1", token="client-token")
    assert response.status == 200


@pytest.mark.spec("OBIE-RW-4.0-domestic-payments", "OBIE-RW-4.0-payment-details")
async def test_an_order_is_placed_read_and_detailed(world: GatewayWorld) -> None:
    response, document = await send(world, "POST", PAYMENTS, ORDER)
    order_id = document["Data"]["DomesticPaymentId"]
    assert (response.status, document["Data"]["Status"]) == (201, "RCVD")
    assert document["Data"]["Initiation"] == BODY["Data"]["Initiation"]
    for path in (order_id, f"{order_id}/payment-details"):
        response, _ = await send(world, "GET", f"{PAYMENTS}/{path}", token="client-token")
        assert response.status == 200
    response, document = await send(world, "GET", f"{PAYMENTS}/unknown", token="client-token")
    assert (response.status, code_of(document)) == (400, "U011")


async def test_an_order_is_unknown_under_the_paths_of_another_product(world: GatewayWorld) -> None:
    _, document = await send(world, "POST", PAYMENTS, ORDER)
    order_id = document["Data"]["DomesticPaymentId"]
    assert world.payments.requests[0].kind == ConsentKind.PAYMENT
    world.payments.orders[order_id] = msgspec.structs.replace(world.payments.orders[order_id], kind=ConsentKind.VRP)
    for path in (order_id, f"{order_id}/payment-details"):
        response, document = await send(world, "GET", f"{PAYMENTS}/{path}", token="client-token")
        assert (response.status, code_of(document)) == (400, "U011")


async def test_the_same_request_again_names_the_first_order(world: GatewayWorld) -> None:
    """R/W 4.0 Profile, "Idempotency": 201 with the same resource, though the consent is used up."""
    _, first = await send(world, "POST", PAYMENTS, ORDER)
    world.keep(payment_consent(version=2, state=ConsentState.CONSUMED))
    response, again = await send(world, "POST", PAYMENTS, ORDER)
    assert (response.status, again["Data"]["DomesticPaymentId"]) == (201, first["Data"]["DomesticPaymentId"])
    other = copy.deepcopy(ORDER) | {"Risk": {}}
    response, document = await send(world, "POST", PAYMENTS, other)
    assert (response.status, code_of(document)) == (409, "U029")


@pytest.mark.parametrize(
    ("key", "code"), [(None, "U007"), ("", "U006"), (" k", "U006"), ("k ", "U006"), ("k" * 41, "U006"), ("k\0", "U006")]
)
async def test_an_order_needs_a_key(world: GatewayWorld, key: str | None, code: str) -> None:
    response, document = await send(world, "POST", PAYMENTS, ORDER, key=key)
    assert (response.status, code_of(document)) == (400, code)
    assert not world.payments.orders


@pytest.mark.parametrize("change", ["tampered", "unsigned", "of another body", "by another key", "twice a member"])
async def test_a_body_that_is_not_as_it_was_signed_orders_nothing(world: GatewayWorld, change: str) -> None:
    body = json.encode(ORDER)
    faults: dict[str, tuple[dict[str, Any], str]] = {
        "tampered": ({"sent": body.replace(b"165.88", b"965.88")}, "U015"),
        "unsigned": ({"headers": {"x-jws-signature": None}}, "U019"),
        "of another body": ({"headers": {"x-jws-signature": signature(world, b"{}")}}, "U015"),
        "by another key": ({"headers": {"x-jws-signature": sign_of_a_stranger(world, body)}}, "U016"),
        "twice a member": (
            {
                "sent": body[:-1] + b',"Risk":{}}',
                "headers": {"x-jws-signature": signature(world, body[:-1] + b',"Risk":{}}')},
            },
            "U005",
        ),
    }
    facts, code = faults[change]
    response, document = await send(world, "POST", PAYMENTS, ORDER, **facts)
    assert (response.status, code_of(document)) == (400, code)
    assert not world.payments.orders


def sign_of_a_stranger(world: GatewayWorld, body: bytes) -> str:
    key = generate_key("PS256")
    head = {"alg": "PS256", "kid": key.kid, IAT: 1, ISS: SIGNER, TAN: "openbanking.org.uk", "crit": list(CRITICAL)}
    return sign_detached(body, head, key)


async def test_a_signature_without_a_body_is_unexpected(world: GatewayWorld) -> None:
    response, document = await send(
        world, "GET", f"{CONSENTS}/consent-1", token="client-token", headers={"x-jws-signature": "a..b"}
    )
    assert (response.status, code_of(document)) == (400, "U020")


async def test_an_order_names_the_consent_of_its_token_and_its_terms(world: GatewayWorld) -> None:
    foreign = copy.deepcopy(ORDER)
    foreign["Data"]["ConsentId"] = "consent-2"
    response, document = await send(world, "POST", PAYMENTS, foreign)
    assert (response.status, code_of(document)) == (400, "U008")
    changed = copy.deepcopy(ORDER)
    changed["Data"]["Initiation"]["InstructedAmount"]["Amount"] = "165.89"
    response, document = await send(world, "POST", PAYMENTS, changed)
    assert (response.status, code_of(document)) == (400, "U008")
    assert document["Errors"][0]["Path"] == "Data.Initiation.InstructedAmount.Amount"
    assert not world.payments.orders


@pytest.mark.parametrize("available", [True, False])
async def test_funds_are_confirmed_for_the_account_and_amount_of_the_consent(world: GatewayWorld, available: bool) -> None:
    world.payments.available = available
    response, document = await send(world, "GET", f"{CONSENTS}/consent-1/funds-confirmation")
    assert (response.status, document["Data"]["FundsAvailableResult"]["FundsAvailable"]) == (200, available)
    assert world.payments.asked == [("up1", Money("GBP", 16_588))]


@pytest.mark.parametrize("state", sorted(set(ConsentState) - {ConsentState.AUTHORISED}))
async def test_funds_are_confirmed_while_the_consent_is_authorised(world: GatewayWorld, state: ConsentState) -> None:
    """R/W 4.0 Domestic Payment Consents: any other status is refused alike; one on hold says what it waits for."""
    world.keep(payment_consent(version=2, state=state))
    response, document = await send(world, "GET", f"{CONSENTS}/consent-1/funds-confirmation")
    shown = (403, "U028") if state is ConsentState.SUSPENDED else (400, "U009")
    assert (response.status, code_of(document)) == shown
    assert not world.payments.asked


async def test_an_order_returns_the_payers_number_where_it_was_asked_for(world: GatewayWorld) -> None:
    number = AccountIdentifier(Scheme.SORT_CODE, "80200110203345", "Alice Ames")
    world.upstream.details = {"identifiers": (number,)}
    terms = msgspec.structs.replace(payment_consent().terms, returns_to_payer=True)
    world.keep(payment_consent(version=2, terms=terms))
    _, document = await send(world, "POST", PAYMENTS, ORDER)
    assert document["Data"]["Refund"]["Account"] == {
        "SchemeName": "UK.OBIE.SortCodeAccountNumber",
        "Identification": "80200110203345",
        "Name": "Alice Ames",
    }


async def test_a_repeat_of_an_order_with_a_refund_account_needs_no_bank(world: GatewayWorld) -> None:
    terms = msgspec.structs.replace(payment_consent().terms, returns_to_payer=True)
    world.keep(payment_consent(version=2, terms=terms))
    _, first = await send(world, "POST", PAYMENTS, ORDER)
    asked = list(world.upstream.asked)
    assert [question for question, *_ in asked] == ["accounts"]
    response, again = await send(world, "POST", PAYMENTS, ORDER)
    assert (response.status, again["Data"]["DomesticPaymentId"]) == (201, first["Data"]["DomesticPaymentId"])
    assert world.upstream.asked == asked


@pytest.mark.parametrize("path", [PAYMENTS, f"{CONSENTS}/consent-1/funds-confirmation"])
async def test_a_clients_own_token_pays_nothing(world: GatewayWorld, path: str) -> None:
    method, document = ("POST", ORDER) if path == PAYMENTS else ("GET", None)
    response, _ = await send(world, method, path, document, token="client-token")
    assert response.status == 401
    assert not world.payments.orders


@pytest.mark.spec("OBIE-RW-4.0-multiple-authorisation")
@pytest.mark.parametrize(
    ("state", "signed", "status"),
    [(OrderState.AWAITING_AUTHORISATION, 1, "AWAF"), (OrderState.REJECTED, 1, "RJCT"), (OrderState.SETTLED, 2, "AUTH")],
)
async def test_an_order_that_several_must_sign_says_how_many_have(
    world: GatewayWorld, state: OrderState, signed: int, status: str
) -> None:
    _, placed = await send(world, "POST", PAYMENTS, ORDER)
    order = world.payments.orders[placed["Data"]["DomesticPaymentId"]]
    at = world.clock.now()
    signatures = tuple(
        Signature(customer_id=f"c{each}", psu_id=f"p{each}", authorisation_id=f"a{each}", at=at) for each in range(signed)
    )
    world.payments.orders[order.id] = msgspec.structs.replace(
        order, state=state, signing_rules=(SigningRule(("c0", "c1"), 2),), signatures=signatures
    )
    _, document = await send(world, "GET", f"{PAYMENTS}/{order.id}", token="client-token")
    shown = document["Data"]["MultiAuthorisation"]
    assert (shown["Status"], shown["NumberRequired"], shown["NumberReceived"]) == (status, 2, signed)


SUNDAY = datetime(2026, 7, 5, 12, tzinfo=UTC)
MONDAY = datetime(2026, 7, 6, tzinfo=ZoneInfo("Europe/London"))
FOUR = time(16)


@pytest.mark.spec("OBIE-RW-4.0-cutoffdatetime-behaviour")
@pytest.mark.parametrize("late", ["refused", "next_day"])
async def test_a_consent_and_an_order_have_the_cut_off_of_their_bank(world: GatewayWorld, late: LatePayments) -> None:
    """On a Sunday: refused, where the bank refuses, by the command alone, which knows repeats; else made on Monday."""
    world.clock.offset = SUNDAY - world.clock.wall()
    world.brand = replace(world.brand, cut_off=CutOffRule(at=FOUR, late=late), zone=ZoneInfo("Europe/London"))
    world.decide_with(world.decisions)
    world.keep(payment_consent(version=2, valid_until=None))
    await send(world, "POST", CONSENTS, BODY, token="client-token")
    lodged = world.consents.lodged[0]
    monday_at_four = MONDAY.replace(hour=16)
    assert isinstance(lodged.terms, PaymentTerms)
    assert lodged.terms.cut_off == monday_at_four
    ends = (MONDAY, monday_at_four) if late == "refused" else (None, None)
    assert (lodged.opens_at, lodged.valid_until) == ends
    await send(world, "POST", PAYMENTS, ORDER)
    (asked,) = world.payments.requests
    assert (asked.opens_at, asked.execute_at) == ((MONDAY, None) if late == "refused" else (None, MONDAY))


@pytest.mark.parametrize(("ends", "code"), [(MONDAY, "TM01"), (MONDAY - timedelta(hours=1), "TKXP")])
async def test_a_consent_that_its_banks_cut_off_ended_says_so(world: GatewayWorld, ends: datetime, code: str) -> None:
    terms = msgspec.structs.replace(payment_consent().terms, cut_off=MONDAY)
    world.keep(payment_consent(version=2, terms=terms, valid_until=ends, created_at=SUNDAY))
    world.clock.offset = MONDAY - world.clock.wall()
    _, document = await send(world, "GET", f"{CONSENTS}/consent-1", token="client-token")
    data = document["Data"]
    assert (data["Status"], data["StatusReason"][0]["StatusReasonCode"]) == ("RJCT", code)
    assert datetime.fromisoformat(data["CutOffDateTime"]) == MONDAY


async def test_a_key_is_one_products_own_though_products_share_an_operation() -> None:
    """R/W 4.0 Profile, "Idempotency": a key is unique for a TPP and an endpoint."""
    payments = next(service for service in DIALECT.services if service.name == "pisp")
    other = tuple(replace(row, path=row.path.replace("domestic", "other")) for row in payments.rows if "domestic" in row.path)
    both = replace(payments, rows=(*payments.rows, *other))
    world = GatewayWorld(dialects=(replace(DIALECT, services=(both,)),))
    world.serve("payments", Role.PISP)
    world.keep(payment_consent())
    ids = []
    for path in (PAYMENTS, PAYMENTS, f"{BASE}/other-payments"):
        body = json.encode(ORDER)
        headers = {"Content-Type": "application/json", "x-jws-signature": signature(world, body), "x-idempotency-key": "key-1"}
        response = await world.ask("POST", path, body=body, headers=headers)
        ids.append(msgspec.json.decode(response.body or b"")["Data"]["DomesticPaymentId"])
    assert ids == ["order-1", "order-1", "order-2"]


async def test_a_repeat_may_write_its_body_in_another_way(world: GatewayWorld) -> None:
    """R/W 4.0 Profile, "Idempotency": the resource must not change; the order of members and the spacing do not change it."""
    world.keep(payment_consent())
    ids = []
    for body in (json.encode(ORDER), msgspec.json.format(msgspec.json.encode(ORDER, order="sorted"))):
        headers = {"Content-Type": "application/json", "x-jws-signature": signature(world, body), "x-idempotency-key": "key-1"}
        response = await world.ask("POST", PAYMENTS, body=body, headers=headers)
        ids.append(msgspec.json.decode(response.body or b"")["Data"]["DomesticPaymentId"])
    assert ids == ["order-1", "order-1"]
