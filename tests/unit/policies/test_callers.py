"""The caller that a call counts for: a client, an organisation that calls by its certificate alone, or an address that asks for public data."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.pipeline.calls_in_flight import STRANGERS_SHARE, UNITS_PER_ADDRESS_MAX, CallsInFlight, InFlightLimits
from gateway.pipeline.exchange import Exchange
from kernel.access import Caller, Grant, Role
from kernel.banking import commands
from kernel.banking.consents import ConsentKind
from kernel.certificates.qualified import Provider, ProviderRole, Qualified
from kernel.errors import Overloaded, RateExceeded
from kernel.hot_state.checks import Exceeded, Unavailable
from kernel.operations import Operation
from openapi.dialect import Row
from policies.calls_in_flight import CallerCallsInFlight
from policies.first_call import RULE
from tests.world.brands import START
from tests.world.gateway.dialect import BRAND, SEE, plain, serving
from tests.world.gateway.snapshots import CERTIFICATE
from tests.world.gateway.world import GatewayWorld, request

PROVIDER = Provider(frozenset({ProviderRole.ACCOUNT_INFORMATION}), "Authority", "GB-FCA")
TPP = replace(CERTIFICATE, qualified=Qualified(provider=PROVIDER), organisation_name="Larch Ltd")
BY_CERTIFICATE = serving(
    (
        Row(
            "GET", "/accounts", Operation.LIST_ACCOUNTS, lambda wire: commands.ListAccounts(), plain, credential="certificate",
            grant=Grant.AUTHORIZATION_CODE, consent_kind=ConsentKind.ACCOUNTS, permissions=SEE,
        ),
        Row(
            "GET", "/consents/{ConsentId}", Operation.READ_ACCOUNT_CONSENT, lambda wire: commands.ReadConsent(wire.path["ConsentId"]),
            plain, credential="certificate", consent_kind=ConsentKind.ACCOUNTS,
        ),
    )
)  # fmt: skip
CONSENT = "/book/v1/consents/consent-1"


@pytest.fixture
def made() -> GatewayWorld:
    return GatewayWorld(dialects=(BY_CERTIFICATE,))


async def call(made: GatewayWorld, certificate: Any = TPP, **facts: Any) -> str:
    return await made.code(path=CONSENT, token=None, certificate=certificate, **facts)


async def test_the_first_call_of_an_organisation_registers_it_and_a_later_one_asks_for_no_limit(made):
    assert await call(made) == "allowed"
    assert [one.organisation_id for one in made.organisations.registered] == ["org-1"]
    assert {check.rule for check in made.decisions.calls[-1][0] if hasattr(check, "rule")} == {RULE, "default"}
    assert await call(made, replace(TPP, thumbprint="another", der=b"two")) == "allowed"
    assert len(made.organisations.registered) == 1
    assert {check.rule for check in made.decisions.calls[-1][0] if hasattr(check, "rule")} == {"default"}


async def test_too_many_new_organisations_are_refused_and_none_of_them_is_registered(made):
    made.decisions.exceeded.add(RULE)
    assert await call(made) == "rate_exceeded"
    assert made.organisations.registered == []


async def test_where_no_one_counts_the_new_ones_none_is_registered(made):
    made.decisions.answer = lambda check: Unavailable() if getattr(check, "rule", "") == RULE else None
    assert await call(made) == "overloaded"
    assert made.organisations.registered == []


async def test_who_is_refused_is_not_registered(made):
    for certificate, code in (
        (None, "certificate_missing"),
        (CERTIFICATE, "certificate_invalid"),  # states no roles
        (replace(TPP, organisation_id=None), "certificate_invalid"),
        (replace(TPP, qualified=Qualified(provider=Provider(frozenset(), "Authority", "GB-FCA"))), "role_missing"),
    ):
        assert await call(made, certificate) == code
    made.decisions.answer = lambda check: Exceeded(1, 1) if getattr(check, "rule", "") == "default" else None
    assert await call(made) == "rate_exceeded"
    assert made.organisations.registered == []


async def test_a_token_with_the_certificate_is_not_looked_at(made):
    assert await made.code(path=CONSENT, token="unowned", certificate=TPP) == "allowed"
    assert made.tokens.verified == 0


async def test_a_consent_is_named_by_a_header_and_its_owner_is_asked_for(made):
    assert await made.code(path="/book/v1/accounts", token=None, certificate=TPP) == "consent_unknown"
    named = {"X-Consent": "consent-1"}  # a client's own, by the rule of this dialect: it looks as if it did not exist
    assert await made.code(path="/book/v1/accounts", token=None, certificate=TPP, headers=named) == "consent_unknown"


async def test_an_organisation_known_by_certificate_has_the_limits_and_records_of_a_caller(made):
    await call(made)
    (access,) = made.records.taken
    assert (access.caller_id, access.actor) == ("organisation:org-1", "organisation:org-1")
    keys = [check.key for check in made.decisions.calls[-1][0] if getattr(check, "rule", "") == "default"]
    assert keys == ["main/rate/organisation:org-1"]


def test_a_caller_is_named_after_its_client_where_it_has_one():
    known = Caller(organisation_id="org-1", name="Acme", roles=frozenset({Role.AISP}))
    client = Caller(organisation_id="org-1", name="Acme", roles=frozenset({Role.AISP}), client_id="client-1")
    assert (known.id, known.actor, client.id, client.actor) == (
        "organisation:org-1", "organisation:org-1", "client-1", "client:client-1",
    )  # fmt: skip


def test_an_address_holds_few_places_and_all_addresses_together_a_quarter():
    calls = CallsInFlight(InFlightLimits(units=40))
    held = []
    for number in range(40 // STRANGERS_SHARE):
        opened = calls.call(1)
        opened.__enter__().claim_for_address(f"address-{number}")
        held.append(opened)
    with calls.call(1) as one_more, pytest.raises(Overloaded):
        one_more.claim_for_address("another")
    with calls.call(1) as tpp:
        tpp.claim("client", "organisation")
    held.pop().__exit__(None, None, None)
    with calls.call(1) as room:
        room.claim_for_address("another")
    lone = CallsInFlight(InFlightLimits())
    with lone.call(UNITS_PER_ADDRESS_MAX) as whole:
        whole.claim_for_address("same")
        with lone.call(1) as second, pytest.raises(RateExceeded):
            second.claim_for_address("same")


async def test_a_call_for_public_data_holds_a_place_of_its_address():
    public = Row("GET", "/rates", Operation.LIST_OFFERS, lambda wire: None, plain, credential="none")
    asked = replace(request(token=None, certificate=None), peer="2001:db8::1")
    dialect = serving((public,))
    exchange = Exchange(BRAND, dialect, dialect.services[0], public, asked, {}, START, "interaction")
    with CallsInFlight(InFlightLimits()).call(1) as exchange.call:
        await CallerCallsInFlight().on_request(exchange)
        assert [name for _, name in exchange.call.holders] == ["main/rate/2001:db8::/64", "all"]
