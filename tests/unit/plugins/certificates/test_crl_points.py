"""plugins/certificates/crl_points.py, ocsp.py: asking where certificates point to, once for everyone who waits."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from cryptography import x509

from kernel.clock import ManualClock
from kernel.http.outbound.fetcher import Unanswered
from kernel.ids import SeededIds
from kernel.in_flight import InFlight
from plugins.certificates.crl_points import KEPT, LISTS_MAX, CrlPoints
from plugins.certificates.ocsp import MEDIA_TYPE, OcspResponders
from plugins.certificates.verdicts import Good, Revoked
from tests.harness.authorities import DAY, START, Answers, Authority, answered_at, der, pointing_at
from tests.harness.site import local, served

ROOT = Authority.root()


@pytest.fixture
async def site():
    async with served() as made:
        yield made


class TestRevocationListsByAddress:
    @pytest.fixture
    def leaf(self, site):
        return ROOT.issue(extensions=[pointing_at(f"http://127.0.0.1:{site.port}/list.crl")])

    async def test_one_fetch_serves_everyone_until_the_next_update(self, site, leaf):
        clock = ManualClock(START)
        site.answer = {"body": der(ROOT.crl(ends=START + timedelta(minutes=10)))}
        async with local(site) as fetch:
            points = CrlPoints(fetch, clock)
            verdicts = await asyncio.gather(*(points.ask(leaf, ROOT.certificate) for _ in range(5)))
            assert set(verdicts) == {Good(START + timedelta(minutes=10))}
            assert site.asked == {"/list.crl": 1}
            clock.advance(timedelta(minutes=10))
            site.answer = {"body": der(ROOT.crl([leaf]))}
            assert isinstance(await points.ask(leaf, ROOT.certificate), Revoked)
        assert site.asked == {"/list.crl": 2}

    async def test_an_hour_is_the_longest_that_a_list_is_kept(self, site, leaf):
        clock = ManualClock(START)
        site.answer = {"body": der(ROOT.crl(ends=START + 30 * DAY))}
        async with local(site) as fetch:
            points = CrlPoints(fetch, clock)
            await points.ask(leaf, ROOT.certificate)
            clock.advance(KEPT - timedelta(seconds=1))
            await points.ask(leaf, ROOT.certificate)
            assert site.asked == {"/list.crl": 1}
            clock.advance(timedelta(seconds=1))
            await points.ask(leaf, ROOT.certificate)
        assert site.asked == {"/list.crl": 2}

    @pytest.mark.spec("RFC5280-4.2.1.13")
    async def test_the_second_address_is_asked_when_the_first_fails(self, site):
        urls = ["http://127.0.0.1:1/list", f"http://127.0.0.1:{site.port}/second"]
        both = [x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None) for url in urls]
        leaf = ROOT.issue(extensions=[(x509.CRLDistributionPoints(both), False)])
        site.answer = {"body": der(ROOT.crl([leaf]))}
        async with local(site) as fetch:
            assert isinstance(await CrlPoints(fetch, ManualClock(START)).ask(leaf, ROOT.certificate), Revoked)

    async def test_nothing_is_said_without_an_address_and_doubt_with_a_dead_one(self, site, leaf):
        site.answer = {"body": b"garbage"}
        async with local(site) as fetch:
            points = CrlPoints(fetch, ManualClock(START))
            assert await points.ask(ROOT.issue(), ROOT.certificate) is None
            with pytest.raises(Unanswered):
                await points.ask(leaf, ROOT.certificate)

    async def test_lists_are_kept_up_to_a_number(self, site):
        site.answer = {"body": der(ROOT.crl())}
        async with local(site) as fetch:
            points = CrlPoints(fetch, ManualClock(START))
            for number in range(LISTS_MAX + 3):
                leaf = ROOT.issue(extensions=[pointing_at(f"http://127.0.0.1:{site.port}/{number}")])
                await points.ask(leaf, ROOT.certificate)
            assert len(points._copies) == LISTS_MAX


class TestResponders:
    async def test_a_responder_is_asked_by_post_and_believed_by_its_signature(self, site):
        leaf = ROOT.issue(extensions=[answered_at(f"http://127.0.0.1:{site.port}/ocsp")])
        site.answer = {"body": Answers(leaf, ROOT).render()}
        async with local(site) as fetch:
            responders = OcspResponders(fetch, ManualClock(START), SeededIds("nonce"))
            assert isinstance(await responders.ask(leaf, ROOT.certificate), Good)
            ((method, body, media_type),) = site.requests
            assert (method, media_type) == ("POST", MEDIA_TYPE)
            assert body
            site.answer = {"body": Answers(ROOT.issue(), ROOT).render()}
            with pytest.raises(Unanswered):
                await responders.ask(leaf, ROOT.certificate)
            assert await responders.ask(ROOT.issue(), ROOT.certificate) is None


class TestInFlight:
    async def test_who_goes_away_takes_nothing_from_the_others(self):
        flight, begun, go_on = InFlight[str](), asyncio.Event(), asyncio.Event()

        async def ask() -> str:
            begun.set()
            await go_on.wait()
            return "answer"

        first, second = (asyncio.create_task(flight.run("key", ask)) for _ in range(2))
        await begun.wait()
        first.cancel()
        go_on.set()
        assert await second == "answer"

    async def test_a_failure_reaches_all_callers_and_the_next_asks_again(self):
        flight, asked = InFlight[str](), Counter[str]()

        async def ask() -> str:
            asked["times"] += 1
            raise Unanswered("no answer")

        outcomes = await asyncio.gather(*(flight.run("key", ask) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(outcome, Unanswered) for outcome in outcomes)
        assert asked["times"] == 1
        with pytest.raises(Unanswered):
            await flight.run("key", ask)
        assert asked["times"] == 2
