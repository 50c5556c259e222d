"""The dialects in their place: whole requests through the gateway, every answer held against the official document."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from kernel import json
from kernel.banking.consents import Permission
from kernel.certificates.qualified import Provider, ProviderRole, Qualified
from kernel.errors import TokenExpired, UpstreamTimedOut
from kernel.http.message import Response
from openapi import DIALECTS
from openapi.dialect import Row
from openapi.uk_obie.v4_0.aisp.codes.consents import PERMISSION_CODES
from tests.official import validate_answer
from tests.unit.openapi.canonical import INTERACTION_ID
from tests.world.gateway.records import PDF_BYTES, furnish, standing_order
from tests.world.gateway.snapshots import CERTIFICATE, CONSENT, opening
from tests.world.gateway.world import GatewayWorld

UK = "/open-banking/v4.0/aisp"
BERLIN_GROUP = "/psd2/v1"
JSON = {"Content-Type": "application/json"}
LODGEMENT = b'{"Data":{"Permissions":["ReadAccountsBasic"]},"Risk":{}}'


@pytest.fixture
def world() -> GatewayWorld:
    world = GatewayWorld(dialects=DIALECTS)
    furnish(world)
    return world


async def answered(world: GatewayWorld, method: str, path: str, **facts: Any) -> tuple[Response, Any]:
    """The answer and its body as JSON, once the official document has accepted it."""
    response = await world.ask(method, path, **facts)
    dialect = next(dialect for dialect in DIALECTS if path.startswith(dialect.services[0].base_path))
    validate_answer(dialect.name, method, path, response.status, response.headers, response.body)
    is_json = response.headers.get("Content-Type") == "application/json"
    return response, json.decode(response.body or b"", dict) if is_json else None


UK_READS = [row.path for row in DIALECTS[0].rows if row.permissions]


@pytest.mark.parametrize("template", [*UK_READS, "/accounts/{AccountId}/"])
async def test_every_uk_read_is_answered(world: GatewayWorld, template: str) -> None:
    path = template.format(AccountId="a1", StatementId="r3")
    response, body = await answered(world, "GET", UK + path, headers={"x-fapi-interaction-id": INTERACTION_ID})
    assert response.status == 200
    assert response.headers["x-fapi-interaction-id"] == INTERACTION_ID
    assert body is None or body["Links"]["Self"].endswith(UK + path.rstrip("/"))
    assert b"up1" not in (response.body or b"")


async def test_a_statements_file_is_sent_as_it_is(world: GatewayWorld) -> None:
    response, _ = await answered(world, "GET", f"{UK}/accounts/a1/statements/r3/file", headers={"Accept": "application/pdf"})
    assert (response.body, response.headers["Content-Type"]) == (PDF_BYTES, "application/pdf")


LISTINGS = [row.path for row in DIALECTS[0].rows if any(each.name == "page" for each in row.query)]


@pytest.mark.parametrize("template", [each for each in LISTINGS if "transactions" not in each])
async def test_following_next_reads_every_record_once(world: GatewayWorld, template: str) -> None:
    furnish(world, 500)
    path, query, pages = UK + template.format(AccountId="a1"), [], []
    while True:
        _, body = await answered(world, "GET", path, query=query)
        [rows] = body["Data"].values()
        pages.append([(row["AccountId"], *(value for name, value in row.items() if name.endswith("Id"))) for row in rows])
        following = body["Links"].get("Next")
        if following is None:
            break
        assert following != body["Links"]["Self"]
        query = parse_qsl(urlsplit(following).query)
    seen = [row for page in pages for row in page]
    assert len(pages) > 1
    assert len(seen) == len(set(seen)) == (166 if "{AccountId}" in template else 333)


async def test_following_next_reads_every_transaction_once(world: GatewayWorld) -> None:
    path, query, seen = f"{UK}/transactions", [("fromBookingDateTime", "2000-01-01T00:00:00Z")], []
    while True:
        _, body = await answered(world, "GET", path, query=query)
        seen += [row["TransactionId"] for row in body["Data"]["Transaction"]]
        following = body["Links"].get("Next")
        if following is None:
            break
        assert following != body["Links"]["Self"]
        query = parse_qsl(urlsplit(following).query)
        assert dict(query)["fromBookingDateTime"] == "2000-01-01T00:00:00Z"
    assert len(seen) == len(set(seen)) > 0


async def test_a_consent_is_lodged_read_and_withdrawn(world: GatewayWorld) -> None:
    response, body = await answered(
        world, "POST", f"{UK}/account-access-consents", token="client-token", headers=JSON, body=LODGEMENT
    )
    assert response.status == 201
    assert body["Data"]["Status"] == "AWAU"
    consent_id = body["Data"]["ConsentId"]
    assert body["Links"]["Self"].endswith(f"{UK}/account-access-consents/{consent_id}")
    response, _ = await answered(world, "GET", f"{UK}/account-access-consents/consent-1", token="client-token")
    assert response.status == 200
    response, _ = await answered(world, "DELETE", f"{UK}/account-access-consents/consent-1", token="client-token")
    assert (response.status, response.body) == (204, None)


REFUSALS: list[tuple[str, str, Mapping[str, Any], int, str | None, str | None]] = [
    ("GET", "/nothing", {}, 404, None, None),
    ("GET", "/accounts/a1/foobar", {}, 404, None, None),
    ("PUT", "/accounts", {}, 405, None, None),
    ("GET", "/accounts", {"headers": {"Accept": "text/html"}}, 406, None, None),
    ("GET", "/accounts", {"token": None}, 401, None, None),
    ("GET", "/accounts", {"token": "forged"}, 401, None, None),
    ("GET", "/accounts", {"token": "client-token"}, 401, None, None),
    ("GET", "/accounts", {"certificate": None}, 401, None, None),
    ("GET", "/accounts", {"headers": {"x-fapi-interaction-id": "no-uuid"}}, 400, "U006", "x-fapi-interaction-id"),
    ("GET", "/accounts", {"headers": {"x-fapi-auth-date": "today"}}, 400, "U006", "x-fapi-auth-date"),
    ("GET", "/accounts", {"headers": {"x-fapi-customer-ip-address": "home"}}, 400, "U006", "x-fapi-customer-ip-address"),
    ("GET", "/accounts/unknown", {}, 400, "U011", None),
    ("GET", "/accounts/a3", {}, 403, "NARR", None),
    ("GET", "/transactions", {"query": [("page", "forged")]}, 400, "U002", "page"),
    ("GET", "/transactions", {"query": [("toBookingDateTime", "2026-02-30")]}, 400, "U003", "toBookingDateTime"),
    ("GET", "/accounts/a1/statements/unknown", {}, 400, "U011", None),
    ("GET", "/accounts/a1/statements/r4", {}, 400, "U011", None),
    ("GET", "/accounts/a1/statements/unknown/file", {}, 400, "U011", None),
    ("GET", "/accounts/a1/statements/unknown/transactions", {}, 400, "U011", None),
    ("GET", "/accounts/a1/statements/r3/file", {"headers": {"Accept": "application/json"}}, 406, None, None),
    ("GET", "/accounts/a1/statements/r3", {"headers": {"Accept": "application/pdf"}}, 406, None, None),
    ("GET", "/statements", {"query": [("fromStatementDateTime", "soon")]}, 400, "U003", "fromStatementDateTime"),
    ("GET", "/statements", {"query": [("page", "forged")]}, 400, "U002", "page"),
    ("GET", "/beneficiaries", {"query": [("page", "a"), ("page", "b")]}, 400, "U005", "page"),
    ("GET", "/accounts/a1/products", {}, 404, None, None),
    ("POST", "/account-access-consents", {"token": "client-token", "body": LODGEMENT}, 415, None, None),
    ("POST", "/account-access-consents", {"token": "client-token", "headers": JSON, "body": b"{"}, 400, "U010", None),
    ("GET", "/account-access-consents/unknown", {"token": "client-token"}, 400, "U011", None),
]


@pytest.mark.parametrize(
    ("method", "path", "facts", "status", "code", "at"), REFUSALS, ids=[f"{m} {p} {s} {c}" for m, p, _, s, c, _ in REFUSALS]
)
@pytest.mark.spec("OBIE-RW-4.0-http-status-codes", "OBIE-RW-4.0-error-response-structure")
async def test_a_uk_refusal_has_the_standards_own_form(
    world: GatewayWorld, method: str, path: str, facts: Mapping[str, Any], status: int, code: str | None, at: str | None
) -> None:
    response, body = await answered(world, method, UK + path, **facts)
    assert response.status == status
    if code is None:
        assert body is None
        return
    [error] = body["Errors"]
    assert (error["ErrorCode"], error.get("Path")) == (code, at)


@pytest.mark.parametrize(
    ("member", "value", "path"),
    [
        ("ExpirationDateTime", "2001-01-01T00:00:00", "Data.ExpirationDateTime"),
        ("TransactionToDateTime", "2001-01-01T00:00:00", "Data.TransactionToDateTime"),
    ],
)
async def test_a_lodgement_against_time_is_refused_at_its_member(world: GatewayWorld, member: str, value: str, path: str) -> None:
    data = {"Permissions": ["ReadAccountsBasic"], "TransactionFromDateTime": "2002-01-01T00:00:00", member: value}
    body = json.encode({"Data": data, "Risk": {}})
    _, shown = await answered(world, "POST", f"{UK}/account-access-consents", token="client-token", headers=JSON, body=body)
    assert [(error["ErrorCode"], error["Path"]) for error in shown["Errors"]] == [("U003", path)]
    assert world.consents.lodged == []


async def test_a_permission_that_was_not_granted_is_refused(world: GatewayWorld) -> None:
    world.change(CONSENT, **opening(frozenset({Permission.ACCOUNTS_BASIC})))
    response, body = await answered(world, "GET", f"{UK}/balances")
    assert (response.status, body["Errors"][0]["ErrorCode"]) == (403, "NARR")


async def test_an_expired_token_is_refused_in_a_body(world: GatewayWorld) -> None:
    world.tokens.known["old-token"] = TokenExpired()
    response, body = await answered(world, "GET", f"{UK}/accounts", token="old-token")
    assert (response.status, body["Errors"][0]["ErrorCode"]) == (401, "TKXP")


async def test_a_limit_is_answered_without_a_body(world: GatewayWorld) -> None:
    world.decisions.exceeded = {"default", "unattended"}
    response, body = await answered(world, "GET", f"{UK}/accounts")
    assert (response.status, body, response.headers["Retry-After"]) == (429, None, "30")


QUALIFIED = replace(
    CERTIFICATE,
    qualified=Qualified(provider=Provider(frozenset({ProviderRole.ACCOUNT_INFORMATION}), "FCA", "GB-FCA")),
)
BERLIN_GROUP_HEADERS = (("X-Request-ID", INTERACTION_ID), ("Consent-ID", "consent-1"))


@pytest.mark.parametrize(("query", "balances"), [((), False), ((("withBalance", "true"),), True)])
async def test_the_same_account_is_read_the_other_way(
    world: GatewayWorld, query: Sequence[tuple[str, str]], balances: bool
) -> None:
    """By its organisation's certificate alone."""
    world.store(msgspec.structs.replace(CONSENT, lodged_as="berlin_group/v1.3"))
    facts: dict[str, Any] = {"headers": BERLIN_GROUP_HEADERS, "certificate": QUALIFIED, "token": None}
    response, body = await answered(world, "GET", f"{BERLIN_GROUP}/accounts/a1", query=query, **facts)
    assert response.status == 200
    assert response.headers["X-Request-ID"] == INTERACTION_ID
    assert body["account"]["resourceId"] == "a1"
    assert ("balances" in body["account"]) == balances


@pytest.mark.parametrize(
    ("path", "facts", "status", "code"),
    [
        ("/accounts/a1", {"headers": {"Consent-ID": "consent-1"}}, 400, "FORMAT_ERROR"),
        ("/accounts/a1", {"headers": {"X-Request-ID": INTERACTION_ID}}, 400, "FORMAT_ERROR"),
        ("/accounts/a1", {"headers": {"X-Request-ID": INTERACTION_ID, "Consent-ID": "another"}}, 400, "CONSENT_UNKNOWN"),
        ("/accounts/a1", {"headers": BERLIN_GROUP_HEADERS, "certificate": None}, 401, "CERTIFICATE_MISSING"),
        ("/accounts/a1", {"headers": BERLIN_GROUP_HEADERS, "certificate": CERTIFICATE}, 401, "CERTIFICATE_INVALID"),
        ("/accounts/unknown", {"headers": BERLIN_GROUP_HEADERS}, 404, "RESOURCE_UNKNOWN"),
        ("/nothing", {"headers": BERLIN_GROUP_HEADERS}, 404, "RESOURCE_UNKNOWN"),
    ],
)
@pytest.mark.spec("BG-XS2A-1.3-error-information", "BG-XS2A-1.3-message-codes")
async def test_a_berlin_group_refusal_has_the_standards_own_form(
    world: GatewayWorld, path: str, facts: Mapping[str, Any], status: int, code: str
) -> None:
    world.store(msgspec.structs.replace(CONSENT, lodged_as="berlin_group/v1.3"))
    facts = {"certificate": QUALIFIED, "token": None, **facts}
    response, body = await answered(world, "GET", BERLIN_GROUP + path, **facts)
    assert (response.status, body["tppMessages"][0]["code"]) == (status, code)


@pytest.mark.parametrize("on", [False, True])
async def test_a_member_of_a_later_edition_is_sent_where_the_brand_says_so(world: GatewayWorld, on: bool) -> None:
    world.upstream.records["standing_orders"] = [standing_order(1, payments=12)]
    world.brand = replace(world.brand, members_on=frozenset({"NumberOfPayments"} if on else ()))
    world.decide_with(world.decisions)
    _, body = await answered(world, "GET", f"{UK}/accounts/a1/standing-orders")
    assert [order.get("NumberOfPayments") for order in body["Data"]["StandingOrder"]] == ["12" if on else None]


CONDITIONAL = [row for row in DIALECTS[0].services[0].rows if row.conditional]


@pytest.mark.parametrize("row", CONDITIONAL, ids=[row.operation for row in CONDITIONAL])
async def test_an_operation_that_a_bank_does_not_offer_is_not_found(world: GatewayWorld, row: Row) -> None:
    """OBIE R/W 4.0 Profile: 404 for what is not implemented; its permission code is granted all the same."""
    world.brand = replace(world.brand, operations_off=frozenset({row.operation}))
    world.decide_with(world.decisions)
    response = await world.ask(path=UK + row.path.format(AccountId="a1", StatementId="r3"))
    assert (response.status, response.body) == (404, None)
    codes = [PERMISSION_CODES[permission].value for permission in sorted(row.permissions)]
    body = json.encode(
        {"Data": {"Permissions": ["ReadAccountsBasic", "ReadTransactionsDebits", "ReadTransactionsBasic", *codes]}, "Risk": {}}
    )
    response, _ = await answered(world, "POST", f"{UK}/account-access-consents", token="client-token", headers=JSON, body=body)
    assert response.status == 201


def test_what_the_standard_demands_of_every_bank_is_not_conditional() -> None:
    demanded = {row.path for row in DIALECTS[0].services[0].rows if not row.conditional}
    assert demanded == {
        "/account-access-consents",
        "/account-access-consents/{ConsentId}",
        "/accounts",
        "/accounts/{AccountId}",
        "/accounts/{AccountId}/balances",
        "/accounts/{AccountId}/transactions",
    }


@pytest.mark.parametrize("path", [f"{UK}/accounts/a1/balances", f"{BERLIN_GROUP}/accounts/a1"])
async def test_an_upstream_that_is_late_is_unavailable_and_asks_to_come_back(world: GatewayWorld, path: str) -> None:
    def late() -> None:
        raise UpstreamTimedOut("no answer within 5 s")

    world.upstream.before = late
    by_certificate = path.startswith(BERLIN_GROUP)
    if by_certificate:
        world.store(msgspec.structs.replace(CONSENT, lodged_as="berlin_group/v1.3"))
    headers = {"Consent-ID": CONSENT.id, "X-Request-ID": INTERACTION_ID}
    certificate = QUALIFIED if by_certificate else CERTIFICATE
    response, _ = await answered(world, "GET", path, headers=headers, certificate=certificate)
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
