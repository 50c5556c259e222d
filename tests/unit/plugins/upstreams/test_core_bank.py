"""plugins/upstreams/core_bank.py over a real HTTP server: every operation, large questions, and what travels with a question."""

import asyncio
from dataclasses import replace

import pytest
from aiohttp import web

from gateway.ports import Page, RecordPosition, StatementFilter, TransactionFilter
from gateway.upstream_guard.guarded_accounts import GuardedAccounts, position_of
from kernel.banking.records.statements import PDF
from kernel.clock import monotonic
from kernel.errors import UpstreamFailed
from kernel.observability import trace
from kernel.observability.interaction import interaction_id
from openapi.core_bank.v1.operations import ROWS
from openapi.core_bank.v1.questions import ACCOUNT_IDS_MAX
from plugins.upstreams.circuit import Circuit
from plugins.upstreams.core_bank import CoreBank
from tests.harness.paper_bank import BRAND, CUSTOMER, TOKEN, PaperBank, over_http, served

ALL = ("c", "unknown", "a", "b")
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
async def pair():
    """A bank, and the same over HTTP behind the gateway's guard."""
    bank = PaperBank()
    async with over_http(bank) as client:
        yield bank, GuardedAccounts(client)


@pytest.mark.parametrize("name", ["accounts", "balances", "products", "offers", "parties"])
async def test_returns_what_the_bank_returns(pair, name):
    bank, client = pair
    shown = await getattr(client, name)(BRAND, ALL)
    assert shown == await getattr(bank, name)(BRAND, ALL)
    assert shown


@pytest.mark.parametrize("name", ["beneficiaries", "direct_debits", "standing_orders", "scheduled_payments"])
@pytest.mark.parametrize("limit", [1, 4, 100])
async def test_turns_the_pages_of_records(pair, name, limit):
    bank, client = pair
    rows, where = [], Page(limit=limit)
    while True:
        page = await getattr(client, name)(BRAND, ALL, where)
        assert page == await getattr(bank, name)(BRAND, ALL, where)
        rows += page.rows
        if not page.more:
            break
        where = Page(RecordPosition(rows[-1].created_at, rows[-1].account_id, rows[-1].id), limit)
    assert len({row.id for row in rows}) == len(rows) == 15


async def test_turns_the_pages_of_transactions_and_statements(pair):
    bank, client = pair
    where = TransactionFilter(limit=4)
    page = await client.transactions(BRAND, ALL, where)
    assert page == await bank.transactions(BRAND, ALL, where)
    where = replace(where, as_of=page.as_of, after=position_of(page.transactions[-1]), debits=False)
    assert await client.transactions(BRAND, ALL, where) == await bank.transactions(BRAND, ALL, where)
    statements = await client.statements(BRAND, ALL, StatementFilter(limit=4))
    assert statements == await bank.statements(BRAND, ALL, StatementFilter(limit=4))
    last = statements.rows[-1]
    later = StatementFilter(last.starts_at, last.ends_at, RecordPosition(last.created_at, last.account_id, last.id), 4)
    assert await client.statements(BRAND, ALL, later) == await bank.statements(BRAND, ALL, later)


async def test_gives_one_statement_and_its_file_to_its_own_account(pair):
    _, client = pair
    [one, *_] = (await client.statements(BRAND, ("a",), StatementFilter())).rows
    assert await client.statement(BRAND, "a", one.id) == one
    file = await client.statement_file(BRAND, "a", one.id, PDF)
    assert (file.media_type, file.content) == (PDF, f"%PDF-1.7 {one.id}".encode())
    for account, statement in (("b", one.id), ("a", "unknown"), ("unknown", one.id)):
        assert await client.statement(BRAND, account, statement) is None
        assert await client.statement_file(BRAND, account, statement, PDF) is None
    assert await client.statement_file(BRAND, "a", one.id, "text/html") is None


async def test_knows_customers_and_their_accounts():
    async with over_http(PaperBank()) as client:
        assert [account.id for account in await client.accounts_of(BRAND, CUSTOMER)] == ["a", "b", "c"]
        assert await client.accounts_of(BRAND, "stranger") == ()
        assert (await client.party_of(BRAND, CUSTOMER)).name == "Ms Ann Other"
        assert await client.party_of(BRAND, "stranger") is None
        assert (await client.health()).specimens == {"main": (CUSTOMER,)}


async def test_asks_about_more_accounts_than_a_url_bears_in_parts_that_are_one_listing():
    ids = tuple(f"account-{number:04}" for number in range(2 * ACCOUNT_IDS_MAX + 7))
    bank = PaperBank(account_ids=ids, rows=2)
    async with over_http(bank) as upstream:
        client = GuardedAccounts(upstream)
        assert [each.id for each in await client.accounts(BRAND, ids)] == list(ids)
        where = TransactionFilter(limit=150)
        rows = []
        while True:
            page = await client.transactions(BRAND, ids, where)
            assert page == await bank.transactions(BRAND, ids, where)
            rows += page.transactions
            if not page.more:
                break
            where = replace(where, as_of=page.as_of, after=position_of(rows[-1]))
        assert len({(row.account_id, row.id) for row in rows}) == len(rows) == 2 * len(ids)
        assert await client.beneficiaries(BRAND, ids, Page()) == await bank.beneficiaries(BRAND, ids, Page())
        assert await client.statements(BRAND, ids, StatementFilter()) == await bank.statements(BRAND, ids, StatementFilter())


async def test_nothing_is_asked_when_there_is_nothing_to_ask_about():
    async with CoreBank.open("http://127.0.0.1:9/", circuit=Circuit(monotonic)) as client:
        assert await client.accounts(BRAND, ()) == ()
        assert (await client.beneficiaries(BRAND, (), Page())).rows == ()
        assert (await client.statements(BRAND, (), StatementFilter())).rows == ()


async def test_a_bank_that_does_not_know_us_or_the_brand_is_a_failure_not_an_absence():
    async with served(PaperBank()) as url:
        async with CoreBank.open(url, circuit=Circuit(monotonic), token="another") as stranger:
            with pytest.raises(UpstreamFailed, match="401"):
                await stranger.accounts(BRAND, ("a",))
        async with CoreBank.open(url, circuit=Circuit(monotonic), token=TOKEN) as client:
            with pytest.raises(UpstreamFailed, match="404"):
                await client.party_of(replace(BRAND, name="other"), CUSTOMER)


async def test_every_question_carries_who_asks_for_how_long_and_no_cookie(aiohttp_server):
    seen = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request)
        response = web.json_response({"accounts": []})
        response.set_cookie("session", "sticky")
        return response

    application = web.Application()
    application.router.add_get("/{path:.*}", answer)
    server = await aiohttp_server(application)
    interaction = interaction_id.set("6f1b1a0e-0000-4000-8000-000000000000")
    parent = trace.traceparent.set(PARENT)
    try:
        async with CoreBank.open(
            str(server.make_url("/bank/")), circuit=Circuit(monotonic), token=TOKEN, seconds_max=1.5
        ) as client:
            await client.accounts(replace(BRAND, name="m/n"), ("a b", "c&d"))
            await client.accounts(BRAND, ("a",))
    finally:
        interaction_id.reset(interaction)
        trace.traceparent.reset(parent)
    first, second = seen
    assert first.raw_path == "/bank/brands/m%2Fn/accounts?account_id=a%20b&account_id=c%26d"
    assert first.headers["Authorization"] == f"Bearer {TOKEN}"
    assert first.headers["Deadline-Ms"] == "1500"
    assert first.headers["Interaction-Id"] == "6f1b1a0e-0000-4000-8000-000000000000"
    assert first.headers["traceparent"] == PARENT
    assert first.headers["Accept-Encoding"] == "identity"
    assert "Cookie" not in second.headers
    assert first.transport is second.transport  # one connection, kept


async def test_the_bank_stops_working_at_the_deadline_that_it_received():
    ended = asyncio.Event()

    class Slow(PaperBank):
        async def accounts(self, brand, account_ids):
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

    async with served(Slow()) as url:
        import aiohttp

        async with (
            aiohttp.ClientSession() as session,
            session.get(
                f"{url}/brands/main/accounts?account_id=a", headers={"Authorization": f"Bearer {TOKEN}", "Deadline-Ms": "50"}
            ) as response,
        ):
            assert (response.status, await response.json()) == (504, {"code": "timed_out"})
    assert ended.is_set()


def test_every_operation_of_the_contract_has_its_method():
    assert all(hasattr(CoreBank, row.name) for row in ROWS)
