"""The walks, one for each group of pages: what a customer does, and where the camera is raised."""

from sandbox.tpp_kit.backchannel import ask_customer
from tests.gallery.payments import ANSWERS, joint_payments, pay, payees, results, sign
from tests.gallery.scene import Scene, Walk

WRONG_CODES = 5  # lock a customer out


async def log_in(scene: Scene) -> None:
    take, page = scene.camera.take, scene.page
    await scene.ask_for_accounts()
    await take("log in")
    await page.fill("#username", "stranger")
    await page.fill("#password", "wrong")
    await scene.press("#login-submit", '[role="alert"]')
    await take("wrong password")
    for _ in range(WRONG_CODES):
        if await page.locator("#username").count():
            await page.fill("#username", "stranger")
            await page.fill("#password", "wrong")
            await scene.press("#login-submit", '[role="alert"]')
    await take("log-in blocked")
    await scene.ask_for_accounts()
    await scene.log_in("bob", "#otp")
    await take("code")
    await page.fill("#otp", "000000")
    await scene.press("#otp-submit", '[role="alert"]')
    await take("wrong code")
    await scene.press("#otp-resend", "#notice")
    await take("code sent again")


async def share(scene: Scene) -> None:
    take, page = scene.camera.take, scene.page
    await scene.ask_for_accounts()
    await scene.log_in("alice", "#consent-approve")
    await take("choose accounts")
    await scene.press("#consent-approve", '[role="alert"]')
    await take("no account chosen")
    await scene.ask_for_accounts()
    await scene.log_in("dave", "#consent-deny")
    await take("nothing to share")
    await page.goto(f"{scene.issuer}/authorize?client_id=stranger&request_uri=urn:ietf:params:oauth:request_uri:none")
    await take("a request that cannot be used")
    await page.goto(f"{scene.issuer}/no/such/page")
    await take("no such page")


async def dashboard(scene: Scene) -> None:
    take, page = scene.camera.take, scene.page
    await scene.forget()
    await page.goto(f"{scene.issuer}/consents")
    await take("log in")
    await scene.enter("dave")
    await take("nothing agreed to")
    await scene.ask_for_accounts()
    await scene.log_in("alice", "#account-0")
    await page.check("#account-0")
    await page.check("#account-1")
    await scene.land("#consent-approve")
    await scene.enter("alice")
    await take("accesses and payments")
    await scene.press("#access-view-0", ".history")
    await take("one access")
    await scene.press("#access-stop", "#revoke-confirm")
    await take("stop sharing")
    await scene.press("#revoke-confirm", "#notice")
    await take("sharing has stopped")
    await scene.press("#logout", "#login-again")
    await take("logged out")


async def requests(scene: Scene) -> None:
    """A TPP asks while its customer is on another device (CIBA)."""
    take, page = scene.camera.take, scene.page
    await ask_customer(scene.tpp, "alice", binding_message="K7-42")
    await scene.enter("alice")
    await take("a request waits")
    await scene.press("#question-open-0", "#consent-approve")
    await take("the request")
    await page.check("#account-0")
    await scene.press("#consent-approve", "#notice")
    await take("what was shared")


async def half_signed(scene: Scene) -> None:
    """A payment asked for without a consent of its own: erin signs first, and frank answers before it can be ordered."""
    take, page = scene.camera.take, scene.page
    for name in ANSWERS:
        await scene.ask_by_details()
        await scene.log_in("erin", "#account-0")
        await page.check("#account-0")
        await scene.land("#consent-approve")
        await scene.enter("frank")
        if name == "approved":
            await take("a signature is waited for")
        await scene.press("#signature-open-0", "#signers")
        if name == "approved":
            await take("sign the payment")
        await sign(scene, name)
        await take(name)


WALKS: dict[str, Walk] = {
    "Log in": log_in,
    "Share accounts": share,
    "Pay": pay,
    "The payee's name": payees,
    "After the answer": results,
    "Sign a payment together": half_signed,
    "Sign an ordered payment": joint_payments,
    "Dashboard": dashboard,
    "Asked on another device": requests,
}
