"""Conformance checks of a core bank: each asks it a question and names the fault, in words that its engineers can act on.

Answers pass the same client and the same guard as in production, so an answer that is refused here would be refused there.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from gateway.ports import Page, RecordPosition, StatementFilter, TransactionFilter
from gateway.upstream_guard.guarded_accounts import position_of
from kernel.banking.accounts import Transaction
from kernel.banking.records.listing import RecordPage
from kernel.banking.records.statements import PDF, Statement, StatementPage
from kernel.errors import UpstreamFailed
from openapi.core_bank.v1.operations import DEADLINE_HEADER
from portcullis.core_bank.subject import Check, NothingThere, Subject, Wrong, expect, expect_some

UNKNOWN = "no-such-id-" + "x" * 20
TRANSACTIONS_WALKED_MAX = 300  # transactions of one account that the check reads
RECORDS_WALKED_MAX = 60  # records of one kind that the check reads
PROMPT_SECONDS = 1.0  # for an answer to a question whose deadline is one millisecond
REFUSED = "status: 400"  # as the client reports it


async def check_health(subject: Subject) -> str:
    expect((await subject.bank.health()).status == "up", "the status is not `up`")
    return "up"


async def check_credentials(subject: Subject) -> str:
    if not subject.token:
        raise NothingThere("no token was given")
    for token in ("", subject.token + "x"):
        status, _, _ = await subject.raw("/health", token)
        expect(status == 401, f"answered {status} to {'another token' if token else 'no token'}, not 401")
    return "401"


async def check_strictness(subject: Subject) -> str:
    base = f"/brands/{subject.brand.name}"
    for what, path in {
        "no account_id": f"{base}/balances",
        "an unknown parameter": f"{base}/balances?account_id={UNKNOWN}&colour=red",
        "a limit of 0": f"{base}/transactions?account_id={UNKNOWN}&limit=0",
        "a date that is none": f"{base}/transactions?account_id={UNKNOWN}&booked_from=yesterday",
    }.items():
        status, _, _ = await subject.raw(path)
        expect(status == 400, f"answered {status} to {what}, not 400")
    return "400"


async def check_unknown_brand(subject: Subject) -> str:
    status, code, _ = await subject.raw(f"/brands/{UNKNOWN}/accounts?account_id={UNKNOWN}")
    expect((status, code) == (404, "brand_unknown"), f"answered {status} with the code {code!r}, not 404 `brand_unknown`")
    return "404 brand_unknown"


async def check_deadline(subject: Subject) -> str:
    path = f"/brands/{subject.brand.name}/accounts?account_id={UNKNOWN}"
    status, _, seconds = await subject.raw(path, **{DEADLINE_HEADER: "1"})
    expect(status in (200, 504), f"answered {status} to a deadline of one millisecond, not 200 or 504")
    expect(seconds < PROMPT_SECONDS, f"took {seconds:.1f} s with a deadline of one millisecond")
    return f"{status} after {seconds * 1000:.0f} ms"


async def check_customers(subject: Subject) -> str:
    if not subject.customers:
        raise Wrong("no specimen: name one by --customer, or in the health answer")
    found: list[str] = []
    for customer in subject.customers:
        listed = await subject.bank.accounts_of(subject.brand, customer)
        expect(all(account.eligible for account in listed), "an account is listed that may not be shared")
        found += [account.id for account in listed]
    subject.accounts = tuple(dict.fromkeys(found))
    expect(bool(subject.accounts), "the specimens have no accounts")
    expect(await subject.bank.accounts_of(subject.brand, UNKNOWN) == (), "an unknown customer has accounts")
    return f"{len(subject.accounts)} accounts"


async def check_party_of(subject: Subject) -> str:
    found = [await subject.guarded.party_of(subject.brand, customer) for customer in subject.customers]
    expect(await subject.guarded.party_of(subject.brand, UNKNOWN) is None, "an unknown customer is a party")
    if not any(found):
        raise NothingThere("the bank does not say who the specimens are")
    expect(all(found), "some specimens are known as parties, others are not")
    return f"{len(found)} customers"


async def check_accounts(subject: Subject) -> str:
    backwards = subject.accounts[::-1]
    found = await subject.guarded.accounts(subject.brand, (*backwards, UNKNOWN))
    expect([account.id for account in found] == list(backwards), "not exactly the accounts asked for, in the order asked for")
    return f"{len(found)} accounts"


async def check_balances(subject: Subject) -> str:
    found = await subject.guarded.balances(subject.brand, (*subject.accounts, UNKNOWN))
    expect({balance.account_id for balance in found} == set(subject.accounts), "an account has no balance")
    expect(len({(each.account_id, each.type) for each in found}) == len(found), "an account has two balances of one type")
    return f"{len(found)} balances"


async def walk_transactions(subject: Subject, where: TransactionFilter, most: int) -> tuple[list[Transaction], int]:
    """All pages up to `most` rows, and the booking sequence they were read at."""
    rows: list[Transaction] = []
    while True:
        page = await subject.guarded.transactions(subject.brand, subject.accounts, where)
        rows += page.transactions
        if not page.more or len(rows) >= most:
            return rows, page.as_of
        where = replace(where, as_of=page.as_of, after=position_of(rows[-1]))


async def check_transaction_pages(subject: Subject) -> str:
    rows, as_of = await walk_transactions(subject, TransactionFilter(limit=7), TRANSACTIONS_WALKED_MAX)
    expect_some(rows, "transactions")
    expect(len({(row.account_id, row.id) for row in rows}) == len(rows), "a transaction came twice")
    whole = TransactionFilter(as_of=as_of, limit=len(rows))
    page = await subject.guarded.transactions(subject.brand, subject.accounts, whole)
    expect([*page.transactions] == rows, "pages of 7 give other rows than one page as of the same sequence")
    return f"{len(rows)} transactions in pages of 7"


async def check_as_of(subject: Subject) -> str:
    first = await subject.guarded.transactions(subject.brand, subject.accounts, TransactionFilter(limit=20))
    again = await subject.guarded.transactions(subject.brand, subject.accounts, TransactionFilter(limit=20, as_of=first.as_of))
    expect(again.transactions == first.transactions, "the same page as of the same sequence has other rows")
    expect(all(row.sequence <= first.as_of for row in first.transactions), "a row is younger than the listing")
    return f"as of {first.as_of}"


async def check_filters(subject: Subject) -> str:
    rows, as_of = await walk_transactions(subject, TransactionFilter(limit=50), 50)
    expect_some(rows, "transactions")
    until, since = rows[0].booked_at, rows[-1].booked_at
    bounded, _ = await walk_transactions(subject, TransactionFilter(since, until, as_of=as_of, limit=50), TRANSACTIONS_WALKED_MAX)
    expect(bounded[: len(rows)] == rows, "inclusive bounds leave out a row that lies on them")
    for incoming, outgoing in ((True, False), (False, True)):
        where = TransactionFilter(since, until, incoming, outgoing, as_of, limit=1000)
        some = (await subject.guarded.transactions(subject.brand, subject.accounts, where)).transactions
        wanted = [row for row in rows if (row.amount.minor > 0 and incoming) or (row.amount.minor < 0 and outgoing)]
        expect([*some][: len(wanted)] == wanted, "a direction leaves out a row that has it")
    return f"{len(rows)} transactions"


async def check_numbered_pages(subject: Subject) -> str:
    rows, as_of = await walk_transactions(subject, TransactionFilter(limit=50), TRANSACTIONS_WALKED_MAX)
    expect_some(rows, "transactions")
    skip, limit = len(rows) // 2, 5
    where = TransactionFilter(as_of=as_of, limit=limit, skip=skip)
    try:
        page = await subject.guarded.transactions(subject.brand, subject.accounts, where)
    except UpstreamFailed as refused:
        if refused.detail == REFUSED:
            raise NothingThere("no page by its number: only a standard that numbers its pages asks for one") from None
        raise
    expect([*page.transactions][: len(rows) - skip] == rows[skip : skip + limit], "a page by its number has other rows")
    return f"{limit} after {skip} of {page.total}"


AskRecords = Callable[[tuple[str, ...], RecordPosition | None, int], Awaitable[RecordPage[Any] | StatementPage]]


async def walk_records(accounts: tuple[str, ...], ask: AskRecords, what: str) -> list[Any]:
    """Page by page as in one listing. Raises Wrong, or NothingThere."""
    rows: list[Any] = []
    after = None
    while len(rows) < RECORDS_WALKED_MAX:
        page = await ask(accounts, after, 2)
        rows += page.rows
        if not page.more:
            break
        after = RecordPosition(rows[-1].created_at, rows[-1].account_id, rows[-1].id)
    expect_some(rows, what)
    expect(len({row.id for row in rows}) == len(rows), "a record came twice")
    expect([*(await ask(accounts, None, len(rows))).rows] == rows, "pages of 2 give other rows than one page")
    expect((await ask((UNKNOWN,), None, 10)).rows == (), "an unknown account has records")
    return rows


def records_check(name: str) -> Check:
    async def check(subject: Subject) -> str:
        method = getattr(subject.guarded, name)

        async def ask(accounts: tuple[str, ...], after: RecordPosition | None, limit: int) -> RecordPage[Any]:
            page: RecordPage[Any] = await method(subject.brand, accounts, Page(after, limit))
            return page

        what = name.replace("_", " ")
        return f"{len(await walk_records(subject.accounts, ask, what))} {what}"

    return check


def listed_check(name: str) -> Check:
    async def check(subject: Subject) -> str:
        found = await getattr(subject.guarded, name)(subject.brand, (*subject.accounts, UNKNOWN))
        expect_some(found, name)
        order = list(dict.fromkeys(each.account_id for each in found))
        expect(order == [each for each in subject.accounts if each in order], "not in the order of the accounts asked for")
        return f"{len(found)} {name}"

    return check


async def load_statements(subject: Subject) -> list[Statement]:
    async def ask(accounts: tuple[str, ...], after: RecordPosition | None, limit: int) -> StatementPage:
        return await subject.guarded.statements(subject.brand, accounts, StatementFilter(after=after, limit=limit))

    return await walk_records(subject.accounts, ask, "statements")


async def check_statements(subject: Subject) -> str:
    rows = await load_statements(subject)
    one = rows[-1]
    where = StatementFilter(one.starts_at, one.ends_at, limit=100)
    page = await subject.guarded.statements(subject.brand, (one.account_id,), where)
    expect(one in page.rows, "inclusive bounds leave out a statement that fills them")
    return f"{len(rows)} statements in pages of 2"


async def check_statement(subject: Subject) -> str:
    [one, *_] = await load_statements(subject)
    found = await subject.guarded.statement(subject.brand, one.account_id, one.id)
    expect(found == one, "a statement is another than in the listing")
    others = [UNKNOWN, *(account for account in subject.accounts if account != one.account_id)]
    for account in others:
        expect(await subject.guarded.statement(subject.brand, account, one.id) is None, "another account has the statement too")
    expect(await subject.guarded.statement(subject.brand, one.account_id, UNKNOWN) is None, "there is an unknown statement")
    return "as listed"


async def check_statement_file(subject: Subject) -> str:
    [one, *_] = await load_statements(subject)
    file = await subject.guarded.statement_file(subject.brand, one.account_id, one.id, PDF)
    if file is None:
        raise NothingThere(f"the bank has no statements as {PDF}")
    other = await subject.guarded.statement_file(subject.brand, one.account_id, one.id, "text/x-no-such-form")
    expect(other is None, "a form that does not exist is answered")
    return f"{len(file.content):,} bytes of {PDF}"


CHECKS: tuple[tuple[str, Check], ...] = (
    ("says that it is up", check_health),
    ("refuses callers it does not know", check_credentials),
    ("refuses questions it does not understand", check_strictness),
    ("knows its brands", check_unknown_brand),
    ("answers or gives up within the deadline", check_deadline),
    ("lists a customer's accounts", check_customers),
    ("knows its customers", check_party_of),
    ("gives accounts in order, unknown ones left out", check_accounts),
    ("gives balances", check_balances),
    ("pages transactions without a gap or a repeat", check_transaction_pages),
    ("keeps a listing as of its booking sequence", check_as_of),
    ("filters transactions by window and direction", check_filters),
    ("gives a page by its number, and counts", check_numbered_pages),
    *((f"pages {name.replace('_', ' ')}", records_check(name)) for name in ("beneficiaries", "direct_debits", "standing_orders", "scheduled_payments")),
    *((f"gives {name}", listed_check(name)) for name in ("products", "offers", "parties")),
    ("pages statements", check_statements),
    ("gives one statement to its own account only", check_statement),
    ("gives a statement's file", check_statement_file),
)  # fmt: skip
