"""The payments, the event and the reconciliation of `portcullis demo`, on a server that runs already: the same steps as the command prints."""

from portcullis.cli.sandbox.demo_events import DemoEvents
from portcullis.cli.sandbox.demo_payment import AMOUNT, REFERENCE, DemoPayment
from portcullis.cli.sandbox.demo_reconciliation import DemoReconciliation
from portcullis.cli.sandbox.demo_vrp import DemoRecurring
from sandbox.tpp_kit.events import Events
from tests.harness.judged import JudgedTpp


async def test_the_demo_pays_and_both_customers_see_it(acme: JudgedTpp):
    payment = DemoPayment(acme, acme.server.state_dir)
    consent = await payment.lodge()
    checked, tokens = await payment.agree(consent)
    assert checked
    order_id = await payment.order(tokens, consent)
    assert await payment.await_end(order_id) in {"ACSC", "ACWP", "ACCC"}
    seen = {persona: await payment.find_booked(persona) for persona in ("bob", "alice")}
    assert seen == {"bob": f"Debit {AMOUNT}", "alice": f"Credit {AMOUNT}"}, REFERENCE


async def test_the_demo_pays_again_and_again_up_to_a_limit(acme: JudgedTpp):
    recurring = DemoRecurring(acme, acme.server.state_dir)
    consent_id, tokens = await recurring.allow()
    assert len({await recurring.pay(tokens, consent_id) for _ in range(2)}) == 2
    assert await recurring.exceed(tokens, consent_id) == "U014 at Data.ControlParameters.PeriodicLimits[0].Amount"


async def test_the_demo_hears_of_a_consent_that_its_customer_stopped(acme: JudgedTpp):
    for each in (await Events(acme).subscriptions()).json()["Data"]["EventSubscription"]:
        await Events(acme).end(each["EventSubscriptionId"])  # of other tests
    events = DemoEvents(acme, acme.server.state_dir)
    await events.subscribe()
    consent_id = await events.stop()
    heard = await events.hear(consent_id)
    assert heard == f"consent-authorization-revoked of {acme.folder.resource_base}/account-access-consents/{consent_id}"


async def test_the_demo_reconciles_and_two_operators_decide(embedded_server):
    books = DemoReconciliation(embedded_server.state_dir)
    name = await books.state()
    broken = await books.compare()
    assert "a charge" in broken["detail"]
    entry = await books.resolve(broken)
    said = list(await books.say())
    assert entry == f"break:{broken['id']}"
    assert f"statement {name}" in said[1]
    assert said[-1].startswith(f"{broken['id']}  charges -12.50 GBP, against charges, by ann and bea")
