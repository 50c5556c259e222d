"""The PDF of a statement, read by a foreign reader in its strict mode."""

import io
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from kernel.banking.accounts import (
    Account,
    AccountCategory,
    AccountIdentifier,
    AccountStatus,
    AccountType,
    CurrencyExchange,
    Scheme,
)
from kernel.banking.money import Money
from kernel.banking.records.parties import Party, PostalAddress
from kernel.banking.records.statements import (
    FeeKind,
    InterestKind,
    Statement,
    StatementAmount,
    StatementFee,
    StatementFigure,
    StatementInterest,
    StatementKind,
)
from plugins.ledger.statements.printed import Printed, PrintedEntry
from sandbox.printer.pdf import BOLD, Page, fit, render_pdf, width_of
from sandbox.printer.statement_pdf import render_statement

START = datetime(2026, 5, 31, 23, tzinfo=UTC)  # in London it is June
END = datetime(2026, 6, 30, 23, tzinfo=UTC) - timedelta(microseconds=1)
PAN = "9826001234567895"


def entry(number: int, minor: int = -1_250, **facts: object) -> PrintedEntry:
    micros = int((START + timedelta(hours=number % 700)).timestamp()) * 1_000_000
    return PrintedEntry(micros, "GBP", minor, 100_000 + minor, f"Entry {number}", **facts)


def printed(*entries: PrintedEntry, scheme: Scheme = Scheme.SORT_CODE, number: str = "00997112345678", **facts) -> Printed:
    account = Account(
        id="a",
        currency="GBP",
        category=AccountCategory.PERSONAL,
        type=AccountType.CURRENT,
        status=AccountStatus.ENABLED,
        status_changed_at=START,
        name="Current account",
        identifiers=(AccountIdentifier(scheme, number, "Ann Other"),),
        opened_at=START,
    )
    statement = Statement(
        id="s1",
        account_id="a",
        created_at=END,
        kind=StatementKind.PERIODIC,
        starts_at=START,
        ends_at=END,
        amounts=(StatementAmount(StatementFigure.CLOSING_BALANCE, Money("GBP", -123_456)),),
        fees=(StatementFee(FeeKind.LATE_PAYMENT, Money("GBP", -1_200)),),
        interest=(StatementInterest(InterestKind.TOTAL, Money("GBP", 77), "Interest paid to you"),),
    )
    holder = Party(id="p", name="Ms Ann Other", addresses=(PostalAddress(building_number="12", street="Lighthouse Row"),))
    return Printed(
        **(
            {
                "bank": "Main",
                "zone": "Europe/London",
                "account": account,
                "holder": holder,
                "statement": statement,
                "entries": entries,
            }
            | facts
        )
    )


def read(content: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(content), strict=True)


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in read(content).pages)


def test_says_whose_account_it_is_and_what_was_booked():
    abroad = entry(2, -3_331, reference="Order 7", exchange=CurrencyExchange(Money("USD", -4_501), Decimal("0.74")))
    text = text_of(render_statement(printed(entry(1, 250_000), abroad)))
    for stated in (
        *("Main", "Ms Ann Other", "12 Lighthouse Row", "00-99-71 12345678", "01 Jun 2026 to 30 Jun 2026", "GBP"),
        *("Balance at the end", "-1,234.56", "Late payment", "-12.00", "Interest paid to you", "0.77"),
        *("Entry 1", "2,500.00", "Entry 2", "33.31", "Reference Order 7", "45.01 USD at 0.74", "Page 1 of 1"),
    ):
        assert stated in text


def test_a_cards_number_is_not_printed_but_for_its_end():
    content = render_statement(printed(scheme=Scheme.PAN, number=PAN))
    assert "ending 7895" in text_of(content)
    assert PAN.encode() not in content
    assert PAN not in text_of(content)
    assert "Nothing was booked in this period." in text_of(content)


def test_goes_on_from_page_to_page_with_every_entry_once():
    content = render_statement(printed(*(entry(number) for number in range(200))))
    reader = read(content)
    texts = [page.extract_text() for page in reader.pages]
    assert len(texts) > 2
    assert all(f"Page {number} of {len(texts)}" in text for number, text in enumerate(texts, 1))
    assert all("Description" in text for text in texts)
    found = [int(number) for text in texts for number in re.findall(r"Entry (\d+)\b", text)]
    assert found == list(range(200))


def test_the_same_statement_gives_the_same_bytes():
    assert render_statement(printed(entry(1))) == render_statement(printed(entry(1)))


def test_a_statement_without_holder_is_a_statement():
    assert "Current account" in text_of(render_statement(printed(holder=None)))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Caffè (del) \\Molo\\", "Caffè (del) \\Molo\\"),
        ("50 € – “Zoë”", "50 € – “Zoë”"),
        ("Łódź ř", "?ódz r"),
        ("東京", "??"),
        ("one\ntwo\x00three", "one two three"),
    ],
)
def test_writes_what_the_typeface_has_and_never_breaks_on_the_rest(written, shown):
    page = Page()
    page.write(50, 50, written, 9)
    assert read(render_pdf([page], written, START)).pages[0].extract_text() == shown


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=60), title=st.text(max_size=30))
def test_any_text_gives_a_document_that_a_strict_reader_opens(text, title):
    pages = [Page(), Page()]
    pages[0].write_right(500, 100, fit(text, 9, 200, BOLD), 9, BOLD)
    pages[1].rule(50, 60, 400)
    reader = read(render_pdf(pages, title, START))
    assert len(reader.pages) == 2
    reader.pages[0].extract_text()
    assert reader.metadata.creation_date == START
    assert width_of(fit(text, 9, 200, BOLD), 9, BOLD) <= 200


def test_every_object_begins_where_the_table_says():
    """ISO 32000-1, 7.5.4."""
    content = render_pdf([Page()], "t", START)
    table = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", content)[1])
    lines = content[table:].split(b"\n")
    assert lines[:3] == [b"xref", b"0 8", b"0000000000 65535 f "]
    for number in range(1, 8):
        place = int(lines[2 + number][:10])
        assert len(lines[2 + number]) == 19
        assert content[place:].startswith(b"%d 0 obj\n" % number)
