"""One payment as a rich authorization request: the RFC's own example becomes a consent, its token says what was granted. RFC 9396."""

import json
from typing import Any

import pytest

from consent.authentication.linked_terms import payment_in
from consent.authorization.offer.authorization_details import LODGED_AS_RAR
from consent.authorization.offer.payment_initiation import PAYMENT_LIFETIME
from kernel.access import Role
from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.consents import AccountsTerms, ConsentKind, ConsentLodgement, ConsentState, Permission
from kernel.banking.money import Money
from kernel.errors import FieldInvalid
from tests.world.agreement import details, granted
from tests.world.approval import consent_of
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.tpp import Tpp

INVALID = (400, "invalid_authorization_details")
TYPE = "payment_initiation"
EXAMPLE = {
    "type": TYPE,
    "actions": ["initiate", "status", "cancel"],
    "locations": [BRAND.resource_audience],
    "instructedAmount": {"currency": "EUR", "amount": "123.50"},
    "creditorName": "Merchant A",
    "creditorAccount": {"bic": "ABCIDEFFXXX", "iban": "DE02100100109307118603"},
    "remittanceInformationUnstructured": "Ref Number Merchant",
}


def payment(**changes: Any) -> str:
    return json.dumps([{name: value for name, value in {**EXAMPLE, **changes}.items() if value is not None}])


def of(currency: str, amount: Any) -> str:
    return payment(instructedAmount={"currency": currency, "amount": amount})


async def may_pay(world: AuthorizationWorld, name: str = "payer", **changes: Any) -> Tpp:
    known = {
        "authorization_details_types": {"account_information", TYPE},
        "roles": frozenset({Role.AISP, Role.PISP}),
        "scope": "openid accounts payments grant_management_query grant_management_revoke",
    }
    return await world.register(name, world.acme.key, **known | changes)


@pytest.mark.spec("RFC9396-2")
async def test_the_rfcs_own_example_becomes_a_consent(oauth_anywhere: AuthorizationWorld):
    world = oauth_anywhere
    tpp = await may_pay(world)
    pushed = await world.load_pushed(tpp, await world.pushed_uri(tpp, None, scope=None, authorization_details=payment()))
    assert pushed.scope == ("payments",)
    consent = await consent_of(world, pushed.consent_id or "")
    assert (consent.kind, consent.state, consent.lodged_as) == (ConsentKind.PAYMENT, ConsentState.AWAITING, LODGED_AS_RAR)
    assert consent.permissions == frozenset()
    terms = payment_in(consent)
    assert terms.amount == Money("EUR", 12_350)
    assert terms.creditor_account == AccountIdentifier(Scheme.IBAN, "DE02100100109307118603")
    assert (terms.creditor_name, terms.creditor_bic) == ("Merchant A", "ABCIDEFFXXX")
    assert terms.remittance == "Ref Number Merchant"
    world.clock.advance(PAYMENT_LIFETIME)
    assert consent.effective_state(world.clock.now()) is ConsentState.EXPIRED


@pytest.mark.spec("RFC9396-7")
async def test_the_token_says_what_was_granted(oauth_anywhere: AuthorizationWorld):
    """In the token response, a refresh, introspection and the grant; the scope is that of payments."""
    world = oauth_anywhere
    tpp = await may_pay(world)
    answer = await granted(world, tpp, "account-1", scope="openid payments", authorization_details=payment())
    consent = await consent_of(world, answer["grant_id"])
    expected = [{**EXAMPLE, "consent_id": consent.id, "account_ids": [account.id for account in consent.accounts]}]
    assert answer["authorization_details"] == expected
    assert answer["scope"] == "openid payments"
    assert consent.state is ConsentState.AUTHORISED
    refreshed = await world.token(tpp, "refresh_token", refresh_token=answer["refresh_token"])
    assert refreshed.json["authorization_details"] == expected
    form = {"token": answer["access_token"], **tpp.credentials()}
    described = (await world.call("POST", "/introspect", form=form)).json
    assert (described["authorization_details"], described["consent_id"]) == (expected, consent.id)


@pytest.mark.spec("RFC9396-5")
async def test_what_no_payer_could_agree_to_is_refused(oauth_anywhere: AuthorizationWorld, subtests: pytest.Subtests):
    """Attack table: each is refused whole, with the error of the RFC, and nothing is stored. An amount is never rounded."""
    world = oauth_anywhere
    tpp = await may_pay(world)
    account = {"iban": "DE02100100109307118603"}
    cases: dict[str, str] = {
        "more decimals than euros have": of("EUR", "123.505"),
        "more decimals than yen have": of("JPY", "10.5"),
        "an amount of nothing": of("EUR", "0.00"),
        "a negative amount": of("EUR", "-1.00"),
        "an amount with a sign": of("EUR", "+1.00"),
        "an amount as a number": of("EUR", 123.5),
        "an amount with an exponent": of("EUR", "1e3"),
        "an amount with a comma": of("EUR", "1,50"),
        "an amount with blanks": of("EUR", " 1.50"),
        "an amount with a newline": of("EUR", "1.50\n"),
        "an amount in other digits": of("EUR", "١.٥٠"),
        "no amount": of("EUR", ""),
        "an endless amount": of("EUR", "9" * 21),
        "a currency in small letters": of("eur", "1.00"),
        "a currency and a newline": of("EUR\n", "1.00"),
        "no instructed amount": payment(instructedAmount=None),
        "an IBAN that does not check": payment(creditorAccount={"iban": "DE03100100109307118603"}),
        "an IBAN that is too short": payment(creditorAccount={"iban": "DE0210010010930711860"}),
        "an IBAN with spaces": payment(creditorAccount={"iban": "DE02 1001 0010 9307 1186 03"}),
        "an IBAN of no country": payment(creditorAccount={"iban": "ZZ02100100109307118603"}),
        "a BIC that is none": payment(creditorAccount=account | {"bic": "bank"}),
        "two numbers": payment(creditorAccount=account | {"scheme": "sort_code", "bban": "80200110203345"}),
        "a bban without a scheme": payment(creditorAccount={"bban": "80200110203345"}),
        "a scheme without a bban": payment(creditorAccount={"scheme": "sort_code"}),
        "a sort code that is too short": payment(creditorAccount={"scheme": "sort_code", "bban": "8020011020334"}),
        "a sort code in other digits": payment(creditorAccount={"scheme": "sort_code", "bban": "٨" * 14}),
        "an unknown scheme": payment(creditorAccount={"scheme": "pan", "bban": "80200110203345"}),
        "an account of nothing": payment(creditorAccount={}),
        "no creditor account": payment(creditorAccount=None),
        "a debtor account that does not check": payment(debtorAccount={"iban": "GB00NWBK60161331926819"}),
        "no creditor": payment(creditorName=None),
        "a creditor without a name": payment(creditorName=""),
        "a creditor called blank": payment(creditorName=" "),
        "a creditor that reads otherwise than it is written": payment(creditorName="Merchant \u202eA"),
        "a creditor of two lines": payment(creditorName="Merchant\nA"),
        "a creditor whose name does not show": payment(creditorName="\u3164\u2800"),
        "a creditor with a filler": payment(creditorName="Merchant\u3164A"),
        "a creditor without a letter": payment(creditorName="---"),
        "a creditor under a tower of marks": payment(creditorName="Merchant A" + "\u0335\u0336\u0337\u0338" * 3),
        "a reference that hides something": payment(remittanceInformationUnstructured="Ref\u200b 1"),
        "an endless creditor": payment(creditorName="M" * 351),
        "an endless reference": payment(remittanceInformationUnstructured="r" * 141),
        "an endless id": payment(endToEndIdentification="e" * 36),
        "no action": payment(actions=[]),
        "an action missing": payment(actions=None),
        "only the status": payment(actions=["status"]),
        "an unknown action": payment(actions=["initiate", "repeat"]),
        "an action twice": payment(actions=["initiate", "initiate"]),
        "another server's location": payment(locations=["https://example.com/payments"]),
        "a member that the type does not know": payment(surprise=True),
        "a member of our own words": payment(creditor_name="Merchant B"),
        "a member twice": payment().replace('"creditorName"', '"creditorName": "Merchant B", "creditorName"'),
        "permissions and a payment": payment(permissions=["balances"]),
        "two payments": json.dumps([EXAMPLE, EXAMPLE]),
        "accounts and a payment": json.dumps([EXAMPLE, *json.loads(details())]),
    }
    before = await world.books.watched()
    for name, text in cases.items():
        with subtests.test(name):
            assert (await world.push(tpp, None, scope="payments", authorization_details=text)).error == INVALID
    await world.books.check_nothing_written(before)
    assert (await world.push(tpp, None, scope="payments", authorization_details=payment())).status == 201


async def test_only_who_may_initiate_payments_asks_for_one(oauth: AuthorizationWorld, subtests: pytest.Subtests):
    with subtests.test("without the role"):
        tpp = await may_pay(oauth, "aisp", roles=frozenset({Role.AISP}))
        assert (await oauth.push(tpp, None, scope="payments", authorization_details=payment())).error == INVALID
    with subtests.test("not registered for the type"):
        tpp = await may_pay(oauth, "untyped", authorization_details_types={"account_information"})
        assert (await oauth.push(tpp, None, scope="payments", authorization_details=payment())).error == INVALID
    with subtests.test("not registered for the scope"):
        tpp = await may_pay(oauth, "unscoped", scope="openid accounts")
        answer = await oauth.push(tpp, None, scope="openid", authorization_details=payment())
        assert answer.error == (400, "invalid_scope")
    with subtests.test("accounts under a role for payments"):
        tpp = await may_pay(oauth, "pisp", roles=frozenset({Role.PISP}))
        assert (await oauth.push(tpp, None, scope="accounts", authorization_details=details())).error == INVALID


async def test_a_payment_changes_no_grant_and_no_grant_becomes_one(oauth: AuthorizationWorld):
    tpp = await may_pay(oauth)
    stands = await granted(oauth, tpp, scope="accounts", authorization_details=details())
    change = {"grant_management_action": "merge", "grant_id": stands["grant_id"]}
    assert (await oauth.push(tpp, None, scope="payments", authorization_details=payment(), **change)).error == INVALID
    paid = await granted(oauth, tpp, scope="payments", authorization_details=payment())
    change["grant_id"] = paid["grant_id"]
    answer = await oauth.push(tpp, None, scope="accounts", authorization_details=details(), **change)
    assert answer.error == (400, "invalid_grant_id")


async def test_its_client_may_withdraw_it(oauth: AuthorizationWorld):
    tpp = await may_pay(oauth)
    answer = await granted(oauth, tpp, scope="payments", authorization_details=payment())
    await oauth.services.store.withdraw(BRAND, tpp.client.caller, answer["grant_id"])
    form = {"token": answer["access_token"], **tpp.credentials()}
    assert (await oauth.call("POST", "/introspect", form=form)).json == {"active": False}


async def test_discovery_lists_both_types(oauth: AuthorizationWorld):
    metadata = (await oauth.call("GET", "/.well-known/oauth-authorization-server")).json
    assert metadata["authorization_details_types_supported"] == ["account_information", TYPE]


async def test_names_numbers_and_amounts_are_sealed(oauth: AuthorizationWorld):
    tpp = await may_pay(oauth)
    await oauth.pushed_uri(tpp, None, scope="payments", authorization_details=payment())
    stored = [row.snapshot for row in await oauth.books.consents.versions()]
    stored += [row.document for row in await oauth.books.oauth.pushed_requests()]
    assert len(stored) == 2
    assert not any(secret in row for row in stored for secret in (b"DE02100100109307118603", b"Merchant", b"12350", b"123.50"))


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": ConsentKind.ACCOUNTS},
        {"terms": AccountsTerms(permissions=frozenset({Permission.BALANCES}))},
    ],
    ids=["another kind", "other terms"],
)
async def test_the_store_takes_a_payment_with_its_own_terms_alone(oauth: AuthorizationWorld, changes: dict[str, Any]):
    tpp = await may_pay(oauth)
    pushed = await oauth.load_pushed(tpp, await oauth.pushed_uri(tpp, None, scope=None, authorization_details=payment()))
    consent = await consent_of(oauth, pushed.consent_id or "")
    whole: dict[str, Any] = {"kind": consent.kind, "terms": consent.terms}
    await oauth.services.store.lodge(BRAND, tpp.client.caller, ConsentLodgement(lodged_as="rar", **whole))
    with pytest.raises(FieldInvalid):
        await oauth.services.store.lodge(BRAND, tpp.client.caller, ConsentLodgement(lodged_as="rar", **whole | changes))
