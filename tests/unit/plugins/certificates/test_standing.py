"""plugins/certificates/standing.py: who is let in when authorities say good, revoked or nothing, and how often they are asked."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from kernel.certificates.trust_lists import TrustLists, Vouches
from kernel.clock import ManualClock
from kernel.errors import CertificateBlocked, CertificateInvalid, CertificateRevoked, CertificateUnchecked, Problem
from kernel.http.outbound.fetcher import Unanswered
from plugins.certificates import SOURCES, standing
from plugins.certificates.standing import FINDINGS_MAX, KEPT, RETRIED_AFTER, Revocation, Rules, Standing
from plugins.certificates.verdicts import Good, Revoked, Verdict
from tests.harness.authorities import DAY, START, Authority, der, stating

ROOT = Authority.root()
ISSUING = ROOT.authority()
LEAF = ROOT.client(extensions=[stating()])
LONG = Good(START + 30 * DAY)


class Says:
    """A source that says the same of everything, until a test changes it."""

    name = "says"

    def __init__(self, verdict: Verdict | type[Exception] | None = LONG) -> None:
        self.verdict = verdict
        self.by_certificate: dict[bytes, Verdict | None] = {}
        self.asked: list[bytes] = []
        self.pause: asyncio.Event | None = None
        self.begun = asyncio.Event()

    async def ask(self, certificate, issuer):
        self.asked.append(der(certificate))
        self.begun.set()
        if self.pause is not None:
            await self.pause.wait()
        if isinstance(self.verdict, type):
            raise self.verdict("no answer")
        return self.by_certificate.get(der(certificate), self.verdict)


class World:
    def __init__(self, *sources: Says, vouches: frozenset[Vouches] = frozenset(Vouches), **rules) -> None:
        self.clock = ManualClock(START)
        self.sources = sources or (Says(),)
        trust = TrustLists([((ROOT.certificate,), vouches)])
        self.standing = Standing(trust, self.sources, Rules(**rules), self.clock)

    @property
    def source(self) -> Says:
        return self.sources[0]

    async def refusal(self, certificate=LEAF) -> type[Problem] | None:
        try:
            await self.standing.check(certificate)
        except Problem as problem:
            return type(problem)
        return None


class TestWhatIsSaid:
    async def test_good_is_let_in_and_revoked_is_not(self):
        assert await World().refusal() is None
        for rule in (Revocation.SOFT, Revocation.HARD):
            assert await World(Says(Revoked(START)), revocation=rule).refusal() is CertificateRevoked

    async def test_off_asks_no_authority(self):
        world = World(Says(Revoked(START)), revocation=Revocation.OFF)
        assert await world.refusal() is None
        assert world.source.asked == []

    async def test_the_first_source_that_knows_is_believed_and_no_other_asked(self):
        world = World(Says(None), Says(LONG), Says(Revoked(START)))
        assert await world.refusal() is None
        assert [len(source.asked) for source in world.sources] == [1, 1, 0]

    async def test_a_source_that_fails_is_followed_by_the_next(self):
        world = World(Says(Unanswered), Says(Revoked(START)))
        assert await world.refusal() is CertificateRevoked
        assert world.standing.unanswered == 1

    @pytest.mark.parametrize("unreadable", [ValueError, TypeError])
    async def test_a_certificate_that_a_library_cannot_read_is_a_question_without_an_answer(self, unreadable):
        assert await World(Says(unreadable), revocation=Revocation.HARD).refusal() is CertificateUnchecked

    async def test_every_link_below_the_anchor_is_asked_about(self):
        leaf = ISSUING.client()
        world = World()
        assert await world.refusal(leaf) is None
        assert world.source.asked == [leaf.der, der(ISSUING.certificate)]
        world = World()
        world.source.by_certificate = {der(ISSUING.certificate): Revoked(START)}
        assert await world.refusal(leaf) is CertificateRevoked

    async def test_an_unknown_link_makes_the_whole_path_unknown(self):
        world = World(Says(None), revocation=Revocation.HARD)
        world.source.by_certificate = {der(ISSUING.certificate): LONG}
        assert await world.refusal(ISSUING.client()) is CertificateInvalid


class TestWhenNobodyTells:
    async def test_soft_lets_in_and_counts(self):
        world = World(Says(Unanswered), revocation=Revocation.SOFT)
        for count in (1, 2):
            assert await world.refusal() is None
            assert world.standing.accepted_unchecked == count

    async def test_hard_refuses_for_now(self):
        world = World(Says(Unanswered), revocation=Revocation.HARD)
        assert await world.refusal() is CertificateUnchecked
        assert world.standing.accepted_unchecked == 0

    async def test_hard_refuses_for_good_a_certificate_that_names_no_authority_to_ask(self):
        assert await World(Says(None), revocation=Revocation.HARD).refusal() is CertificateInvalid

    async def test_no_authority_is_asked_again_before_half_a_minute(self):
        world = World(Says(Unanswered), revocation=Revocation.HARD)
        await world.refusal()
        world.source.verdict = LONG
        assert await world.refusal() is CertificateUnchecked
        assert len(world.source.asked) == 1
        world.clock.advance(RETRIED_AFTER)
        assert await world.refusal() is None

    async def test_good_counts_for_a_while_after_its_next_update(self):
        world = World(Says(Good(START + timedelta(minutes=5))), revocation=Revocation.HARD, stale=timedelta(hours=1))
        assert await world.refusal() is None
        world.source.verdict = Unanswered
        world.clock.advance(timedelta(minutes=64))
        assert await world.refusal() is None
        world.clock.advance(timedelta(minutes=1))
        assert await world.refusal() is CertificateUnchecked

    async def test_without_grace_good_ends_with_its_next_update(self):
        world = World(Says(Good(START + timedelta(minutes=5))), revocation=Revocation.HARD, stale=timedelta())
        assert await world.refusal() is None
        world.source.verdict = Unanswered
        world.clock.advance(timedelta(minutes=5))
        assert await world.refusal() is CertificateUnchecked

    async def test_revoked_stays_revoked_without_a_newer_answer(self):
        world = World(Says(Revoked(START)), revocation=Revocation.SOFT)
        assert await world.refusal() is CertificateRevoked
        world.source.verdict = Unanswered
        for _ in range(3):
            world.clock.advance(9 * DAY)
            assert await world.refusal() is CertificateRevoked
        world.source.verdict = LONG  # released, and said so
        world.clock.advance(KEPT)
        assert await world.refusal() is None

    async def test_a_source_that_never_answers_is_not_waited_for(self, monkeypatch):
        monkeypatch.setattr(standing, "SEARCH_SECONDS_MAX", 0.02)
        world = World(revocation=Revocation.HARD)
        world.source.pause = asyncio.Event()
        assert await world.refusal() is CertificateUnchecked
        assert world.standing.unanswered == 1


class TestHowOftenTheyAreAsked:
    async def test_once_until_the_next_update(self):
        world = World(Says(Good(START + timedelta(minutes=5))))
        for _ in range(3):
            await world.refusal()
        assert len(world.source.asked) == 1
        world.clock.advance(timedelta(minutes=5))
        await world.refusal()
        assert len(world.source.asked) == 2

    async def test_at_least_every_hour(self):
        world = World()
        await world.refusal()
        world.clock.advance(KEPT)
        world.source.verdict = Revoked(START)
        assert await world.refusal() is CertificateRevoked

    async def test_once_however_many_wait(self):
        world = World()
        world.source.pause = asyncio.Event()
        waiting = [asyncio.create_task(world.refusal()) for _ in range(20)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        world.source.pause.set()
        assert await asyncio.gather(*waiting[1:]) == [None] * 19
        assert len(world.source.asked) == 1

    async def test_again_when_a_source_has_news(self):
        world = World()
        await world.refusal()
        world.source.verdict = Revoked(START)
        assert await world.refusal() is None
        world.standing.forget()
        assert await world.refusal() is CertificateRevoked

    async def test_news_during_a_search_are_not_missed(self):
        world = World()
        world.source.pause = asyncio.Event()
        search = asyncio.create_task(world.refusal())
        await world.source.begun.wait()
        world.standing.forget()
        world.source.pause.set()
        await search
        assert len(world.source.asked) == 2

    async def test_forgetting_does_not_release_what_was_revoked(self):
        world = World(Says(Revoked(START)))
        await world.refusal()
        world.source.verdict = Unanswered
        world.standing.forget()
        assert await world.refusal() is CertificateRevoked

    async def test_what_was_found_is_kept_up_to_a_number(self, monkeypatch):
        monkeypatch.setattr(standing, "FINDINGS_MAX", 3)
        assert FINDINGS_MAX > 3
        world = World()
        leaves = [ROOT.client(f"leaf {number}") for number in range(5)]
        for leaf in leaves:
            await world.refusal(leaf)
        await world.refusal(leaves[-1])
        assert len(world.source.asked) == 5
        await world.refusal(leaves[0])
        assert len(world.source.asked) == 6


class TestWhoIsBlockedOrUnknown:
    async def test_a_blocked_certificate_or_organisation_is_refused_against_its_authority(self):
        world = World(blocked_thumbprints=frozenset({LEAF.thumbprint}))
        assert await world.refusal() is CertificateBlocked
        assert world.source.asked == []
        assert await world.refusal(ROOT.client()) is None
        world = World(blocked_organisations=frozenset({"PSDGB-FCA-123456"}), revocation=Revocation.OFF)
        assert await world.refusal() is CertificateBlocked
        assert await world.refusal(ROOT.client(organisation="PSDGB-FCA-654321")) is None
        assert await world.refusal(ROOT.client(organisation=None)) is None

    @pytest.mark.parametrize("rule", list(Revocation))
    async def test_a_stranger_is_refused_without_a_question(self, rule):
        world = World(revocation=rule)
        assert await world.refusal(Authority.root("other").client()) is CertificateInvalid
        assert world.source.asked == []

    async def test_a_chain_that_comes_later_is_looked_at_again(self):
        """A proxy that forwards no chain at first: nothing wrong is remembered."""
        world, whole = World(), ISSUING.client()
        assert await world.refusal(replace(whole, issuers=())) is CertificateInvalid
        assert await world.refusal(whole) is None

    @pytest.mark.spec("ETSI-TS-119-495-5")
    async def test_a_list_of_qwacs_lets_in_nothing_else(self):
        world = World(vouches=frozenset({Vouches.QWAC}))
        assert await world.refusal(LEAF) is None
        assert await world.refusal(ROOT.client()) is CertificateInvalid

    async def test_a_seal_is_no_clients_certificate_nor_the_other_way_round(self):
        world = World(vouches=frozenset({Vouches.QWAC, Vouches.QSEALC}))
        seal = ROOT.client(extensions=[stating("seal")])
        assert await world.refusal(seal) is CertificateInvalid
        await world.standing.check_seal(seal)
        assert await world.refusal(seal) is CertificateInvalid  # what was found out about it as a seal is not mixed up
        with pytest.raises(CertificateInvalid):
            await world.standing.check_seal(LEAF)
        world.source.verdict = Revoked(START)
        world.standing.forget()
        with pytest.raises(CertificateRevoked):
            await world.standing.check_seal(seal)


def test_sources_have_names_of_their_own():
    names = [source.name for source in SOURCES]
    assert len(set(names)) == len(names) == 3
