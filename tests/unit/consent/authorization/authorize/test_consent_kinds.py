"""A consent of every kind may be asked for on a page, within the scope that opens it."""

import pytest

from kernel.access import Role
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import ConsentKind, ConsentLodgement, Terms
from kernel.banking.money import Money
from kernel.banking.terms import Alignment, FundsTerms, Period, PeriodicLimit, VrpTerms
from tests.unit.consent.oauth_world import BRAND, DIALECT, World

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
async def test_a_standing_agreement_is_asked_for_within_its_scope(oauth: World, kind: str, terms: Terms, scope: str, others: str):
    scopes = "openid accounts payments fundsconfirmations"
    tpp = await oauth.register("agreeing", oauth.acme.key, roles=frozenset(Role), scope=scopes)
    lodgement = ConsentLodgement(kind=kind, lodged_as=DIALECT.name, terms=terms)
    consent = await oauth.services.store.lodge(BRAND, tpp.client.caller, lodgement)
    visited = await oauth.visit(tpp, await oauth.pushed_uri(tpp, consent.id, scope=f"openid {scope}"))
    assert visited.response.headers["Location"] == "/login"
    refused = await oauth.visit(tpp, await oauth.pushed_uri(tpp, consent.id, scope=f"openid {others}"))
    assert refused.location["error"] == "invalid_scope"
