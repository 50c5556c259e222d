"""A real Chromium walks the PSU's pages, on a phone and on a desktop, as a customer would."""

import json

from sandbox.tpp_kit.knobs import Knobs
from sandbox.tpp_kit.payments import Payments
from tests.browser.page_rules import NEEDS_CHROMIUM, ONE_LOOP, check_page, findings, log_in

pytestmark = [NEEDS_CHROMIUM, ONE_LOOP]


async def open_journey(page, tpp):
    """Lodge a consent, push a request, open it in the browser."""
    lodged = await tpp.lodge_account_consent()
    pushed = await tpp.push_authorization_request(lodged.id)
    await page.goto(await tpp.authorization_url(pushed.request_uri))
    return pushed


async def land(page, callback) -> str:
    """Where the TPP sees the browser arrive."""
    await page.wait_for_url(f"{callback.redirect_uri}**")
    return callback.landed[-1]


async def test_alice_logs_in_chooses_accounts_and_approves(page, tpp, callback):
    pushed = await open_journey(page, tpp)
    await check_page(page, "log in")
    await log_in(page, "alice")
    await page.wait_for_selector("#consent-approve")
    await check_page(page, "choose")
    assert await page.locator('input[name="account"]:checked').count() == 0
    await page.check("#account-0")
    await page.check("#account-1")
    await page.click("#consent-approve")
    code = tpp.read_authorization_response(await land(page, callback), pushed)
    tokens = await tpp.redeem(code, pushed)
    accounts = await tpp.get("/accounts", tokens.access_token)
    assert len(accounts.json()["Data"]["Account"]) == 2


async def test_approving_no_account_shows_the_page_again_with_an_error(page, tpp, callback):
    await open_journey(page, tpp)
    await log_in(page, "alice")
    await page.click("#consent-approve")
    await page.wait_for_selector('[role="alert"]')
    await check_page(page, "choose")
    assert "error" in (await page.title()).lower()


async def test_alice_denies(page, tpp, callback):
    await open_journey(page, tpp)
    await log_in(page, "alice")
    await page.click("#consent-deny")
    assert "error=access_denied" in await land(page, callback)


async def test_a_wrong_password_says_so_and_no_more(page, tpp, callback):
    await open_journey(page, tpp)
    await page.fill("#username", "stranger")
    await page.fill("#password", "wrong")
    await page.click("#login-submit")
    await page.wait_for_selector('[role="alert"]')
    await check_page(page, "log in")
    assert await page.evaluate("document.activeElement.id") == "username"
    assert await page.input_value("#username") == ""


async def test_a_locked_login_shows_no_field_and_leads_back(page, tpp, callback):
    await open_journey(page, tpp)
    for _ in range(6):
        await page.fill("#username", f"guessed-{page.viewport_size['width']}")
        await page.fill("#password", "wrong")
        await page.click("#login-submit")
        await page.wait_for_selector('[role="alert"]')
        if not await page.locator("#username").count():
            break
    await check_page(page, "you cannot log in for now")
    assert await page.locator("input:not([type=hidden])").count() == 0
    await page.click("#login-cancel")
    assert "error=access_denied" in await land(page, callback)


async def test_an_unknown_address_shows_a_page_with_its_icon(page, embedded_server):
    await page.goto(f"{embedded_server.issuer}/no/such/page")
    await check_page(page, "no such page")
    icon = await page.get_attribute("link[rel=icon]", "href")
    assert (await page.request.get(f"{embedded_server.issuer}{icon}")).ok


async def test_bob_confirms_with_a_one_time_code(page, tpp, callback):
    """And finds the same way out, under the same name, on each page; what he shares is named without a click."""
    await open_journey(page, tpp)
    out = [await page.inner_text("#login-cancel")]
    await log_in(page, "bob")
    await page.wait_for_selector("#otp")
    out.append(await page.inner_text("#consent-deny"))
    assert await findings(page) == []
    await page.fill("#otp", "123456")
    await page.click("#otp-submit")
    await page.check("#account-0")
    out.append(await page.inner_text("#consent-deny"))
    assert out == ["Do not share"] * 3
    assert "not listed" in await page.inner_text("fieldset")
    assert await page.locator("details li").first.is_visible()
    await page.click("#consent-approve")
    assert "code=" in await land(page, callback)


async def test_dave_has_nothing_to_share_and_can_go_back(page, tpp, callback):
    await open_journey(page, tpp)
    await log_in(page, "dave")
    await page.wait_for_selector("#consent-deny")
    assert await page.locator("#consent-approve").count() == 0
    assert await findings(page) == []
    await page.click("#consent-deny")
    assert "error=access_denied" in await land(page, callback)


async def test_the_pages_can_be_used_with_the_keyboard_alone(page, tpp, callback):
    await open_journey(page, tpp)
    await page.focus("#username")
    await page.keyboard.type("alice")
    await page.keyboard.press("Tab")
    await page.keyboard.type("alice-pw")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#account-0")
    await page.focus("#account-0")
    await page.keyboard.press("Space")
    await page.focus("#consent-approve")
    await page.keyboard.press("Enter")
    assert "code=" in await land(page, callback)


async def test_an_error_page_names_the_oauth_error(page, embedded_server):
    await page.goto(f"{embedded_server.issuer}/authorize?client_id=stranger&request_uri=urn:ietf:params:oauth:request_uri:none")
    assert await page.inner_text("#error-code") == "invalid_client"
    assert "start again" in await page.inner_text(".lead")
    assert await findings(page) == []


INITIATION = {
    "InstructionIdentification": "ACME412",
    "EndToEndIdentification": "FRESCO.21302.GFX.20",
    "InstructedAmount": {"Amount": "1.65", "Currency": "GBP"},
    "CreditorAccount": {
        "SchemeName": "UK.OBIE.SortCodeAccountNumber",
        "Identification": "08080021325698",
        "Name": "ACME Inc",
    },
}


async def open_payment(page, tpp, **changes):
    payment = {
        "type": "payment_initiation",
        "actions": ["initiate"],
        "instructedAmount": {"currency": "GBP", "amount": "1165.88"},
        "creditorName": "ACME Inc",
        "creditorAccount": {"scheme": "sort_code", "bban": "80200110203345"},
        "remittanceInformationUnstructured": "FRESCO-101",
    }
    form = {"authorization_details": json.dumps([payment | changes]), "scope": "openid payments"}
    pushed = await tpp.push_authorization_request(None, knobs=Knobs(form=form))
    await page.goto(await tpp.authorization_url(pushed.request_uri))
    return pushed


async def test_bob_checks_a_payment_and_confirms_it(page, tpp, callback):
    """The payment page, the same with its error, and the page of the code: each as readable as the others."""
    pushed = await open_payment(page, tpp)
    await check_page(page, "log in")
    out = [await page.inner_text("#login-cancel")]
    await log_in(page, "bob")
    await page.wait_for_selector("#consent-approve")
    assert "We ask you for a code before you pay." in await page.inner_text("main")
    out.append(await page.inner_text("#consent-deny"))
    await check_page(page, "pay £1,165.88 to acme inc")
    assert await page.locator('input[type="radio"][name="account"]:checked').count() == 0
    await page.click("#consent-approve")
    await page.wait_for_selector('[role="alert"]')
    await check_page(page, "pay £1,165.88 to acme inc")
    await page.check("#account-0")
    await page.click("#consent-approve")
    await page.wait_for_selector("#otp")
    await check_page(page, "confirm the payment")
    assert "£1,165.88" in await page.inner_text("main")
    assert "Everyday Current Account, ending" in await page.inner_text(".facts")
    assert await page.inner_text("#otp-submit") == "Pay £1,165.88"
    assert (await page.inner_text('[aria-current="step"]')).strip() == await page.inner_text("h1")
    assert [*out, await page.inner_text("#consent-deny")] == ["Do not pay"] * 3
    await page.fill("#otp", "123456")
    await page.click("#otp-submit")
    tokens = await tpp.redeem(tpp.read_authorization_response(await land(page, callback), pushed), pushed)
    assert tokens.authorization_details[0]["creditorName"] == "ACME Inc"


async def test_alice_reads_who_asks_for_the_payment_and_what_confirms_it(page, tpp, callback):
    """Her device stands in for the page of the code: the third step names it, and no page follows."""
    await open_payment(page, tpp)
    await log_in(page, "alice")
    await page.wait_for_selector("#consent-approve")
    await check_page(page, "pay £1,165.88 to acme inc")
    shown = await page.inner_text("main")
    assert "Asked by" in shown
    assert "Your device confirms the payment." in shown
    await page.check("#account-0")
    await page.click("#consent-approve")
    assert "code=" in await land(page, callback)


async def test_a_payee_with_a_long_name_breaks_no_page(page, tpp):
    endless = {"creditorName": "W" * 70, "remittanceInformationUnstructured": "w" * 140}
    await open_payment(page, tpp, **endless)
    await log_in(page, "bob")
    await page.wait_for_selector("#consent-approve")
    await check_page(page, "pay")
    await page.check("#account-0")
    await page.click("#consent-approve")
    await page.wait_for_selector("#otp")
    await check_page(page, "confirm the payment")
    await page.context.clear_cookies()
    await open_payment(page, tpp, **endless)
    await log_in(page, "dave")
    await page.wait_for_selector("#consent-deny")
    await check_page(page, "no account to pay from")


async def test_erin_and_frank_sign_a_payment_together(page, tpp, callback):
    await open_payment(page, tpp)
    await log_in(page, "erin")
    await page.wait_for_selector("#consent-approve")
    assert "Others must agree too" in await page.content()
    await check_page(page, "pay £")
    await page.check("#account-0")
    await page.click("#consent-approve")
    assert "code=" in await land(page, callback)
    await page.context.clear_cookies()
    await page.goto(f"{tpp.folder.issuer}/consents")
    await log_in(page, "frank")
    await page.fill("#otp", "123456")
    await page.click("#otp-submit")
    await check_page(page, "who can see your accounts")
    await page.click("#signature-open-0")
    await page.wait_for_selector("#signers")
    await check_page(page, "sign the payment")
    await page.click("#consent-approve")
    await page.wait_for_selector("#otp")
    await check_page(page, "confirm the payment")
    await page.fill("#otp", "123456")
    await page.click("#otp-submit")
    await page.wait_for_selector("#result")
    await check_page(page, "you approved £1,165.88 to acme inc")


async def test_frank_signs_an_ordered_payment_and_reads_the_end_of_it(page, tpp, callback):
    """The check of the payee, the page to sign, the code, and the page of the payment: each as readable as the others."""
    payments = Payments(tpp)
    consent = await payments.lodge(INITIATION)
    pushed = await tpp.push_authorization_request(consent.id, "openid payments")
    await page.goto(await tpp.authorization_url(pushed.request_uri))
    await log_in(page, "erin")
    await page.wait_for_selector("#payee-check")
    await check_page(page, "pay £1.65 to acme inc")
    await page.check("#account-0")
    await page.click("#consent-approve")
    tokens = await tpp.redeem(tpp.read_authorization_response(await land(page, callback), pushed), pushed)
    ordered = (await payments.order(tokens.access_token, consent.id, INITIATION)).json()["Data"]
    await page.context.clear_cookies()
    await page.goto(f"{tpp.folder.issuer}/consents")
    await log_in(page, "frank")
    await page.fill("#otp", "123456")
    await page.click("#otp-submit")
    await page.goto(f"{tpp.folder.issuer}/consents/payments/{ordered['DomesticPaymentId']}")
    await check_page(page, "sign the payment")
    await page.click("#consent-approve")
    await page.wait_for_selector("#otp")
    await check_page(page, "confirm the payment")
    await page.fill("#otp", "123456")
    await page.click("#otp-submit")
    await page.wait_for_selector("#result")
    await check_page(page, "£1.65 to acme inc")
    await page.goto(f"{tpp.folder.issuer}/consents")
    await page.wait_for_selector("#payment-view-0")
    await check_page(page, "who can see your accounts")


async def test_dave_has_nothing_to_pay_from(page, tpp, callback):
    await open_payment(page, tpp)
    await log_in(page, "dave")
    await page.wait_for_selector("#consent-deny")
    await check_page(page, "no account to pay from")
    await page.click("#consent-deny")
    assert "error=access_denied" in await land(page, callback)
