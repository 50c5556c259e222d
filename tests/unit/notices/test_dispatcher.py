"""Notices are sent to the addresses of clients: at least once, in order of each resource, by a policy that is published, and no longer than the
client is one."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from kernel.banking.notices import SubscriptionForm
from kernel.errors import SubscriptionUnknown
from kernel.http.outbound.fetcher import Unanswered
from kernel.jose.jwt import generate_key, parse_jwt
from kernel.storage.lease import LeaseLost
from notices import tables
from notices.commands.resend import ResendNotices
from notices.dispatcher import Dispatcher
from notices.pace import ATTEMPTS_MAX, FAILING_MAX, FIRST_PAUSE_SECONDS, PAUSE_SECONDS_MAX, pause_after
from tests.world.brands import BRAND
from tests.world.notices import ACME, CALLBACK, terms_of

KEY = generate_key("PS256")


class Held:
    """A lease that is lost once so many transactions have passed."""

    def __init__(self, checks=10**6):
        self.checks = checks

    async def check_fence(self, _connection):
        self.checks -= 1
        if self.checks < 0:
            raise LeaseLost("notices")


@dataclass
class Receiver:
    """The addresses of clients: `answers` by resource, else 202. What came stands in `came`, by jti."""

    answers: dict = field(default_factory=dict)
    came: list = field(default_factory=list)
    registered: bool = True
    headers: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    gate: asyncio.Event | None = None  # of the first call

    def signing_key(self, brand, algorithm):
        assert (brand, algorithm) == (BRAND, "PS256")
        return KEY

    async def is_registered(self, _brand, _client_id, _url):
        return self.registered

    async def notify(self, url, body, headers):
        jwt = parse_jwt(body.decode())
        assert jwt.header["typ"] == "secevent+jwt"
        self.asked.append(url)
        if self.gate is not None:
            gate, self.gate = self.gate, None
            await gate.wait()
        self.headers = dict(headers)
        (event,) = jwt.claims["events"].values()
        self.came.append(jwt.claims["jti"])
        answer = self.answers.get(event["subject"]["http://openbanking.org.uk/rid"], 202)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def receiver():
    return Receiver()


def dispatcher_of(world, receiver):
    return Dispatcher(room=world.room, brand=BRAND, keys=receiver, addresses=receiver, notify=receiver)


async def send(world, receiver, lease=None):
    dispatcher = dispatcher_of(world, receiver)
    await dispatcher.run(lease or Held())
    return dispatcher


@pytest.mark.spec("RFC8935-2.3")
async def test_a_notice_is_sent_once_and_then_it_is_gone(both_world, receiver):
    world = both_world
    await world.subscribe(callback_url=CALLBACK)
    await world.subscribe("borough")
    made = [await world.happen(subject=f"c-{number}") for number in range(3)]
    dispatcher = await send(world, receiver)
    await send(world, receiver)
    assert (receiver.came, dispatcher.sent, dispatcher.failed) == (made, 3, 0)
    assert receiver.headers["Content-Type"] == "application/jwt"
    assert receiver.headers["x-fapi-interaction-id"]
    assert await world.pending() == []


async def test_a_dispatcher_that_dies_before_it_records_sends_the_same_id_again(both_world, receiver):
    world = both_world
    await world.subscribe(callback_url=CALLBACK)
    made = await world.happen()
    with pytest.raises(LeaseLost):
        await send(world, receiver, Held(checks=1))  # it reads, and may not record
    assert await world.pending() == [made]
    await send(world, receiver)
    assert receiver.came == [made, made]
    assert await world.pending() == []


async def test_who_has_lost_the_lease_sends_no_notice(world, receiver):
    await world.subscribe(callback_url=CALLBACK)
    await world.happen()
    with pytest.raises(LeaseLost):
        await send(world, receiver, Held(checks=0))
    assert receiver.came == []


async def test_the_notices_of_one_resource_are_sent_in_its_order(both_world, receiver):
    """Also where a later one was made first."""
    world = both_world
    await world.subscribe(callback_url=CALLBACK)
    second = await world.happen(version=5)
    first = await world.happen(version=4)
    other = await world.happen(subject="c-2")
    await send(world, receiver)
    assert receiver.came.index(first) < receiver.came.index(second)
    assert set(receiver.came) == {first, second, other}


async def test_a_refused_notice_holds_up_no_other(world, receiver):
    await world.subscribe(callback_url=CALLBACK)
    refused, taken = await world.happen(subject="c-1"), await world.happen(subject="c-2")
    receiver.answers["c-1"] = 400
    await send(world, receiver)
    assert receiver.came == [refused, taken]
    kept = {row.id: row for row in await world.kept()}
    assert [(kept[each].ended_as, kept[each].error) for each in (refused, taken)] == [
        ("refused", "status 400"),
        ("delivered", ""),
    ]


@pytest.mark.parametrize("answer", [500, 429, 200, 204, 301, 302, 404, 403, Unanswered("tpp.example: TimeoutError")])
async def test_any_other_answer_than_202_is_tried_again_after_a_pause(world, receiver, answer):
    """A redirect is not followed and no delivery; a slow receiver is one that does not answer."""
    await world.subscribe(callback_url=CALLBACK)
    made = await world.happen()
    receiver.answers["c-1"] = answer
    await send(world, receiver)
    await send(world, receiver)
    assert receiver.came == [made], "nothing is sent within the pause"
    world.pass_time(timedelta(seconds=FIRST_PAUSE_SECONDS))
    receiver.answers.clear()
    await send(world, receiver)
    assert receiver.came == [made, made]
    assert await world.pending() == []


async def test_an_address_that_goes_on_failing_is_unresponsive_and_says_so(both_world, receiver):
    """The pauses grow, up to their bound; what was not delivered is there for polls; a change of the address begins afresh."""
    world = both_world
    made = await world.subscribe(callback_url=CALLBACK)
    notice = await world.happen()
    receiver.answers["c-1"] = 503
    for attempt in range(1, ATTEMPTS_MAX + 1):
        await send(world, receiver)
        assert len(receiver.came) == attempt
        (row,) = await world.subscribed()
        assert row.attempts == attempt
        world.pass_time(pause_after(attempt))
    assert (row.due_at, row.unresponsive_since, row.last_error) == (None, row.unresponsive_since, "status 503")
    found = await world.notices.subscription(BRAND, ACME, SubscriptionForm.EVENTS)
    assert found.unresponsive_since is not None
    later = await world.happen(subject="c-2")
    await send(world, receiver)
    assert len(receiver.came) == ATTEMPTS_MAX, "nothing more is sent"
    assert await world.pending() == [notice, later]
    receiver.answers.clear()
    await world.notices.change(BRAND, ACME, made.id, terms_of(callback_url=CALLBACK))
    await send(world, receiver)
    assert receiver.came[ATTEMPTS_MAX:] == [notice, later]


def test_the_pauses_grow_to_their_bound():
    pauses = [pause_after(attempt).total_seconds() for attempt in range(1, ATTEMPTS_MAX)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[1], pauses[-1]) == (FIRST_PAUSE_SECONDS, 2 * FIRST_PAUSE_SECONDS, PAUSE_SECONDS_MAX)
    assert sum(pauses) < FAILING_MAX.total_seconds()


async def test_an_address_that_fails_for_too_long_is_unresponsive_however_few_the_attempts(world, receiver):
    await world.subscribe(callback_url=CALLBACK)
    await world.happen()
    receiver.answers["c-1"] = 503
    await send(world, receiver)
    world.pass_time(FAILING_MAX)
    await send(world, receiver)
    (row,) = await world.subscribed()
    assert (row.attempts, row.due_at) == (2, None)


async def test_nothing_is_sent_to_a_client_that_is_none_any_more(world, receiver):
    await world.subscribe(callback_url=CALLBACK)
    await world.happen()
    receiver.registered = False
    dispatcher = await send(world, receiver)
    assert (receiver.came, dispatcher.failed) == ([], 1)


async def test_a_failure_of_the_former_address_says_nothing_about_the_new_one(world, receiver):
    made, new = await world.subscribe(callback_url=CALLBACK), CALLBACK.replace("tpp", "new")
    await world.happen()
    receiver.answers["c-1"], receiver.gate = Unanswered("tpp.example: TimeoutError"), (gate := asyncio.Event())
    sending = asyncio.create_task(send(world, receiver))
    while not receiver.asked:  # noqa: ASYNC110  no event says so, and no time is measured
        await asyncio.sleep(0)
    await world.notices.change(BRAND, ACME, made.id, terms_of(callback_url=new))
    (before,) = await world.subscribed()
    world.pass_time(timedelta(seconds=-1))  # the new address is not due for this dispatcher yet
    gate.set()
    await sending
    assert await world.subscribed() == [before]
    world.pass_time(timedelta(seconds=1))
    receiver.answers.clear()
    await send(world, receiver)
    assert receiver.asked == [CALLBACK, new]


async def test_a_person_sends_again_with_the_same_ids(both_world, receiver):
    world = both_world
    await world.subscribe(callback_url=CALLBACK)
    made = await world.happen()
    await send(world, receiver)
    world.pass_time(timedelta(hours=2))

    async def resend(hours, client_id=ACME):
        now = world.clock.wall()
        since = now - timedelta(hours=hours) if hours else None
        return await world.room.commands.run(ResendNotices(brand=BRAND.name, client_id=client_id, since=since, now=now))

    assert [await resend(0), await resend(1), await resend(3)] == [0, 0, 1]
    await send(world, receiver)
    assert receiver.came == [made, made]
    with pytest.raises(SubscriptionUnknown):
        await resend(3, "borough")


async def test_a_person_sends_again_to_an_address_that_was_given_up(world, receiver):
    await world.subscribe(callback_url=CALLBACK)
    made = await world.happen()
    receiver.answers["c-1"] = 503
    await send(world, receiver)
    world.pass_time(FAILING_MAX)
    await send(world, receiver)
    receiver.answers.clear()
    command = ResendNotices(brand=BRAND.name, client_id=ACME, since=None, now=world.clock.wall())
    assert await world.room.commands.run(command) == 1
    await send(world, receiver)
    assert receiver.came == [made] * 3
    assert (await world.notices.subscription(BRAND, ACME, SubscriptionForm.EVENTS)).unresponsive_since is None


async def change_rows(world, table, values, *where):
    await world.room.database.write(lambda connection: connection.execute(table.update().where(*where).values(**values)))


async def test_a_notice_that_its_standard_has_no_words_for_any_more_holds_up_no_other(both_world, receiver):
    """As after a new version of the server that lost a product: also none of its own resource."""
    world = both_world
    await world.subscribe(callback_url=CALLBACK)
    await world.subscribe("borough", callback_url=CALLBACK)
    lost, after = await world.happen(version=3), await world.happen(version=4)
    other = await world.happen(client_id="borough", subject="c-2")
    await change_rows(world, tables.notices, {"product": "gone"}, tables.notices.c.id == lost)
    await send(world, receiver)
    assert sorted(receiver.came) == sorted([after, other])
    kept = {row.id: row.ended_as for row in await world.kept()}
    assert kept == {lost: "unrendered", after: "delivered", other: "delivered"}


async def test_a_client_whose_standard_is_served_no_more_holds_up_no_other(world, receiver):
    await world.subscribe(callback_url=CALLBACK)
    await world.subscribe("borough", callback_url=CALLBACK)
    kept, other = await world.happen(), await world.happen(client_id="borough", subject="c-2")
    await change_rows(world, tables.subscriptions, {"lodged_as": "gone/v1"}, tables.subscriptions.c.client_id == ACME)
    dispatcher = await send(world, receiver)
    assert (receiver.came, dispatcher.sent, dispatcher.failed) == ([other], 1, 1)
    assert await world.pending() == [kept]
    failed = next(row for row in await world.subscribed() if row.client_id == ACME)
    assert (failed.attempts, failed.last_error) == (1, "this server has no standard gone/v1 any more")


async def test_a_fault_of_the_server_with_one_client_holds_up_no_other(world, receiver):
    """What others took is written down, and is not sent again."""
    await world.subscribe(callback_url=CALLBACK)
    await world.subscribe("borough", callback_url=CALLBACK)
    kept, other = await world.happen(), await world.happen(client_id="borough", subject="c-2")
    receiver.answers["c-1"] = RuntimeError("broken")
    await send(world, receiver)
    await send(world, receiver)
    assert receiver.came == [kept, other]
    assert (await world.pending(), await world.pending("borough")) == ([kept], [])
