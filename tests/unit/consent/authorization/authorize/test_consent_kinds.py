"""A consent of every kind may be asked for on a page, within the scope that opens it."""

import pytest

from kernel.access import Role
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import ConsentKind, ConsentLodgement, Terms
from kernel.banking.money import Money
from kernel.banking.terms import Alignment, FundsTerms, Period, PeriodicLimit, VrpTerms
from openapi.uk_obie.v4_0.dialect import DIALECT
from tests.world.agreement import details
from tests.world.approval import agree, asked_by
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND

ACCOUNT = AccountIdentifier(Scheme.SORT_CODE, "80200110203345")
DAILY = PeriodicLimit(amount=Money("GBP", 100), period=Period.DAY, alignment=Alignment.CALENDAR)
VRP = VrpTerms(individual_max=Money("GBP", 100), limits=(DAILY,), creditor_name="Savings Ltd", creditor_account=ACCOUNT)


@pytest.mark.parametrize(
    ("kind", "terms", "scope", "others"),
    [
        (ConsentKind.VRP, VRP, "payments", "accounts"),
        (ConsentKind.FUNDS, FundsTerms(account=ACCOUNT), "fundsconfirmations", "payments"),
    ],
)
async def test_a_standing_agreement_is_asked_for_within_its_scope(
    oauth: AuthorizationWorld, kind: str, terms: Terms, scope: str, others: str
):
    scopes = "openid accounts payments fundsconfirmations"
    tpp = await oauth.register("agreeing", oauth.acme.key, roles=frozenset(Role), scope=scopes)
    lodgement = ConsentLodgement(kind=kind, lodged_as=DIALECT.name, terms=terms)
    consent = await oauth.services.store.lodge(BRAND, tpp.client.caller, lodgement)
    visited = await oauth.visit(tpp, await oauth.pushed_uri(tpp, consent.id, scope=f"openid {scope}"))
    assert visited.response.headers["Location"] == "/login"
    refused = await oauth.visit(tpp, await oauth.pushed_uri(tpp, consent.id, scope=f"openid {others}"))
    assert refused.location["error"] == "invalid_scope"


async def test_a_standing_agreement_is_not_changed_as_a_grant(oauth: AuthorizationWorld):
    """Other payments are another agreement: its client asks for a new one."""
    scope = "openid accounts payments grant_management_query grant_management_revoke"
    types = {"account_information"}
    tpp = await oauth.register("agreeing", oauth.acme.key, roles=frozenset(Role), scope=scope, authorization_details_types=types)
    lodgement = ConsentLodgement(kind=ConsentKind.VRP, lodged_as=DIALECT.name, terms=VRP)
    consent = await oauth.services.store.lodge(BRAND, tpp.client.caller, lodgement)
    await agree(oauth, await asked_by(oauth, tpp, await oauth.pushed_uri(tpp, consent.id, scope="openid payments")))
    changing = {"grant_management_action": "replace", "grant_id": consent.id, "authorization_details": details()}
    refused = await oauth.push(tpp, None, **changing)
    assert refused.error == (400, "invalid_grant_id")
