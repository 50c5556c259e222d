"""A payment from a joint account under UK Open Banking, from outside: Erin agrees, the TPP orders, and nothing moves before Frank signs.

UK R/W 4.0 Payment Initiation, "Multi-Auth": the consent is AUTH with the first signature, the order waits for the others.
"""

from sandbox.tpp_kit.payments import Payments
from tests.harness.forms import Browser
from tests.journeys.test_domestic_payments import INITIATION, settled
from tests.journeys.test_second_signer import visit

WORDS = ("£1.65", "ACME Inc", "08-08-00 21325698", "Internal ops code 5120101", "Charges", "Name check", "Erin Fletcher")


async def ordered(acme):
    """The id of an order that Erin agreed to and that waits for Frank."""
    payments = Payments(acme)
    lodged = await payments.lodge(INITIATION)
    pushed = await acme.push_authorization_request(lodged.id, "openid payments")
    async with Browser(acme.folder.ca) as browser:
        await browser.open(await acme.authorization_url(pushed.request_uri))
        await browser.press("login-submit", username="erin", password="erin-pw")
        assert "Others must agree too" in browser.page.text
        assert "payee-check" in browser.page.ids
        await browser.press("consent-approve", account_0=True)
        tokens = await acme.redeem(acme.read_authorization_response(browser.landed, pushed), pushed)
    assert (await payments.read(f"/domestic-payment-consents/{lodged.id}")).json()["Data"]["Status"] == "AUTH"
    placed = await payments.order(tokens.access_token, lodged.id, INITIATION)
    assert placed.status == 201, placed.body
    return payments, placed.json()["Data"]


async def answered(acme, order_id, button):
    """The page that Frank reads after his answer."""
    async with Browser(acme.folder.ca) as browser:
        await visit(acme, browser, "frank")
        assert "Waiting for your signature" in browser.page.text
        await browser.open(f"/consents/payments/{order_id}")
        for words in WORDS:
            assert words in browser.page.text, words
        await browser.press(button)
        if "otp-submit" in browser.html:
            assert "£1.65" in browser.page.text
            await browser.press("otp-submit", otp="123456")
        assert browser.path == f"/consents/payments/{order_id}"
        return browser.page.text


async def read_by_erin(acme):
    async with Browser(acme.folder.ca) as browser:
        await visit(acme, browser, "erin")
        return browser.page.text


async def test_nothing_moves_before_frank_has_signed_what_erin_signed(acme, books):
    payments, data = await ordered(acme)
    order_id = data["DomesticPaymentId"]
    assert data["MultiAuthorisation"]["Status"] == "AWAF"
    assert data["MultiAuthorisation"]["NumberRequired"] == 2
    assert "Waiting for Frank Fletcher" in await read_by_erin(acme)
    assert (await payments.read(f"/domestic-payments/{order_id}")).json()["Data"]["Status"] == "PATC"
    assert "You approved this payment" in await answered(acme, order_id, "consent-approve")
    assert (await settled(payments, order_id))["Status"] == "ACCC"
    assert "Paid on" in await read_by_erin(acme)


async def test_frank_refuses_and_it_is_not_paid(acme, books):
    payments, data = await ordered(acme)
    order_id = data["DomesticPaymentId"]
    assert "Not paid: someone who must agree did not." in await answered(acme, order_id, "consent-deny")
    final = await settled(payments, order_id)
    assert final["Status"] == "RJCT"
    assert "Not paid: someone who must agree did not." in await read_by_erin(acme)
    await books.check_whole()
