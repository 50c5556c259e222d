"""The walks along the pages of payments."""

from tests.gallery.scene import CODE, Scene

ANSWERS = {"approved": "#consent-approve", "refused": "#consent-deny"}  # and the button of each
NAME_CHECKS = {  # by the end of the account's number, which chooses the simulated bank's answer
    "match": "80200110203345",
    "close match": "80200110209710",
    "no match": "80200110209720",
    "not available": "80200110209730",
}
LONG = "Wolfeschlegelsteinhausenbergerdorff & Daughters of Llanfairpwllgwyngyllgogerychwyrndrobwll"


async def pay(scene: Scene) -> None:
    take, page = scene.camera.take, scene.page
    await scene.ask_for_payment()
    await take("log in to pay")
    await scene.log_in("bob", "#consent-approve")
    await take("choose the account")
    await scene.press("#consent-approve", '[role="alert"]')
    await take("no account chosen")
    await page.check("#account-0")
    await scene.press("#consent-approve", "#otp")
    await take("confirm by code")
    await page.fill("#otp", "000000")
    await scene.press("#otp-submit", '[role="alert"]')
    await take("wrong code")
    await scene.ask_for_payment()
    await scene.log_in("alice", "#consent-approve")
    await take("a device confirms")
    await scene.ask_for_payment()
    await scene.log_in("dave", "#consent-deny")
    await take("no account to pay from")
    await scene.ask_for_payment(name=LONG)
    await scene.log_in("bob", "#consent-approve")
    await take("a long name")


async def payees(scene: Scene) -> None:
    for words, number in NAME_CHECKS.items():
        await scene.ask_for_payment(number)
        await scene.log_in("alice", "#payee-check")
        await scene.camera.take(words)


async def results(scene: Scene) -> None:
    """The last button was pressed twice, and the browser shows the second answer."""
    for name, button in ANSWERS.items():
        await scene.ask_for_payment()
        await scene.log_in("alice", "#account-0")
        await scene.page.check("#account-0")
        cookies = await scene.page.context.cookies()
        await scene.land(button)
        await scene.page.context.add_cookies(cookies)
        await scene.page.goto(f"{scene.issuer}/consent")
        await scene.camera.take(name)


async def joint_payments(scene: Scene) -> None:
    """Erin signed, the TPP has ordered, and frank answers."""
    take, page = scene.camera.take, scene.page
    for name in ANSWERS:
        pushed, consent_id = await scene.ask_for_payment()
        await scene.log_in("erin", "#account-0")
        if name == "approved":
            await take("others must agree too")
        await page.check("#account-0")
        order_id = await scene.order(pushed, consent_id, await scene.land("#consent-approve"))
        await scene.enter("erin")
        await page.goto(f"{scene.issuer}/consents/payments/{order_id}")
        if name == "approved":
            await take("waiting for frank")
        await scene.enter("frank")
        await page.goto(f"{scene.issuer}/consents/payments/{order_id}")
        if name == "approved":
            await take("sign the payment")
        await sign(scene, name)
        await take(name)
        await page.reload()
        await take(f"{name}, seen again")


async def sign(scene: Scene, name: str) -> None:
    """The answer to a page that waits for a signature: `name` is one of ANSWERS."""
    if name == "refused":
        await scene.press(ANSWERS[name], "#result")
        return
    await scene.press(ANSWERS[name], "#otp")
    await scene.page.fill("#otp", CODE)
    await scene.press("#otp-submit", "#result")
