"""The records that a consent opens: payees, mandates, orders, products, offers, parties and statements; asked in a dialect of the tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from gateway.accounts.pages.listing import LINK_LIFETIME
from gateway.accounts.pages.page_turn import PAGE_SIZE_MAX
from gateway.ports import StatementFilter
from kernel.banking import commands
from kernel.banking.accounts import TransactionStatus
from kernel.banking.consents import Permission
from kernel.banking.records.statements import PDF, StatementFile
from kernel.operations import Operation
from openapi.codec import Rendered, WireRequest
from openapi.dialect import Row
from tests.world.brands import START
from tests.world.gateway.dialect import AC, ROWS, SEE, encode_transactions, plain, serving
from tests.world.gateway.records import MAKERS, PDF_BYTES, furnish, instant, statement
from tests.world.gateway.snapshots import CONSENT, TOKEN, opening, within
from tests.world.gateway.upstream import transaction
from tests.world.gateway.world import GatewayWorld, body_of


def of_account(wire: WireRequest) -> str | None:
    return wire.path.get("AccountId")


def decode_records(wire: WireRequest) -> commands.ReadRecords:
    query = dict(wire.query)
    return commands.ReadRecords(of_account(wire), query.get("page"), int(query.get("size", 0)) or None)


def decode_statements(wire: WireRequest) -> commands.ReadStatements:
    asked = decode_records(wire)
    query = dict(wire.query)
    since, until = (instant(int(query[name])) if name in query else None for name in ("from", "to"))
    return commands.ReadStatements(asked.account_id, since, until, asked.cursor, asked.page_size)


def decode_statement_transactions(wire: WireRequest) -> commands.ReadStatementTransactions:
    asked = decode_records(wire)
    return commands.ReadStatementTransactions(wire.path["AccountId"], wire.path["StatementId"], asked.cursor, asked.page_size)


def encode_page(view: Any, rendering: Any) -> Any:
    return {
        "rows": [f"{row.account_id}/{row.record.id}" for row in view.rows],
        "next": rendering.page(view.next_cursor) if view.next_cursor else None,
        "first": view.first_available,
        "last": view.last_available,
    }


def encode_views(views: Any, rendering: Any) -> Any:
    return [[view.account_id, msgspec.to_builtins(view.record)] for view in views]


def see(path: str, operation: Operation, decode: Any, encode: Any, **facts: Any) -> Row:
    return Row("GET", path, operation, decode, encode, permissions=SEE, conditional=True, **AC, **facts)


OF_ONE = "/accounts/{AccountId}"
ONE_STATEMENT = OF_ONE + "/statements/{StatementId}"
RECORD_ROWS = (
    *(
        see(f"{prefix}/{kind}", Operation(f"{verb}_{kind}"), decode_records, encode_page)
        for kind in MAKERS
        for prefix, verb in (("", "list"), (OF_ONE, "read"))
    ),
    see("/statements", Operation.LIST_STATEMENTS, decode_statements, encode_page),
    see(OF_ONE + "/statements", Operation.READ_STATEMENTS, decode_statements, encode_page),
    see(
        ONE_STATEMENT,
        Operation.READ_STATEMENT,
        lambda wire: commands.ReadStatement(wire.path["AccountId"], wire.path["StatementId"]),
        lambda view, _: [view.account_id, view.record.id],
    ),
    see(
        ONE_STATEMENT + "/file",
        Operation.READ_STATEMENT_FILE,
        lambda wire: commands.ReadStatementFile(wire.path["AccountId"], wire.path["StatementId"], PDF),
        lambda file, _: Rendered(body=file.content, media_type=file.media_type),
        media_types=(PDF,),
    ),
    see(
        ONE_STATEMENT + "/transactions",
        Operation.READ_STATEMENT_TRANSACTIONS,
        decode_statement_transactions,
        encode_transactions,
    ),
    see("/products", Operation.LIST_PRODUCTS, lambda wire: commands.ReadProducts(), encode_views),
    see(OF_ONE + "/product", Operation.READ_PRODUCT, lambda wire: commands.ReadProducts(of_account(wire)), encode_views),
    see("/offers", Operation.LIST_OFFERS, lambda wire: commands.ReadOffers(), encode_views),
    see(OF_ONE + "/offers", Operation.READ_OFFERS, lambda wire: commands.ReadOffers(of_account(wire)), encode_views),
    see(OF_ONE + "/parties", Operation.READ_PARTIES, lambda wire: commands.ReadParties(wire.path["AccountId"]), encode_views),
    see(OF_ONE + "/party", Operation.READ_PARTY, lambda wire: commands.ReadParties(wire.path["AccountId"]), encode_views),
    see("/party", Operation.READ_PSU_PARTY, lambda wire: commands.ReadPsuParty(), plain),
)
BASE = "/book/v1"


@pytest.fixture
def made() -> GatewayWorld:
    made = GatewayWorld(dialects=(serving((*ROWS, *RECORD_ROWS)),))
    furnish(made)
    return made


async def page_of(made: GatewayWorld, path: str, *query: tuple[str, str]) -> Any:
    response = await made.ask(path=BASE + path, query=query)
    assert response.status == 200, response.body
    return body_of(response)


async def walk(made: GatewayWorld, path: str, query: Sequence[tuple[str, str]], key: str = "rows") -> list[list[str]]:
    """All pages, following `next`."""
    pages = []
    while True:
        shown = await page_of(made, path, *query)
        pages.append(shown[key])
        if shown["next"] is None:
            return pages
        query = parse_qsl(urlsplit(shown["next"]).query)


SHOWN = [f"{'a1' if number % 3 == 0 else 'a2'}/r{number}" for number in range(12, 0, -1) if number % 3 != 2]
paged = pytest.mark.parametrize("path", ["/" + kind for kind in MAKERS] + ["/statements"])


@paged
async def test_pages_through_every_record_of_the_consents_accounts_once(made: GatewayWorld, path: str):
    pages = await walk(made, path, [("size", "3")])
    assert [len(page) for page in pages] == [3, 3, 2]
    assert [row for page in pages for row in page] == SHOWN


@paged
async def test_one_account_answers_for_itself(made: GatewayWorld, path: str):
    shown = await page_of(made, f"/accounts/a2{path}")
    assert shown["rows"] == [row for row in SHOWN if row.startswith("a2")]


@paged
async def test_a_record_that_arrives_or_goes_while_pages_turn_shifts_no_other(made: GatewayWorld, path: str):
    first = await page_of(made, path, ("size", "3"))
    records = made.upstream.records[path.removeprefix("/")]
    make = {**MAKERS, "statements": statement}[path.removeprefix("/")]
    records.append(make(13, "up1"))
    records[:] = [row for row in records if row.id != "r12"]
    rest = await walk(made, path, parse_qsl(urlsplit(first["next"]).query))
    assert first["rows"] + [row for page in rest for row in page] == SHOWN


@paged
async def test_a_consent_without_accounts_asks_the_bank_nothing(made: GatewayWorld, path: str):
    made.store(msgspec.structs.replace(CONSENT, access=()))
    assert (await page_of(made, path))["rows"] == []
    assert made.upstream.asked == []


@paged
async def test_a_page_is_never_larger_than_ours(made: GatewayWorld, path: str):
    await page_of(made, path, ("size", "100000"))
    assert made.upstream.asked[0][2].limit == PAGE_SIZE_MAX


@paged
async def test_a_link_opens_only_the_listing_it_was_made_for(made: GatewayWorld, path: str):
    first = await page_of(made, path, ("size", "3"))
    cursor = dict(parse_qsl(urlsplit(first["next"]).query))["page"]
    another = "/beneficiaries" if path != "/beneficiaries" else "/direct_debits"
    for other, query in (
        (another, [("size", "3"), ("page", cursor)]),
        (f"/accounts/a1{path}", [("size", "3"), ("page", cursor)]),
        (path, [("size", "4"), ("page", cursor)]),
        (path, [("size", "3"), ("page", cursor + "A")]),
    ):
        assert await made.code(path=BASE + other, query=query) == "cursor_invalid"


async def test_a_link_expires_with_the_listing_it_belongs_to(made: GatewayWorld):
    made.tokens.known["psu-token"] = msgspec.structs.replace(TOKEN, expires_at=START + timedelta(days=9))
    first = await page_of(made, "/beneficiaries", ("size", "3"))
    made.clock.advance(LINK_LIFETIME)
    query = parse_qsl(urlsplit(first["next"]).query)
    assert await made.code(path=BASE + "/beneficiaries", query=query) == "cursor_invalid"


async def test_a_later_page_is_free_of_the_unattended_count(made: GatewayWorld):
    first = await page_of(made, "/statements", ("size", "3"))
    made.decisions.exceeded = {"unattended"}
    assert (await page_of(made, "/statements", *parse_qsl(urlsplit(first["next"]).query)))["rows"]


class TestProductsOffersAndParties:
    async def test_are_of_the_consents_accounts_alone(self, made: GatewayWorld):
        assert [owner for owner, _ in await page_of(made, "/products")] == ["a1", "a2"]
        assert [(owner, each["id"]) for owner, each in await page_of(made, "/offers")] == [
            ("a1", "o1"), ("a1", "o2"), ("a2", "o1"), ("a2", "o2"),
        ]  # fmt: skip

    async def test_are_of_one_account(self, made: GatewayWorld):
        assert [owner for owner, _ in await page_of(made, "/accounts/a2/product")] == ["a2"]
        assert [owner for owner, _ in await page_of(made, "/accounts/a2/offers")] == ["a2", "a2"]
        assert await made.code(path=f"{BASE}/accounts/a3/product") == "account_not_consented"

    async def test_a_consent_without_accounts_asks_the_bank_nothing(self, made: GatewayWorld):
        made.store(msgspec.structs.replace(CONSENT, access=()))
        assert [await page_of(made, path) for path in ("/products", "/offers")] == [[], []]
        assert made.upstream.asked == []

    async def test_all_holders_or_the_principal_one(self, made: GatewayWorld):
        names = [each["party"]["name"] for _, each in await page_of(made, "/accounts/a1/parties")]
        assert names == ["alice", "bob"]
        assert [each["party"]["name"] for _, each in await page_of(made, "/accounts/a1/party")] == ["alice"]

    async def test_nothing_known_is_said_as_such(self, made: GatewayWorld):
        made.upstream.records.clear()
        for path in ("/accounts/a1/product", "/accounts/a1/offers", "/accounts/a1/parties", "/accounts/a1/party"):
            assert await page_of(made, path) == []

    async def test_the_psu_is_the_one_who_gave_the_consent(self, made: GatewayWorld):
        assert (await page_of(made, "/party"))["party"]["id"] == "party-alice"
        assert made.upstream.asked == [("party_of", "customer-1")]

    @pytest.mark.parametrize("forget", [lambda made: made.customers.known.clear(), lambda made: made.upstream.customers.clear()])
    async def test_a_psu_whom_the_bank_forgot_is_the_banks_failure(self, made: GatewayWorld, forget: Any):
        forget(made)
        assert await made.code(path=BASE + "/party") == "upstream_failed"


class TestStatements:
    """Shown only if wholly inside the consent's window: OBIE R/W 4.0 Statements."""

    def consent_window(self, made: GatewayWorld, since: int, until: int, late: timedelta = timedelta(microseconds=-1)) -> None:
        """Statement n fills the day that ends as n is made."""
        window = within(transactions_from=instant(since - 1), transactions_to=instant(until) + late)
        made.store(msgspec.structs.replace(CONSENT, **window))

    @pytest.mark.parametrize(("late", "newest"), [(-1, ["a1/r9"]), (-2, [])])
    async def test_only_whole_ones_inside_the_consents_window(self, made: GatewayWorld, late: int, newest: list[str]):
        """To the microsecond."""
        self.consent_window(made, 4, 9, timedelta(microseconds=late))
        assert (await page_of(made, "/statements"))["rows"] == [*newest, "a2/r7", "a1/r6", "a2/r4"]

    async def test_what_is_asked_for_is_narrowed_to_what_was_consented(self, made: GatewayWorld):
        self.consent_window(made, 4, 9)
        await page_of(made, "/statements", ("from", "0"), ("to", "7"))
        assert made.upstream.asked[0][2] == StatementFilter(instant(3), instant(7))

    async def test_a_window_outside_the_consent_is_empty_without_asking(self, made: GatewayWorld):
        self.consent_window(made, 4, 9)
        assert (await page_of(made, "/statements", ("from", "11")))["rows"] == []
        assert made.upstream.asked == []

    async def test_the_span_is_that_of_the_banks_records(self, made: GatewayWorld):
        shown = await page_of(made, "/statements")
        assert (shown["first"], shown["last"]) == ("2026-03-23T09:00:00Z", "2026-04-04T08:59:59.999999Z")

    async def test_the_span_is_cut_to_the_consents_window(self, made: GatewayWorld):
        self.consent_window(made, 4, 9)
        shown = await page_of(made, "/statements")
        assert (shown["first"], shown["last"]) == ("2026-03-26T09:00:00Z", "2026-04-01T08:59:59.999999Z")

    async def test_one_has_the_callers_own_account_id(self, made: GatewayWorld):
        assert await page_of(made, "/accounts/a1/statements/r3") == ["a1", "r3"]

    @pytest.mark.parametrize("rest", ["", "/file", "/transactions"])
    @pytest.mark.parametrize("statement_id", ["r4", "r99", "é", "x" * 200])
    async def test_one_of_another_account_or_of_none_is_unknown(self, made: GatewayWorld, rest: str, statement_id: str):
        assert await made.code(path=f"{BASE}/accounts/a1/statements/{statement_id}{rest}") == "statement_unknown"

    @pytest.mark.parametrize("rest", ["", "/file", "/transactions"])
    async def test_one_outside_the_consents_window_is_unknown(self, made: GatewayWorld, rest: str):
        self.consent_window(made, 4, 9)
        assert await made.code(path=f"{BASE}/accounts/a1/statements/r9{rest}") == "allowed"
        assert await made.code(path=f"{BASE}/accounts/a1/statements/r3{rest}") == "statement_unknown"
        assert await made.code(path=f"{BASE}/accounts/a1/statements/r12{rest}") == "statement_unknown"

    async def test_its_file_is_sent_as_it_is(self, made: GatewayWorld):
        response = await made.ask(path=f"{BASE}/accounts/a1/statements/r3/file")
        assert (response.body, response.headers["Content-Type"]) == (PDF_BYTES, PDF)

    async def test_its_file_is_made_once_and_asked_for_only_while_it_stands(self, made: GatewayWorld):
        path = f"{BASE}/accounts/a1/statements/r3/file"
        for _ in range(3):
            assert (await made.ask(path=path)).body == PDF_BYTES
        assert [question[0] for question in made.upstream.asked].count("statement_file") == 1
        made.upstream.records["statements"] = []
        assert await made.code(path=path) == "statement_unknown"

    async def test_one_without_a_file_in_that_form_is_unknown(self, made: GatewayWorld):
        made.upstream.files.clear()
        assert await made.code(path=f"{BASE}/accounts/a1/statements/r3/file") == "statement_unknown"

    async def test_a_file_that_is_none_is_the_banks_failure_and_counted(self, made: GatewayWorld):
        made.upstream.files["up1", "r3"] = StatementFile(PDF, b"<html>")
        assert await made.code(path=f"{BASE}/accounts/a1/statements/r3/file") == "upstream_failed"
        assert made.defects == [("statement_file", "upstream_failed")]

    @pytest.mark.parametrize(
        ("accept", "status"),
        [
            ("application/pdf", 200),
            ("*/*", 200),
            ("application/*;q=0.1", 200),
            ("application/json", 406),
            ("application/pdf;q=0", 406),
        ],
    )
    async def test_a_file_is_sent_only_to_whom_accepts_it(self, made: GatewayWorld, accept: str, status: int):
        path = f"{BASE}/accounts/a1/statements/r3/file"
        assert (await made.ask(path=path, headers={"Accept": accept})).status == status


class TestStatementTransactions:
    PATH = "/accounts/a1/statements/r3/transactions"

    @pytest.fixture
    def made(self, made: GatewayWorld) -> GatewayWorld:
        """Ten entries in the statement's day, and one on either side of it."""
        period = statement(3)
        inside = [transaction(each, booked_at=period.starts_at + timedelta(hours=each)) for each in range(1, 11)]
        early = transaction(20, booked_at=period.starts_at - timedelta(microseconds=1))
        late = transaction(21, booked_at=period.ends_at + timedelta(microseconds=1))
        edge = transaction(11, booked_at=period.ends_at)
        another = transaction(22, "up2", booked_at=period.starts_at)
        made.upstream.rows = [*inside, early, late, edge, another]
        return made

    async def test_are_those_booked_in_its_period(self, made: GatewayWorld):
        pages = await walk(made, self.PATH, [("size", "4")], "ids")
        assert pages == [["t11", "t10", "t9", "t8"], ["t7", "t6", "t5", "t4"], ["t3", "t2", "t1"]]

    async def test_are_booked_ones_alone(self, made: GatewayWorld):
        made.upstream.rows.append(transaction(30, booked_at=statement(3).starts_at, status=TransactionStatus.PENDING))
        assert "t30" not in (await page_of(made, self.PATH))["ids"]

    @pytest.mark.parametrize(("held", "count"), [(Permission.TRANSACTIONS_CREDITS, 0), (Permission.TRANSACTIONS_DEBITS, 11)])
    async def test_have_the_directions_that_are_permitted(self, made: GatewayWorld, held: Permission, count: int):
        made.store(msgspec.structs.replace(CONSENT, **opening(frozenset({*SEE, held}))))
        assert len((await page_of(made, self.PATH))["ids"]) == count

    async def test_a_link_is_of_its_own_statement(self, made: GatewayWorld):
        first = await page_of(made, self.PATH, ("size", "4"))
        query = parse_qsl(urlsplit(first["next"]).query)
        assert await made.code(path=f"{BASE}/accounts/a1/statements/r6/transactions", query=query) == "cursor_invalid"


class TestOperationsOff:
    """An operation that a bank does not offer does not exist."""

    def without(self, made: GatewayWorld, *operations: Operation) -> None:
        made.brand = replace(made.brand, operations_off=frozenset(operations))
        made.decide_with(made.decisions)

    async def test_an_operation_that_is_off_has_no_path(self, made: GatewayWorld):
        self.without(made, Operation.LIST_OFFERS, Operation.READ_STATEMENT)
        assert await made.code(path=BASE + "/offers") == "operation_unknown"
        assert await made.code(path=BASE + "/accounts/a1/offers") == "allowed"
        assert await made.code(path=BASE + "/accounts/a1/statements/r3") == "operation_unknown"
        assert await made.code(path=BASE + "/accounts/a1/statements/r3/file") == "allowed"

    async def test_no_other_brand_is_touched(self, made: GatewayWorld):
        self.without(made, Operation.LIST_OFFERS)
        made.brand = replace(made.brand, operations_off=frozenset())
        made.decide_with(made.decisions)
        assert await made.code(path=BASE + "/offers") == "allowed"
