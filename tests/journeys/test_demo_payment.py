"""The payment of `portcullis demo`, on a server that runs already: the same steps as the command prints."""

from portcullis.cli.sandbox.demo_payment import AMOUNT, REFERENCE, DemoPayment
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
