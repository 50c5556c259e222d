"""portcullis/core_bank/checks.py: a bank that keeps the contract passes, and each way of not keeping it is found."""

import asyncio
from dataclasses import replace as replace_request

import pytest
from msgspec.structs import replace
from multidict import CIMultiDict, CIMultiDictProxy
from rich.console import Console

from gateway.ports import Page, TransactionFilter
from kernel.banking.records.listing import RecordPage
from kernel.errors import RequestMalformed
from plugins.upstreams.core_bank_http import client_tls
from portcullis.cli.control_client import ServerRefused
from portcullis.cli.core_bank.report import report_core_bank
from portcullis.core_bank.checks import CHECKS
from portcullis.core_bank.server import CoreBankServer
from portcullis.core_bank.subject import open_subject, run_checks
from tests.harness.paper_bank import CUSTOMER, TOKEN, PaperBank, served, served_by_certificate


async def findings_of(bank):
    async with served(bank) as url, open_subject(url, TOKEN, "", ()) as subject:
        return {finding.title: finding async for finding in run_checks(subject, CHECKS)}


async def test_a_bank_that_keeps_the_contract_passes_every_check():
    findings = await findings_of(PaperBank(rows=9))
    assert {title: finding.note for title, finding in findings.items() if finding.verdict is not True} == {}
    assert len(findings) == len(CHECKS)


async def test_what_there_is_nothing_to_check_on_is_said_and_does_not_fail():
    findings = await findings_of(PaperBank(rows=0))
    assert findings["pages statements"].verdict is None
    assert findings["pages transactions without a gap or a repeat"].verdict is None
    assert not [finding for finding in findings.values() if finding.verdict is False]


class Unnumbered(PaperBank):
    """Refuses what it does not know."""

    async def transactions(self, brand, account_ids, where):
        if where.skip is not None:
            raise RequestMalformed("skip")
        return await super().transactions(brand, account_ids, where)


class Miscounting(PaperBank):
    """Passes over one row too few."""

    async def transactions(self, brand, account_ids, where):
        if where.skip is not None:
            where = replace_request(where, skip=where.skip - 1)
        return await super().transactions(brand, account_ids, where)


NUMBERED = "gives a page by its number, and counts"


async def test_a_bank_need_not_give_pages_by_their_number():
    findings = await findings_of(Unnumbered(rows=9))
    assert findings[NUMBERED].verdict is None
    assert not [finding for finding in findings.values() if finding.verdict is False]


async def test_a_bank_that_does_must_give_the_right_ones():
    findings = await findings_of(Miscounting(rows=9))
    assert [title for title, finding in findings.items() if finding.verdict is False] == [NUMBERED]


class Skipping(PaperBank):
    """Counts its pages by offset, so that a row is lost at each turn."""

    async def transactions(self, brand, account_ids, where):
        page = await super().transactions(brand, account_ids, where)
        return replace(page, transactions=page.transactions[1:]) if where.after else page


class Moving(PaperBank):
    """Lists the books as they are, `as_of` or not."""

    booked = 0

    async def transactions(self, brand, account_ids, where: TransactionFilter):
        self.booked += 1
        page = await super().transactions(brand, account_ids, where)
        rows = tuple(replace(row, information=f"{self.booked}") for row in page.transactions)
        return replace(page, transactions=rows)


class Repeating(PaperBank):
    def _page(self, kind, brand, account_ids, where: Page):
        page = super()._page(kind, brand, account_ids, Page(None, where.limit))
        return RecordPage(page.rows, page.more)


class Indiscreet(PaperBank):
    """Gives a statement to every caller that knows its id."""

    async def statement(self, brand, account_id, statement_id):
        rows = self._statements(brand, self.account_ids)
        found = next((row for row in rows if row.id == statement_id), None)
        return found and replace(found, account_id=account_id)


class Disorderly(PaperBank):
    async def accounts(self, brand, account_ids):
        return (await super().accounts(brand, account_ids))[::-1]


class Directionless(PaperBank):
    async def transactions(self, brand, account_ids, where: TransactionFilter):
        page = await super().transactions(brand, account_ids, where)
        return page if where.credits and where.debits else replace(page, transactions=page.transactions[1:])


@pytest.mark.parametrize(
    ("bank", "broken"),
    [
        (Skipping, {"pages transactions without a gap or a repeat"}),
        (Moving, {"pages transactions without a gap or a repeat", "keeps a listing as of its booking sequence"}),
        (Repeating, {"pages beneficiaries", "pages direct debits", "pages standing orders", "pages scheduled payments"}),
        (Indiscreet, {"gives one statement to its own account only"}),
        (Disorderly, {"gives accounts in order, unknown ones left out"}),
        (Directionless, {"filters transactions by window and direction"}),
    ],
)
async def test_finds_what_a_bank_does_wrong(bank, broken):
    findings = await findings_of(bank(rows=9))
    wrong = {finding.title for finding in findings.values() if finding.verdict is False}
    assert broken <= wrong


class Lenient(CoreBankServer):
    """Lets anybody in, and drops what it does not understand."""

    async def handle(self, request):
        known = tuple((name, value) for name, value in request.query if name != "colour")
        headers = CIMultiDict(request.headers)
        headers["Authorization"] = f"Bearer {TOKEN}"
        return await super().handle(replace_request(request, query=known, headers=CIMultiDictProxy(headers)))


async def test_finds_a_bank_that_lets_anybody_in_and_drops_what_it_does_not_understand():
    async with served(PaperBank(), server_class=Lenient) as url, open_subject(url, TOKEN, "", ()) as subject:
        findings = {finding.title: finding async for finding in run_checks(subject, CHECKS)}
    assert findings["refuses callers it does not know"].note == "answered 200 to no token, not 401"
    assert findings["refuses questions it does not understand"].note == "answered 200 to an unknown parameter, not 400"


async def test_the_report_says_whether_the_bank_keeps_the_contract(capsys):
    console = Console(width=120)
    async with served(PaperBank(rows=9)) as url:
        assert await report_core_bank(console, url, TOKEN, "main", (CUSTOMER,))
        assert not await report_core_bank(console, url, TOKEN, "another", (CUSTOMER,))
    stated = capsys.readouterr().out
    assert "The bank keeps the contract; 11 checks had nothing to look at." in stated
    assert "checks failed." in stated


async def test_a_silent_address_is_named_in_one_line():
    with pytest.raises(ServerRefused, match="unreachable"):
        await report_core_bank(Console(quiet=True), "http://127.0.0.1:1/core-bank/v1", TOKEN, "", ())


@pytest.mark.parametrize(
    "url", ["", "localhost:9000", "ftp://bank.test/v1", "http:///v1", "http://bank.test:port/", "http://b.test/?q=1"]
)
async def test_what_is_no_address_is_said_in_one_line(url):
    with pytest.raises(ServerRefused, match="must be a base URL"):
        await report_core_bank(Console(quiet=True), url, TOKEN, "", ())


async def test_a_bank_that_knows_callers_by_certificate_can_be_checked(tmp_path):
    async with served_by_certificate(PaperBank(rows=9), tmp_path) as (url, authority, certificate, key):
        shown, hidden = client_tls(authority, certificate, key), client_tls(authority, None, None)
        assert await report_core_bank(Console(quiet=True), url, TOKEN, "", (), tls=shown)
        with pytest.raises(ServerRefused, match="401"):
            await report_core_bank(Console(quiet=True), url, TOKEN, "", (), tls=hidden)


async def test_a_refusal_that_comes_in_pieces_is_read_to_its_end():
    """A sound bank behind a slow line must not be called broken."""
    pieces = (b"HTTP/1.1 404 Not Found\r\nContent-Length: 24\r\n\r\n", b'{"code":', b'"brand_unknown"}')

    stated = asyncio.Event()

    async def answer(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)  # a line's own pace
        writer.close()
        await writer.wait_closed()
        stated.set()

    async with served(PaperBank()) as url, open_subject(url, TOKEN, "", ()) as subject:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            subject.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            status, code, _ = await subject.raw("/anything")
            await stated.wait()
    assert (status, code) == (404, "brand_unknown")
