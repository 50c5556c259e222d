"""Subscriptions and polls: a client has one subscription, hears of what happens after it, and keeps what it has not acknowledged."""

import asyncio
from datetime import timedelta

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

import notices.commands.make
import notices.services
from gateway.events.poll_notices import PollNotices
from gateway.pipeline.exchange import Exchange
from kernel.banking.commands import PollNotices as PollCommand
from kernel.banking.notices import NoticeKind, Poll, SubscriptionForm
from kernel.errors import SubscriptionExists, SubscriptionUnknown
from kernel.http.message import Request
from kernel.jose.jwt import generate_key
from notices import tables
from notices.commands.make import PENDING_PER_CLIENT_MAX
from notices.janitor import Janitor
from notices.rows.notices import ENDED_KEPT, PENDING_KEPT
from notices.waits import WAITS_MAX, Waits
from openapi.uk_obie.v4_0.dialect import DIALECT
from tests.harness.statements import statements_of
from tests.world.brands import BRAND, START
from tests.world.notices import ACME, CALLBACK, terms_of
from tests.world.orders import ACME as CALLER


class Held:
    async def check_fence(self, _connection):
        """It is held."""


async def test_a_client_has_one_subscription_whichever_its_form(both_world):
    await both_world.subscribe()
    with pytest.raises(SubscriptionExists):
        await both_world.subscribe()
    with pytest.raises(SubscriptionExists):
        await both_world.subscribe(form=SubscriptionForm.CALLBACK, callback_url=CALLBACK)
    await both_world.subscribe("borough")
    assert len(await both_world.subscribed()) == 2


async def test_two_clients_that_subscribe_at_once_each_have_one(both_world):
    answers = await asyncio.gather(*(both_world.subscribe() for _ in range(4)), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Subscription", *["SubscriptionExists"] * 3]


async def test_a_subscription_is_changed_and_ended_by_its_own_client_and_form_alone(world):
    made = await world.subscribe()
    await world.subscribe("borough")
    for client_id, subscription_id, form in (
        ("borough", made.id, SubscriptionForm.EVENTS),
        (ACME, "another", SubscriptionForm.EVENTS),
        (ACME, made.id, SubscriptionForm.CALLBACK),
    ):
        with pytest.raises(SubscriptionUnknown):
            await world.notices.change(BRAND, client_id, subscription_id, terms_of(form=form))
        with pytest.raises(SubscriptionUnknown):
            await world.notices.end(BRAND, client_id, subscription_id, form)
    assert await world.notices.subscription(BRAND, ACME, SubscriptionForm.EVENTS) == made
    assert await world.notices.subscription(BRAND, ACME, SubscriptionForm.CALLBACK) is None


async def test_a_fact_before_the_subscription_or_of_a_kind_that_it_lacks_makes_no_notice(world):
    early = world.event()
    world.pass_time(timedelta(seconds=1))
    await world.subscribe(kinds=(NoticeKind.CONSENT_STOPPED,))
    await world.sink.deliver(early)
    await world.happen("consent.accounts_changed", reason="closed")
    await world.happen("consent.authorised")
    await world.happen(client_id="borough")
    await world.happen(client_id="")
    await world.happen(lodged_as="berlin_group/v1.3")
    assert await world.kept() == []
    came = [await world.happen(subject="c-2"), await world.happen(subject="c-3", lodged_as="rar")]
    assert await world.pending() == came


async def test_a_repeated_event_makes_one_notice_also_after_it_was_acknowledged(both_world):
    world = both_world
    await world.subscribe()
    event = world.event()
    for _ in range(2):
        await world.sink.deliver(event)
    assert await world.pending() == [event.id]
    await world.poll(acknowledged=(event.id,))
    await world.sink.deliver(event)
    assert await world.pending() == []


@pytest.mark.spec("RFC8936-2.4")
async def test_what_is_acknowledged_or_refused_is_gone_and_the_rest_is_given_again(both_world):
    world = both_world
    await world.subscribe()
    first, second, third = [await world.happen(subject=f"c-{number}") for number in range(3)]
    polled = await world.poll(most=2)
    assert ([notice.id for notice in polled.notices], polled.has_more) == ([first, second], True)
    polled = await world.poll(acknowledged=(first, "unknown"), refused={second: "jwtCrypto: no such key"})
    assert ([notice.id for notice in polled.notices], polled.has_more) == ([third], False)
    rows = {row.id: row for row in await world.kept()}
    assert [rows[each].ended_as for each in (first, second, third)] == ["acknowledged", "refused", None]
    assert rows[second].error == "jwtCrypto: no such key"


async def test_refusing_a_thousand_unknown_ids_is_a_few_statements(world):
    await world.subscribe()
    await world.happen()
    with statements_of(world.room.database) as few:
        await world.poll(refused={"unknown": "jwtCrypto: x"})
    with statements_of(world.room.database) as many:
        await world.poll(refused={f"unknown {number}": "jwtCrypto: x" for number in range(1_000)})
    assert len(many.all) == len(few.all)


async def test_no_client_ends_the_notices_of_another(world):
    await world.subscribe()
    await world.subscribe("borough")
    mine = await world.happen()
    await world.poll("borough", acknowledged=(mine,), refused={mine: "jwtCrypto: x"})
    assert await world.pending() == [mine]
    assert await world.pending("borough") == []


async def test_a_poll_for_none_only_acknowledges(world):
    await world.subscribe()
    first, second = await world.happen(subject="c-1"), await world.happen(subject="c-2")
    polled = await world.poll(most=0, waits=True, acknowledged=(first,))
    assert (polled.notices, polled.has_more) == ((), True)
    assert await world.pending() == [second]


async def begun(world):
    """A long poll waits."""
    while not world.room.waits._waiting:  # noqa: ASYNC110  no event says so, and no time is measured
        await asyncio.sleep(0)


async def test_a_poll_that_waits_is_woken_by_a_notice(world, monkeypatch):
    """And not by a look now and then."""
    monkeypatch.setattr(notices.services, "WAIT_SECONDS_MAX", 1e6)
    monkeypatch.setattr(notices.services, "LOOK_EVERY_SECONDS", 1e6)
    await world.subscribe()
    waiting = asyncio.create_task(world.poll(waits=True))
    await begun(world)
    came = await world.happen()
    assert [notice.id for notice in (await waiting).notices] == [came]
    assert world.room.waits._waiting == {}


async def test_a_poll_that_waits_ends_when_the_server_stops_and_no_other_begins(world, monkeypatch):
    monkeypatch.setattr(notices.services, "WAIT_SECONDS_MAX", 1e6)
    monkeypatch.setattr(notices.services, "LOOK_EVERY_SECONDS", 1e6)
    await world.subscribe()
    waiting = asyncio.create_task(world.poll(waits=True))
    await begun(world)
    assert (await world.poll(waits=True)).notices == (), "a second one of the client is answered at once"
    world.room.waits.close()
    assert (await waiting).notices == ()
    assert (await world.poll(waits=True)).notices == ()


def test_no_more_than_so_many_wait():
    waits = Waits()
    held = [waits.place("main", f"client-{number}") for number in range(WAITS_MAX)]
    assert None not in [each.__enter__() for each in held]
    with waits.place("main", "one more") as place:
        assert place is None
    held[0].__exit__(None, None, None)
    with waits.place("main", "one more") as place:
        assert place is not None


async def test_at_the_bound_the_oldest_notice_goes(world, monkeypatch):
    monkeypatch.setattr(notices.commands.make, "PENDING_PER_CLIENT_MAX", 2)
    assert PENDING_PER_CLIENT_MAX > 2
    await world.subscribe()
    made = []
    for number in range(4):
        made.append(await world.happen(subject=f"c-{number}"))
        world.pass_time(timedelta(seconds=1))
    assert await world.pending() == made[2:]
    assert [row.ended_as for row in await world.kept() if row.ended_at] == ["crowded_out"] * 2


async def test_the_end_of_a_subscription_ends_its_notices(world):
    made = await world.subscribe()
    await world.happen()
    await world.notices.end(BRAND, ACME, made.id, SubscriptionForm.EVENTS)
    await world.subscribe()
    assert await world.pending() == []


async def test_notices_go_when_their_time_has_passed_and_not_before(both_world):
    world = both_world
    await world.subscribe()
    ended = await world.happen(subject="c-1")
    await world.poll(acknowledged=(ended,))
    await world.happen(subject="c-2")
    janitor = Janitor(commands=world.room.commands, clock=world.clock, brand=BRAND)
    left = []
    for passed in (ENDED_KEPT - timedelta(seconds=1), timedelta(seconds=1), PENDING_KEPT - ENDED_KEPT):
        world.pass_time(passed)
        await janitor.run(Held())
        left.append(len(await world.kept()))
    assert left == [2, 1, 0]


class Keys:
    """The bank's."""

    key = generate_key("PS256")

    def signing_key(self, _brand, _algorithm):
        return self.key


def exchange_of(poll):
    service = DIALECT.services[0]
    request = Request("POST", "/", (), CIMultiDictProxy(CIMultiDict()), b"", "", "", "mtls")
    exchange = Exchange(BRAND, DIALECT, service, service.rows[0], request, {}, START, "interaction")
    exchange.caller, exchange.command = CALLER, PollCommand(poll)
    return exchange


async def test_a_notice_that_its_standard_has_no_words_for_any_more_stops_no_poll(both_world):
    """As after a new version of the server that lost a product. It is set aside, and takes no place of others in the next poll."""
    world = both_world
    await world.subscribe()
    lost = [await world.happen(subject=f"c-{number}") for number in range(2)]
    good = await world.happen(subject="c-good")
    change = tables.notices.update().where(tables.notices.c.id.in_(lost)).values(product="gone")
    await world.room.database.write(lambda connection: connection.execute(change))
    polls = PollNotices(world.notices, Keys())
    first = await polls.run(exchange_of(Poll(most=2)))
    second = await polls.run(exchange_of(Poll(most=2)))
    assert ([first.tokens, first.has_more], [each for each, _ in second.tokens]) == ([(), True], [good])
    assert {row.id: row.ended_as for row in await world.kept()} == {**dict.fromkeys(lost, "unrendered"), good: None}
