"""The money of a payment on both sides, as the customers see it: what is paid is gone on one side and there on the other, once, to the penny.

OBIE R/W 4.0 Domestic Payments, "Payment Details", "Refund"; Domestic Payment Consents, "Authorisation".
"""

import asyncio
import base64
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from cryptography import x509
from joserfc.util import urlsafe_b64decode

from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.payments import CRITICAL, HEADER, Payments
from tests.harness.forms import Browser
from tests.harness.installations import EMBEDDED
from tests.harness.judged import JudgedTpp
from tests.journeys.conftest import still
from tests.journeys.paying import CONSENTS, INITIATION, ORDERS, RISK, agree, agree_to, amounting, numbered, numbers_of
from tests.journeys.test_domestic_payments import settled

PRESENT = Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"})
LONG_NAME = f"{'Łódzka Fabryka ' * 23}Sp.z."
ODD = {"SupplementaryData": {"Amount": "sNaN", "Large": 10**40, "Deep": [[[[]]]]}}


class Side:
    """One account, seen through account information."""

    def __init__(self, tpp, token, number):
        self.tpp, self.token, self.number, self.account_id = tpp, token, number, ""

    async def read(self, path):
        answer = await self.tpp.get(path, self.token, knobs=PRESENT)
        assert answer.status == 200, answer.body
        return answer.json()["Data"]

    async def open(self):
        for account in (await self.read("/accounts"))["Account"]:
            if any(each["Identification"] == self.number for each in account.get("Account", ())):
                self.account_id = account["AccountId"]
        assert self.account_id
        return self

    async def balances(self):
        """Each kind of balance that the bank shows."""
        balances = (await self.read(f"/accounts/{self.account_id}/balances"))["Balance"]
        signs = {"Credit": 1, "Debit": -1}
        return {each["Type"]: signs[each["CreditDebitIndicator"]] * Decimal(each["Amount"]["Amount"]) for each in balances}

    async def line(self, reference):
        """The booked line with this reference: exactly one."""
        lines = (await self.read(f"/accounts/{self.account_id}/transactions"))["Transaction"]
        (found,) = [each for each in lines if each.get("TransactionReference") == reference]
        return found


@pytest.fixture
async def sides(acme, standing):
    made = []
    for name in ("alice", "bob"):
        grant = await still(standing, f"money {name}", lambda name=name: acme.granted(name))
        number = next(iter(numbers_of(acme, name).values()))
        made.append(await Side(acme, grant.token, number).open())
    return made


async def pay(acme, initiation, *, persona="alice", account=None, **data):
    payments = Payments(acme)
    agreed = await agree(acme, initiation, persona=persona, account=account, **data)
    placed = await payments.order(agreed.token, agreed.consent_id, initiation, risk=RISK)
    assert placed.status == 201, placed.body
    return await settled(payments, placed.json()["Data"]["DomesticPaymentId"])


async def test_what_alice_pays_bob_has(acme, sides, books):
    alice, bob = sides
    assert len(LONG_NAME) == 350
    before = [await side.balances() for side in sides]
    reference = uuid.uuid4().hex[:20]
    initiation = numbered(bob.number, LONG_NAME, EndToEndIdentification=reference, **amounting("2.34"), **ODD)
    final = await pay(acme, initiation, account=alice.number, ReadRefundAccount="Yes")
    assert (final["Status"], final["Refund"]["Account"]["Identification"]) == ("ACCC", alice.number)
    assert final["Initiation"] == initiation
    for side, early, amount in zip(sides, before, (Decimal("-2.34"), Decimal("2.34")), strict=True):
        assert await side.balances() == {kind: balance + amount for kind, balance in early.items()}
    paid, received = await alice.line(reference), await bob.line(reference)
    assert [each["Amount"] for each in (paid, received)] == [{"Amount": "2.34", "Currency": "GBP"}] * 2
    assert [each["CreditDebitIndicator"] for each in (paid, received)] == ["Debit", "Credit"]
    assert paid["CreditorAccount"]["Name"] == LONG_NAME
    assert received["DebtorAccount"]["Identification"] == alice.number
    details = await Payments(acme).read(f"{ORDERS}/{final['DomesticPaymentId']}/payment-details")
    assert [each["Status"] for each in details.json()["Data"]["PaymentStatus"]] == ["ACCC"]


async def test_a_payment_to_the_very_account_that_pays_changes_no_balance(acme, sides, books):
    alice, _ = sides
    before = await alice.balances()
    await pay(acme, numbered(alice.number, **amounting("3.21")), account=alice.number)
    await books.payments.settled()
    assert await alice.balances() == before


async def test_what_an_account_lacks_is_not_there_and_is_not_paid(acme, sides, books):
    alice, bob = sides
    payments, before = Payments(acme), [await side.balances() for side in sides]
    for amount in ("9000000.00", "9999999999999.99"):
        initiation = numbered(bob.number, **amounting(amount))
        agreed = await agree(acme, initiation, account=alice.number)
        funds = await payments.read(f"{CONSENTS}/{agreed.consent_id}/funds-confirmation", agreed.token)
        assert funds.json()["Data"]["FundsAvailableResult"]["FundsAvailable"] is False
        placed = await payments.order(agreed.token, agreed.consent_id, initiation, risk=RISK)
        final = await settled(payments, placed.json()["Data"]["DomesticPaymentId"])
        assert (final["Status"], final["StatusReason"][0]["StatusReasonCode"]) == ("RJCT", "AM04")
    assert [await side.balances() for side in sides] == before


def debtor(number):
    return {"DebtorAccount": {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": number}}


async def test_the_account_that_the_tpp_names_pays(acme, sides):
    alice, bob = sides
    initiation = numbered(bob.number, **amounting("1.01"), **debtor(alice.number))
    before = await alice.balances()
    assert (await pay(acme, initiation))["Status"] == "ACCC"
    assert await alice.balances() == {kind: balance - Decimal("1.01") for kind, balance in before.items()}


async def offered_nothing(tpp, consent_id, name):
    """The persona finds no account to pay from, and goes back: what becomes of the consent."""
    pushed = await tpp.push_authorization_request(consent_id, "openid payments")
    async with Browser(tpp.folder.ca) as browser:
        await browser.open(await tpp.authorization_url(pushed.request_uri))
        await browser.press("login-submit", username=name, password=f"{name}-pw")
        assert "consent-approve" not in browser.html
        await browser.press("consent-deny")
        assert browser.answer["error"] == "access_denied"
    return (await Payments(tpp).read(f"{CONSENTS}/{consent_id}")).json()["Data"]["Status"]


async def test_an_account_of_another_customer_pays_nothing(acme, sides):
    lodged = await Payments(acme).lodge(INITIATION | debtor(sides[1].number))
    assert await offered_nothing(acme, lodged.id, "alice") == "RJCT"


async def test_single_takes_no_account_that_two_must_sign_for(acme):
    single = {"AuthorisationType": "Single"}
    lodged = await Payments(acme).lodge(INITIATION, Authorisation=single)
    assert await offered_nothing(acme, lodged.id, "erin") == "RJCT"
    lodged = await Payments(acme).lodge(INITIATION, Authorisation=single)
    assert lodged.document["Data"]["Authorisation"] == single
    assert (await agree_to(acme, lodged.id, "alice")).token


async def give_up(tpp, token):
    """As a TPP does that may try again."""
    while (answer := await tpp.post_authenticated("revocation_endpoint", {"token": token})).status == 503:  # noqa: ASYNC110  the server is another process
        await asyncio.sleep(0.1)
    assert answer.status == 200


async def test_a_token_that_its_tpp_gives_up_meanwhile_orders_once_or_never(acme, books):
    agreed = await agree(acme)
    payments, key = Payments(acme), str(uuid.uuid4())
    calls = [payments.order(agreed.token, agreed.consent_id, INITIATION, risk=RISK, key=key) for _ in range(4)]
    *placed, _ = await asyncio.gather(*calls, give_up(acme, agreed.token))
    assert {answer.status for answer in placed} <= {201, 401, 503}
    named = {answer.json()["Data"]["DomesticPaymentId"] for answer in placed if answer.status == 201}
    assert named == set(await books.payments.orders_of(agreed.consent_id))
    assert len(named) <= 1
    again = await payments.order(agreed.token, agreed.consent_id, INITIATION, risk=RISK, key=key)
    assert again.status == 401, "a dead token stays dead, also for a repeat"


async def test_time_ends_a_consent_and_no_order_that_was_placed(installations):
    """A repeat names the first order after the consent's end, with a fresh token too; a first order then is refused."""
    with installations.installation(EMBEDDED) as installation:
        async with JudgedTpp.of(installation.start(), "acme") as acme:
            payments, key = Payments(acme), str(uuid.uuid4())
            used, unused = await agree(acme), await agree(acme)
            placed = await payments.order(used.token, used.consent_id, INITIATION, risk=RISK, key=key)
            fresh = await acme.refresh(used.tokens.refresh_token)
            soon = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
            by_then = {"AuthorisationType": "Any", "CompletionDateTime": soon}
            lodged = await payments.lodge(INITIATION, key="by then", Authorisation=by_then)
            assert (await acme.control("/clock", {"advance": "PT3H"})).status == 200
            assert await status_of(payments, lodged.id) == ("RJCT", "TKXP")
            again = await payments.lodge(INITIATION, key="by then", Authorisation=by_then)
            assert again.id == lodged.id, "a repeat is not judged again"
            assert await status_of(payments, unused.consent_id) == ("AUTH", None)
            assert (await acme.control("/clock", {"advance": "PT22H"})).status == 200
            assert await status_of(payments, unused.consent_id) == ("RJCT", "TKXP")
            refused = await payments.order(unused.token, unused.consent_id, INITIATION, risk=RISK)
            assert refused.status == 401 or (refused.status, refused.json()["Errors"][0]["ErrorCode"]) == (400, "U009")
            for token in {used.token, fresh.access_token}:
                again = await payments.order(token, used.consent_id, INITIATION, risk=RISK, key=key)
                assert again.status == 201, again.body
                assert again.json()["Data"]["DomesticPaymentId"] == placed.json()["Data"]["DomesticPaymentId"]


async def status_of(payments, consent_id):
    data = (await payments.read(f"{CONSENTS}/{consent_id}")).json()["Data"]
    return data["Status"], next((each["StatusReasonCode"] for each in data.get("StatusReason", ())), None)


@pytest.mark.spec("RFC7517-4.7")
async def test_the_key_that_signs_answers_is_published_with_its_certificate(acme):
    """The key of the set has it, of that very key; the header of a signature has none (`verify_body`). R/W 4.0 Profile, "Message Signing"."""
    own = await acme.client_credentials_token("payments")
    refused = await Payments(acme).read(f"{ORDERS}/{uuid.uuid4()}", own)
    head = json.loads(urlsafe_b64decode(refused.header(HEADER).partition(".")[0].encode()))
    assert re.fullmatch(r"[A-Za-z0-9]{18}", head[CRITICAL[1]]), "the bank's id in its directory, and no more"
    kid = head["kid"]
    (key,) = [each for each in (await acme.published_keys())["keys"] if each["kid"] == kid]
    certificate = x509.load_der_x509_certificate(base64.b64decode(key["x5c"][0]))
    assert certificate.public_key().public_numbers().n == int.from_bytes(urlsafe_b64decode(key["n"].encode()))


async def test_the_books_are_whole_after_all_this(books):
    await books.check_whole()
