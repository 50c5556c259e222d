"""kernel/http/outbound/fetcher.py: where we let ourselves be sent, and how much we take from there."""

import asyncio
import socket
import threading
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiohttp import web

from kernel.http.outbound import fetcher
from kernel.http.outbound.fetcher import SILENT_MAX, SILENT_SECONDS, Fetcher, PublicResolver, Unanswered, host_of
from kernel.http.outbound.name_lookups import ThreadedNames
from tests.harness.site import Names, local, served

HTTP = ("http",)


@pytest.fixture
async def site():
    async with served() as made:
        yield made


@asynccontextmanager
async def opened(*hosts: str, names: Names | None = None, only: bool = False):
    async with Fetcher.open(hosts, lambda: 0.0, only=only, resolver=names) as made:
        yield made


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
            "http://authority.example/" + "a" * 2048,
        ],
    )
    async def test_only_usual_addresses_are_asked(self, url):
        names = Names()
        async with opened(names=names) as fetch:
            with pytest.raises(Unanswered):
                await fetch.get(url, 100, schemes=HTTP)
        assert names.asked == []

    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1", "::",
            "fe80::1", "fd00::1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        ],
    )  # fmt: skip
    @pytest.mark.spec("RFC7591-5")
    async def test_a_name_that_leads_inside_is_not_followed(self, address, site):
        async with opened(names=Names(authority_example=address)) as fetch:
            with pytest.raises(Unanswered):
                await fetch.get("http://authority.example/list", 100, schemes=HTTP)
        assert not site.asked

    @pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:8.8.8.8"])
    async def test_a_name_that_leads_to_the_internet_is_followed_there(self, address):
        guarded = PublicResolver(Names(authority_example=address), ())
        assert [found["host"] for found in await guarded.resolve("authority.example", 80)] == [address]

    async def test_listed_hosts_may_lead_anywhere_and_no_other_may_be_asked(self, site):
        names = Names(mirror_bank="127.0.0.1", authority_example="127.0.0.1")
        async with opened(f"Mirror.bank:{site.port}", names=names, only=True) as fetch:
            assert await fetch.get(f"http://mirror.bank:{site.port}/list", 100, schemes=HTTP) == b"here"
            for url in ("http://authority.example/list", "http://mirror.bank/list", f"http://127.0.0.1:{site.port}/list"):
                with pytest.raises(Unanswered, match="not among the configured hosts"):
                    await fetch.get(url, 100, schemes=HTTP)

    async def test_listed_hosts_join_public_ones_and_have_any_port_if_none_is_named(self, site):
        names = Names(mirror_bank="127.0.0.1", inner_bank="127.0.0.1")
        async with opened("mirror.bank", names=names) as fetch:
            assert await fetch.get(f"http://mirror.bank:{site.port}/list", 100, schemes=HTTP) == b"here"
            with pytest.raises(Unanswered):
                await fetch.get(f"http://inner.bank:{site.port}/list", 100, schemes=HTTP)
            with pytest.raises(Unanswered):
                await fetch.get("http://inner.bank/list", 100, schemes=HTTP)
        assert names.asked == ["mirror.bank", "inner.bank"]

    async def test_plain_http_is_asked_only_where_the_caller_allows_it(self, site):
        async with local(site) as fetch:
            with pytest.raises(Unanswered, match="no plain https address"):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100)
            with pytest.raises(Unanswered, match="no plain https address"):
                await fetch.post(f"http://127.0.0.1:{site.port}/list", b"", {}, 100)
        assert not site.asked

    @pytest.mark.parametrize("spelling", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "LOCALHOST."])
    async def test_the_machine_itself_is_not_asked_however_it_is_spelt(self, spelling, site):
        """By the resolver of the machine: what it makes of these is judged, not what they look like."""
        async with opened() as fetch:
            with pytest.raises(Unanswered):
                await fetch.get(f"http://{spelling}/list", 100, schemes=HTTP)
        assert not site.asked

    async def test_a_listed_address_may_be_of_the_newer_kind(self):
        async with opened("[::1]:1") as fetch:
            with pytest.raises(Unanswered, match="ClientConnector"):
                await fetch.get("http://[::1]:1/list", 100, schemes=HTTP)

    @pytest.mark.parametrize("entry", ["", "host/path", "user@host", "host:port", "host?x", "http://host"])
    def test_entries_of_the_list_are_hosts(self, entry):
        with pytest.raises(ValueError, match=r".*"):
            host_of(entry)

    async def test_a_redirect_is_no_answer(self, site):
        site.answer = {"status": 302, "headers": {"Location": "/another"}}
        async with local(site) as fetch:
            with pytest.raises(Unanswered):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100, schemes=HTTP)
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
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100, schemes=HTTP)

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
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 8192, schemes=HTTP)

    async def test_what_does_not_come_is_not_waited_for(self, site, monkeypatch):
        forever = asyncio.Event()

        async def silent(request):
            await forever.wait()

        site.stream = silent
        monkeypatch.setattr(fetcher, "SECONDS_MAX", 0.05)
        async with local(site) as fetch:
            with pytest.raises(Unanswered, match="Timeout"):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100, schemes=HTTP)
            with pytest.raises(Unanswered, match="a moment ago"):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100, schemes=HTTP)
        forever.set()
        assert site.asked["/list"] == 1

    async def test_a_silent_host_is_asked_again_after_a_while(self, site):
        seconds = [0.0]

        async def breaking_off(request):
            request.transport.close()

        site.stream = breaking_off
        async with local(site, lambda: seconds[0]) as fetch:
            with pytest.raises(Unanswered):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100, schemes=HTTP)
            site.stream = None
            seconds[0] = SILENT_SECONDS - 1
            with pytest.raises(Unanswered, match="a moment ago"):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100, schemes=HTTP)
            seconds[0] = SILENT_SECONDS
            assert await fetch.get(f"http://127.0.0.1:{site.port}/list", 100, schemes=HTTP) == b"here"

    async def test_a_host_that_lacks_one_thing_is_asked_for_another(self, site):
        site.answer = {"status": 404}
        async with local(site) as fetch:
            with pytest.raises(Unanswered, match="404"):
                await fetch.get(f"http://127.0.0.1:{site.port}/list", 100, schemes=HTTP)
            site.answer = {"body": b"here"}
            assert await fetch.get(f"http://127.0.0.1:{site.port}/other", 100, schemes=HTTP) == b"here"

    async def test_silent_hosts_are_remembered_up_to_a_number(self):
        async with opened(names=Names()) as fetch:
            for number in range(SILENT_MAX + 10):
                with pytest.raises(Unanswered):
                    await fetch.get(f"http://{number}.example/", 1, schemes=HTTP)
            assert len(fetch._silent) == SILENT_MAX


class TestWhoWaitsForWhom:
    """A host that stays silent is the trouble of the organisation that named it."""

    async def test_silent_hosts_of_one_owner_do_not_hold_up_the_others(self, site):
        silent, forever = asyncio.Event(), asyncio.Event()

        async def answer(request):
            if request.path == "/keys":
                return web.Response(body=b"keys")
            silent.set()
            await forever.wait()
            return web.Response()

        site.stream = answer
        hosts = [f"{number}.example" for number in range(40)]
        names = Names(**{host.replace(".", "_"): "127.0.0.1" for host in (*hosts, "honest.example")})
        async with opened(*hosts, "honest.example", names=names) as fetch:
            hostile = [
                asyncio.create_task(fetch.get(f"http://{host}:{site.port}/", 100, schemes=HTTP, owner="hostile"))
                for host in hosts
            ]
            await silent.wait()
            for owner in ("honest", ""):
                url = f"http://honest.example:{site.port}/keys"
                assert await fetch.get(url, 100, schemes=HTTP, owner=owner) == b"keys"
            assert len(set(names.asked) - {"honest.example"}) <= fetcher.OWNER_MAX
            for task in hostile:
                task.cancel()
            await asyncio.gather(*hostile, return_exceptions=True)
            forever.set()

    async def test_a_host_is_left_alone_by_its_owner_only(self, site):
        """Otherwise a path that breaks off, named by one client, would take another's keys away."""

        async def answer(request):
            if request.path == "/keys":
                return web.Response(body=b"keys")
            request.transport.close()
            return web.Response()

        site.stream = answer
        url = f"http://127.0.0.1:{site.port}"
        async with local(site) as fetch:
            with pytest.raises(Unanswered):
                await fetch.get(f"{url}/broken", 100, schemes=HTTP, owner="hostile")
            with pytest.raises(Unanswered, match="a moment ago"):
                await fetch.get(f"{url}/keys", 100, schemes=HTTP, owner="hostile")
            assert await fetch.get(f"{url}/keys", 100, schemes=HTTP, owner="honest") == b"keys"

    async def test_a_question_without_a_turn_says_nothing_about_the_host(self, site, monkeypatch):
        monkeypatch.setattr(fetcher, "QUESTIONS", replace(fetcher.QUESTIONS, wait_seconds=0))
        async with local(site) as fetch:
            url = f"http://127.0.0.1:{site.port}/keys"
            held = [await fetch._turns.take(("host", "another.example"), ("owner", "honest")) for _ in range(fetcher.OWNER_MAX)]
            with pytest.raises(Unanswered, match="no turn"):
                await fetch.get(url, 100, schemes=HTTP, owner="honest")
            for turn in held:
                turn.release()
            assert await fetch.get(url, 100, schemes=HTTP, owner="honest") == b"here"

    async def test_a_name_server_that_stays_silent_keeps_the_turn_of_its_owner(self, site):
        """Its thread cannot be stopped, so that giving up must not make room for another."""
        begun, answered = threading.Event(), threading.Event()

        def lookup(host, *_, **__):
            begun.set()
            answered.wait()
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

        names = ThreadedNames(lookup)
        async with opened("slow.example", names=names) as fetch:
            url = f"http://slow.example:{site.port}/keys"
            asked = [asyncio.create_task(fetch.get(url, 100, schemes=HTTP, owner="hostile")) for _ in range(fetcher.OWNER_MAX)]
            await asyncio.to_thread(begun.wait)
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
            assert fetch._turns._taken["owner", "hostile"] == fetcher.OWNER_MAX
            looking = names.pending("slow.example")
            answered.set()
            await looking
            await asyncio.sleep(0)
            assert not fetch._turns._taken
            assert await fetch.get(url, 100, schemes=HTTP, owner="hostile") == b"here"

    async def test_one_thread_looks_a_name_up_for_everyone_who_asks(self):
        asked: list[str] = []

        def lookup(host, *_, **__):
            asked.append(host)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 0))]

        names = ThreadedNames(lookup)
        found = await asyncio.gather(*(names.resolve(name, 443) for name in ("keys.example", "KEYS.example", "keys.example")))
        assert {(each["host"], each["port"]) for results in found for each in results} == {("93.184.216.34", 443)}
        assert len(asked) == 1
        await names.close()
