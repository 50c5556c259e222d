"""kernel/http/fetching.py: where we let ourselves be sent, and how much we take from there."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from kernel.http import fetching
from kernel.http.fetching import SILENT_MAX, SILENT_SECONDS, Fetching, PublicResolver, Unanswered, host_of
from tests.harness.site import Names, Web, serving


@pytest.fixture
async def site():
    async with serving() as made:
        yield made


@asynccontextmanager
async def opened(*hosts: str, names: AbstractResolver | None = None, monotonic=lambda: 0.0):
    async with Fetching.open(hosts, monotonic, schemes=("http", "https"), only=bool(hosts), resolver=names) as made:
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

    async def test_silent_hosts_are_remembered_up_to_a_number(self):
        async with opened(names=Names()) as fetch:
            for number in range(SILENT_MAX + 10):
                with pytest.raises(Unanswered):
                    await fetch._ask("GET", f"http://{number}.example/", 1)
            assert len(fetch._silent) == SILENT_MAX


class TestNotifications:
    async def test_whatever_the_answer_it_is_asked_once_and_not_followed(self, site):
        site.answer = {"status": 301, "headers": {"Location": "/elsewhere"}}
        async with local(site) as fetch:
            assert await fetch.notify(f"http://127.0.0.1:{site.port}/ping", b"{}", {"Authorization": "Bearer t"}) == 301
        assert site.asked == {"/ping": 1}

    async def test_only_https_is_called_unless_http_is_opened_too(self, site):
        async with Fetching.open(["127.0.0.1:*"], lambda: 0.0) as fetch:
            with pytest.raises(Unanswered, match="no plain https address"):
                await fetch.notify(f"http://127.0.0.1:{site.port}/ping", b"", {})
        assert not site.asked
