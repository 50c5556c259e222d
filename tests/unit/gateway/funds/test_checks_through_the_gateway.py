"""Checks of funds through the whole gateway: yes or no, each written down, so many a day, and held against the official document."""

import copy
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from kernel import json
from kernel.access import Role
from kernel.banking.consents import Consent, ConsentKind, ConsentState
from kernel.banking.money import Money
from kernel.errors import ConsentRevoked
from kernel.hot_state.checks import WithinCount
from kernel.http.message import Response
from openapi.codec import WireRequest
from openapi.uk_obie.v4_0.cbpii.consents import EXAMPLE, decode_lodge
from openapi.uk_obie.v4_0.dialect import DIALECT
from tests.official import validate_answer
from tests.world.gateway.snapshots import CLIENT, CONSENT, agreed_to
from tests.world.gateway.world import GatewayWorld

BASE = "/open-banking/v4.0/cbpii"
CONSENTS, CHECKS = f"{BASE}/funds-confirmation-consents", f"{BASE}/funds-confirmations"
BODY = msgspec.json.decode(EXAMPLE)
CHECK = {
    "Data": {"ConsentId": "consent-1", "Reference": "Purchase02", "InstructedAmount": {"Amount": "20.00", "Currency": "GBP"}}
}


def funds_consent(**changes: Any) -> Consent:
    return agreed_to(decode_lodge(WireRequest({}, (), EXAMPLE)).lodgement, **changes)


@pytest.fixture
def world() -> GatewayWorld:
    world = GatewayWorld(dialects=(DIALECT,))
    world.serve("fundsconfirmations", Role.CBPII)
    world.keep(funds_consent())
    return world


async def send(world: GatewayWorld, method: str, path: str, document: Any = None, **facts: Any) -> tuple[Response, Any]:
    body = b"" if document is None else json.encode(document)
    headers = {"Content-Type": "application/json"} if body else {}
    response = await world.ask(method, path, body=body, headers=headers, **facts)
    validate_answer(DIALECT.name, method, path, response.status, response.headers, response.body)
    return response, msgspec.json.decode(response.body) if response.body else None


def changed(path: str, value: Any) -> Any:
    document: Any = copy.deepcopy(CHECK)
    place = document["Data"]
    *way, last = path.split(".")
    for name in way:
        place = place[name]
    place[last] = value
    return document


def fault_of(response: Response, document: Any) -> tuple[int, str, str | None]:
    error = document["Errors"][0]
    return response.status, error["ErrorCode"], error.get("Path")


@pytest.mark.spec("OBIE-RW-4.0-confirmation-of-funds-consents")
async def test_a_consent_is_lodged_and_read_back_as_it_was(world: GatewayWorld) -> None:
    response, _ = await send(world, "POST", CONSENTS, BODY, token="client-token")
    assert (response.status, world.consents.lodged[0].kind) == (201, ConsentKind.FUNDS)
    response, document = await send(world, "GET", f"{CONSENTS}/consent-1", token="client-token")
    assert (document["Data"]["DebtorAccount"], document["Data"]["Status"]) == (BODY["Data"]["DebtorAccount"], "AUTH")
    response, _ = await send(world, "DELETE", f"{CONSENTS}/consent-1", token="client-token")
    assert response.status == 204


@pytest.mark.parametrize("state", list(ConsentState))
async def test_every_state_of_a_consent_can_be_read(world: GatewayWorld, state: ConsentState) -> None:
    world.keep(funds_consent(state=state))
    response, _ = await send(world, "GET", f"{CONSENTS}/consent-1", token="client-token")
    assert response.status == 200


@pytest.mark.parametrize(
    ("member", "value", "code"),
    [
        ("SchemeName", "UK.OBIE.PAN", "U027"),
        ("Identification", "123", "U021"),
        ("SecondaryIdentification", "x" * 19, "U022"),
        ("Proxy", {"Identification": "07700900000", "Code": "TELE"}, "U027"),
    ],
)
async def test_an_account_that_no_one_could_hold_is_refused(world: GatewayWorld, member: str, value: Any, code: str) -> None:
    account = BODY["Data"]["DebtorAccount"] | {member: value}
    response, document = await send(world, "POST", CONSENTS, {"Data": {"DebtorAccount": account}}, token="client-token")
    assert fault_of(response, document) == (400, code, f"Data.DebtorAccount.{member}")


@pytest.mark.parametrize("expiration", ["yesterday", "2020-01-01T00:00:00Z"])
async def test_an_expiration_is_a_moment_to_come(world: GatewayWorld, expiration: str) -> None:
    data = BODY["Data"] | {"ExpirationDateTime": expiration}
    response, document = await send(world, "POST", CONSENTS, {"Data": data}, token="client-token")
    assert fault_of(response, document) == (400, "U003", "Data.ExpirationDateTime")


@pytest.mark.spec("OBIE-RW-4.0-confirmation-of-funds", "PSD2-65", "PSD2-65.3")
@pytest.mark.parametrize("available", [True, False])
async def test_the_answer_is_yes_or_no_and_written_down(world: GatewayWorld, available: bool) -> None:
    world.payments.available = available
    response, document = await send(world, "POST", CHECKS, CHECK)
    (check,) = world.funds_checks.recorded
    assert response.status == 201
    assert document["Data"] == {
        "FundsConfirmationId": check.id,
        "ConsentId": "consent-1",
        "CreationDateTime": check.at.isoformat(),
        "FundsAvailable": available,
        "Reference": "Purchase02",
        "InstructedAmount": {"Amount": "20.00", "Currency": "GBP"},
    }
    assert (check.is_available, check.amount, check.reference) == (available, Money("GBP", 2_000), "Purchase02")
    assert world.payments.asked == [("up1", Money("GBP", 2_000))]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("ConsentId", "consent-2", "U008"),
        ("InstructedAmount.Currency", "EUR", "U023"),
        ("InstructedAmount.Currency", "XXX", "U023"),
        ("InstructedAmount.Amount", "0.00", "U002"),
        ("InstructedAmount.Amount", "20.001", "U002"),
        ("Reference", "a\u200bb", "U002"),
    ],
)
async def test_what_is_not_agreed_to_is_not_asked_for(world: GatewayWorld, path: str, value: str, code: str) -> None:
    response, document = await send(world, "POST", CHECKS, changed(path, value))
    assert fault_of(response, document) == (400, code, f"Data.{path}")
    assert not world.payments.asked
    assert not world.funds_checks.recorded


async def test_a_consent_without_its_account_is_not_asked_under(world: GatewayWorld) -> None:
    world.keep(funds_consent(access=()))
    response, document = await send(world, "POST", CHECKS, CHECK)
    assert fault_of(response, document)[:2] == (400, "U011")


async def test_a_consent_that_ran_out_says_so(world: GatewayWorld) -> None:
    """The card issuer reads why, in the refusal and in the consent."""
    world.keep(funds_consent(valid_until=world.clock.now()))
    response, document = await send(world, "POST", CHECKS, CHECK)
    assert fault_of(response, document)[:2] == (401, "TKXP")
    _, document = await send(world, "GET", f"{CONSENTS}/consent-1", token="client-token")
    assert (document["Data"]["Status"], document["Data"]["StatusReason"][0]["StatusReasonCode"]) == ("EXPD", "TKXP")
    assert not world.payments.asked


async def test_a_consent_of_another_kind_is_not_asked_under(world: GatewayWorld) -> None:
    world.keep(CONSENT)
    response, document = await send(world, "POST", CHECKS, CHECK)
    assert fault_of(response, document)[:2] == (400, "U008")


async def test_a_check_that_cannot_be_written_down_is_not_answered(world: GatewayWorld) -> None:
    """The consent ended while the bank was asked."""
    world.funds_checks.refusal = ConsentRevoked("meanwhile")
    response, document = await send(world, "POST", CHECKS, CHECK)
    assert (response.status, document) == (401, None)


async def test_only_a_card_issuer_asks_and_only_with_its_customers_token(world: GatewayWorld) -> None:
    response, _ = await send(world, "POST", CHECKS, CHECK, token="client-token")
    assert response.status == 401
    world.change(msgspec.structs.replace(CLIENT, version=2), roles=frozenset({Role.AISP, Role.PISP}))
    response, _ = await send(world, "POST", CHECKS, CHECK)
    assert response.status == 403
    assert not world.payments.asked


@pytest.mark.spec("PSD2-65.3")
async def test_checks_beyond_the_day_are_not_answered(world: GatewayWorld) -> None:
    world.brand = replace(world.brand, funds_checks_per_day=7)
    world.decide_with(world.decisions)
    await send(world, "POST", CHECKS, CHECK)
    checks, _ = world.decisions.calls[-1]
    assert WithinCount("main/funds-checks/consent-1", 7, 86_400, "funds-checks") in checks
    world.decisions.exceeded.add("funds-checks")
    response, _ = await send(world, "POST", CHECKS, CHECK)
    assert response.status == 429
    assert int(response.headers["Retry-After"]) > 0
    assert len(world.funds_checks.recorded) == 1
