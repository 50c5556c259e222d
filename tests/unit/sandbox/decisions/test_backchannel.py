"""A decision in the place of a customer who is asked at the backchannel. CIBA sections 10 and 11."""

import pytest

from consent.errors import AuthenticationAnswered
from kernel.errors import AccountUnknown, ConsentForeign
from kernel.ids import hash_secret
from sandbox.decisions.backchannel import decide_request, find_waiting
from tests.unit.consent.authorization.backchannel.test_backchannel_answers import DENIED, consent_of
from tests.world.backchannel import Backchannel
from tests.world.brands import BRAND


async def test_a_decision_in_the_customers_place_is_an_answer(backchannel: Backchannel):
    services, alice = backchannel.world.services, backchannel.identity.psu("alice")
    auth_req_id = await backchannel.asked(backchannel.polls)
    (row,) = await backchannel.requests()
    assert await find_waiting(services, BRAND, row.consent_id) == hash_secret(auth_req_id)
    with pytest.raises(ConsentForeign):
        await decide_request(services, BRAND, row.id, backchannel.identity.psu("dave"), approve=True)
    with pytest.raises(AccountUnknown):
        await decide_request(services, BRAND, row.id, alice, approve=True, upstream_ids=("up-4",))
    await decide_request(services, BRAND, row.id, alice, approve=True)
    assert await find_waiting(services, BRAND, row.consent_id) is None
    for answer in (True, False):
        with pytest.raises(AuthenticationAnswered):
            await decide_request(services, BRAND, row.id, alice, approve=answer)
    assert (await backchannel.poll(backchannel.polls, auth_req_id)).status == 200
    assert len((await consent_of(backchannel)).accounts) == 2


async def test_a_no_in_the_customers_place_is_one(backchannel: Backchannel):
    auth_req_id = await backchannel.asked(backchannel.polls)
    alice = backchannel.identity.psu("alice")
    await decide_request(backchannel.world.services, BRAND, hash_secret(auth_req_id), alice, approve=False)
    assert (await backchannel.poll(backchannel.polls, auth_req_id)).error == DENIED
