"""plugins/certificates/fetching.py, crl_points.py, in_flight.py: where we let ourselves be sent, and how much we take from there."""

import asyncio
import socket
from collections import Counter
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from aiohttp.test_utils import TestServer
from cryptography import x509

from kernel.clock import ManualClock
from kernel.ids import SeededIds
from plugins.certificates import fetching
from plugins.certificates.crl_points import KEPT, LISTS_MAX, CrlPoints
from plugins.certificates.fetching import SILENT_MAX, SILENT_SECONDS, Fetching, PublicResolver, host_of
from plugins.certificates.in_flight import InFlight
from plugins.certificates.ocsp import MEDIA_TYPE, OcspResponders
from plugins.certificates.verdicts import Good, Revoked, Unanswered
from tests.harness.authorities import DAY, START, Answers, Authority, answered_at, der, pointing_at

ROOT = Authority.root()


class Names(AbstractResolver):
    """Where names lead, as the test says; who asked is remembered."""

    def __init__(self, **addresses: str) -> None:
        self.addresses = {name.replace("_", "."): address for name, address in addresses.items()}
        self.asked: list[str] = []

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked.append(host)
        if host not in self.addresses:
            raise OSError("no such name")
        address = self.addresses[host]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [{"hostname": host, "host": address, "port": port, "family": kind, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        pass


class Web:
    """A web server that answers as the test says and counts."""

    def __init__(self) -> None:
        self.answer: dict = {"body": b"here"}  # of web.Response
        self.stream = None
        self.asked = Counter()
        self.requests: list[tuple[str, bytes, str]] = []
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked[request.path] += 1
        self.requests.append((request.method, await request.read(), request.headers.get("Content-Type", "")))
        return web.Response(**self.answer) if self.stream is None else await self.stream(request)


@pytest.fixture
async def site():
    made = Web()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    async with TestServer(app, host="127.0.0.1") as server:
        made.port = server.port or 0
        yield made


@asynccontextmanager
async def opened(*hosts: str, names: AbstractResolver | None = None, monotonic=lambda: 0.0):
    async with Fetching.open(hosts, monotonic, names) as made:
        yield made


def local(site: Web):
    return opened(f"127.0.0.1:{site.port}")


class TestWhereWeAreSent:
    @pytest.mark.parametrize(
        "url",
        [
            "ftp://authority.example/list",
            "file:///etc/passwd",
            "ldap://authority.example/cn=x",
            "//authority.example/list",
            "http://",
            "http:///list",
            "http://user@authority.example/list",
            "http://authority.example:22/list",
            "http://authority.example:https/list",
            "http://127.0.0.1/list",
            "http://[::1]/list",
            "http://169.254.169.254/latest/meta-data",
            "http://[::ffff:127.0.0.1]/list",
            "http://authority.example\\@127.0.0.1/list",
            "http://authority.example@127.0.0.1/list",
            "http://:secret@authority.example/list",
            "http://authority.example:99999/list",
            "http://8.8.8.8/list",  # even a public one: no authority publishes at a bare address
            "http://authority.example/" + "a" * 1024,
        ],
    )
    async def test_only_usual_addresses_are_asked(self, url):
        names = Names()
        async with opened(names=names) as fetch:
            with pytest.raises(Unanswered):
                await fetch.get(url, 100)
        assert names.asked == []

    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "::",
            "fe80::1", "fd00::1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        ],
    )  # fmt: skip
    async def test_a_name_that_leads_inside_is_not_followed(self, address, site):
        async with opened(names=Names(authority_example=address)) as fetch:
            with pytest.raises(Unanswered):
                await fetch.get("http://authority.example/list", 100)
        assert not site.asked

    @pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
    async def test_a_name_that_leads_to_the_internet_is_followed_there(self, address):
        guarded = PublicResolver(Names(authority_example=address), ())
        assert [found["host"] for found in await guarded.resolve("authority.example", 80)] == [address]

    async def test_listed_hosts_may_lead_anywhere_and_no_other_may_be_asked(self, site):
        names = Names(mirror_bank="127.0.0.1", authority_example="127.0.0.1")
        async with opened(f"Mirror.bank:{site.port}", names=names) as fetch:
            assert await fetch.get(f"http://mirror.bank:{site.port}/list", 100) == b"here"
            for url in ("http://authority.example/list", "http://mirror.bank/list", f"http://127.0.0.1:{site.port}/list"):
                with pytest.raises(Unanswered, match="not among the configured hosts"):
                    await fetch.get(url, 100)

    @pytest.mark.parametrize("spelling", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "LOCALHOST."])
    async def test_the_machine_itself_is_not_asked_however_it_is_spelt(self, spelling, site):
        """By the resolver of the machine: what it makes of these is judged, not what they look like."""
        async with opened() as fetch:
            with pytest.raises(Unanswered):
                await fetch.get(f"http://{spelling}/list", 100)
        assert not site.asked

    async def test_a_listed_address_may_be_of_the_newer_kind(self):
        async with opened("[::1]:1") as fetch:
            with pytest.raises(Unanswered, match="ClientConnector"):
                await fetch.get("http://[::1]:1/list", 100)

    @pytest.mark.parametrize("entry", ["", "host/path", "user@host", "host:port", "host?x", "http://host"])
    def test_entries_of_the_list_are_hosts(self, entry):
        with pytest.raises(ValueError, match=r".*"):
            host_of(entry)

    async def test_a_redirect_is_no_answer(self, site):
        site.answer = {"status": 302, "headers": {"Location": "/elsewhere"}}
        async with local(site) as fetch:
            with pytest.raises(Unanswered):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100)
        assert site.asked == {"/list": 1}


class TestHowMuchWeTake:
    @pytest.mark.parametrize(
        "answer",
        [
            {"status": 404},
            {"body": b"a" * 101},
            {"body": b"a", "headers": {"Content-Encoding": "gzip"}},
        ],
        ids=["absent", "too large", "packed"],
    )
    async def test_what_is_too_large_or_packed_is_not_taken(self, site, answer):
        site.answer = answer
        async with local(site) as fetch:
            with pytest.raises(Unanswered):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100)

    async def test_what_does_not_say_how_large_it_is_is_cut_off(self, site):
        async def endless(request):
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(1000):
                await response.write(b"a" * 4096)
            return response

        site.stream = endless
        async with local(site) as fetch:
            with pytest.raises(Unanswered):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 8192)

    async def test_what_does_not_come_is_not_waited_for(self, site, monkeypatch):
        forever = asyncio.Event()

        async def silent(request):
            await forever.wait()

        site.stream = silent
        monkeypatch.setattr(fetching, "SECONDS_MAX", 0.05)
        async with local(site) as fetch:
            with pytest.raises(Unanswered, match="Timeout"):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100)
            with pytest.raises(Unanswered, match="a moment ago"):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100)
        forever.set()
        assert site.asked["/list"] == 1

    async def test_a_silent_host_is_asked_again_after_a_while(self, site):
        seconds = [0.0]
        site.answer = {"status": 500}
        async with opened(f"127.0.0.1:{site.port}", monotonic=lambda: seconds[0]) as fetch:
            for _ in range(2):
                with pytest.raises(Unanswered):
                    await fetch.get(f"http://127.0.0.1:{site.port}/list", 100)
            site.answer = {"body": b"here"}
            seconds[0] = SILENT_SECONDS
            assert await fetch.get(f"http://127.0.0.1:{site.port}/list", 100) == b"here"

    async def test_a_host_that_lacks_one_thing_is_asked_for_another(self, site):
        site.answer = {"status": 404}
        async with local(site) as fetch:
            with pytest.raises(Unanswered, match="404"):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100)
            site.answer = {"body": b"here"}
            assert await fetch.get(f"http://127.0.0.1:{site.port}/other", 100) == b"here"

    async def test_silent_hosts_are_remembered_up_to_a_number(self):
        async with opened(names=Names()) as fetch:
            for number in range(SILENT_MAX + 10):
                with pytest.raises(Unanswered):
                    await fetch._ask("GET", f"http://{number}.example/", 1)
            assert len(fetch._silent) == SILENT_MAX


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

    async def test_a_failure_is_everyones_and_the_next_asks_anew(self):
        flight, asked = InFlight[str](), Counter[str]()

        async def ask() -> str:
            asked["times"] += 1
            raise Unanswered("nobody there")

        outcomes = await asyncio.gather(*(flight.run("key", ask) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(outcome, Unanswered) for outcome in outcomes)
        assert asked["times"] == 1
        with pytest.raises(Unanswered):
            await flight.run("key", ask)
        assert asked["times"] == 2
