"""A statement as its customer would print it: whose account, which period, the sums, then every entry with its balance."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.records.parties import PostalAddress
from kernel.banking.records.statements import FeeKind, InterestKind, StatementFigure
from plugins.ledger.statements.printed import Printed, PrintedEntry
from sandbox.printer.pdf import BOLD, HEIGHT, WIDTH, Page, fit, render_pdf

LEFT, RIGHT = 48, WIDTH - 48
TEXT, SMALL, TITLE = 9.0, 8.0, 16.0
LINE = 13
PAID_OUT, PAID_IN, BALANCE = 395.0, 470.0, float(RIGHT)  # right edges of the columns
DESCRIPTION_AT, DESCRIPTION_WIDTH = 112, 220
FIRST_ENTRY, LAST_ENTRY = 96, HEIGHT - 64  # on a page that goes on
PAN_SHOWN = 4
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIGURES = {
    StatementFigure.OPENING_BALANCE: "Balance at the start",
    StatementFigure.TOTAL_CREDITS: "Paid in",
    StatementFigure.TOTAL_DEBITS: "Paid out",
    StatementFigure.TOTAL_PURCHASES: "Purchases",
    StatementFigure.TOTAL_CASH_ADVANCES: "Cash withdrawals",
    StatementFigure.CREDIT_LIMIT: "Credit limit",
    StatementFigure.MINIMUM_PAYMENT_DUE: "Minimum payment due",
}
_SCHEMES = {Scheme.SORT_CODE: "Sort code and account number", Scheme.IBAN: "IBAN", Scheme.PAN: "Card number"}


def render_statement(printed: Printed) -> bytes:
    """A PDF; the same statement gives the same bytes."""
    sheets = _Sheets(printed)
    sheets.write_front()
    for entry in printed.entries:
        sheets.write_entry(entry)
    return render_pdf(sheets.finish(), f"{printed.bank}: {sheets.period}", printed.statement.created_at)


class _Sheets:
    """Fills page after page; `y` is where the next line goes."""

    def __init__(self, printed: Printed) -> None:
        self._printed = printed
        self._zone = ZoneInfo(printed.zone)
        self._pages: list[Page] = []
        self._page = self._new_page()
        self._y = 0.0
        statement = printed.statement
        self.period = f"{self._day(statement.starts_at)} to {self._day(statement.ends_at)}"

    def write_front(self) -> None:
        printed = self._printed
        self._page.write(LEFT, 64, printed.bank, TITLE, BOLD)
        self._page.write_right(RIGHT, 64, "Statement", TITLE)
        self._page.rule(LEFT, 76, RIGHT - LEFT, 1)
        self._y = 96
        self._write_addressee()
        self._y = 96
        for label, value in self._about():
            self._page.write(300, self._y, label, SMALL)
            self._page.write_right(RIGHT, self._y, value, SMALL, BOLD)
            self._y += LINE
        self._y = max(self._y + 2 * LINE, 210)
        self._write_figures()
        self._y += 2 * LINE
        self._write_columns()

    def write_entry(self, entry: PrintedEntry) -> None:
        lines = [entry.information, *_small_print(entry)]
        if self._y + LINE * len(lines) > LAST_ENTRY:
            self._turn()
        amount = _amount(Money(entry.currency, entry.amount_minor))
        self._page.write(LEFT, self._y, self._day(_EPOCH + timedelta(microseconds=entry.booked_at_micros)), TEXT)
        self._page.write(DESCRIPTION_AT, self._y, fit(lines[0], TEXT, DESCRIPTION_WIDTH), TEXT)
        self._page.write_right(PAID_OUT if entry.amount_minor < 0 else PAID_IN, self._y, amount, TEXT)
        if entry.balance_after_minor is not None:
            self._page.write_right(BALANCE, self._y, _signed(Money(entry.currency, entry.balance_after_minor)), TEXT)
        for line in lines[1:]:
            self._y += LINE - 3
            self._page.write(DESCRIPTION_AT, self._y, fit(line, SMALL, DESCRIPTION_WIDTH), SMALL)
        self._y += LINE

    def finish(self) -> list[Page]:
        if not self._printed.entries:
            self._page.write(LEFT, self._y, "Nothing was booked in this period.", TEXT)
        for number, page in enumerate(self._pages, 1):
            page.rule(LEFT, HEIGHT - 48, RIGHT - LEFT)
            page.write(LEFT, HEIGHT - 36, f"Statement {self._printed.statement.id}", SMALL)
            page.write_right(RIGHT, HEIGHT - 36, f"Page {number} of {len(self._pages)}", SMALL)
        return self._pages

    def _about(self) -> list[tuple[str, str]]:
        printed = self._printed
        reference = printed.statement.reference
        return [
            ("Account", fit(printed.account.nickname or printed.account.name, SMALL, 170, BOLD)),
            *((_SCHEMES[each.scheme], _number(each)) for each in printed.account.identifiers),
            ("Currency", printed.account.currency),
            ("Period", self.period),
            *([("Number", reference)] if reference else []),
            ("Issued", self._day(printed.statement.created_at)),
        ]

    def _day(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%d %b %Y}"

    def _write_addressee(self) -> None:
        holder = self._printed.holder
        if holder is None:
            return
        for line in (holder.name, *(_address_lines(holder.addresses[0]) if holder.addresses else ())):
            self._page.write(LEFT, self._y, fit(line, TEXT, 230), TEXT)
            self._y += LINE

    def _write_figures(self) -> None:
        statement = self._printed.statement
        amounts = {each.figure: each.amount for each in statement.amounts}
        figures = [(label, amounts[figure]) for figure, label in _FIGURES.items() if figure in amounts]
        figures += [(fee.description or _words(fee.kind), fee.amount) for fee in statement.fees]
        figures += [(interest.description or _words(interest.kind), interest.amount) for interest in statement.interest]
        if StatementFigure.CLOSING_BALANCE in amounts:
            figures.append(("Balance at the end", amounts[StatementFigure.CLOSING_BALANCE]))
        for label, amount in figures:
            self._page.write(LEFT, self._y, fit(label, TEXT, 170), TEXT)
            self._page.write_right(LEFT + 230, self._y, _signed(amount), TEXT, BOLD)
            self._y += LINE

    def _write_columns(self) -> None:
        self._page.write(LEFT, self._y, "Date", SMALL, BOLD)
        self._page.write(DESCRIPTION_AT, self._y, "Description", SMALL, BOLD)
        for edge, label in ((PAID_OUT, "Paid out"), (PAID_IN, "Paid in"), (BALANCE, "Balance")):
            self._page.write_right(edge, self._y, label, SMALL, BOLD)
        self._page.rule(LEFT, self._y + 5, RIGHT - LEFT)
        self._y += 20

    def _turn(self) -> None:
        self._page = self._new_page()
        self._page.write(LEFT, 56, f"{self._printed.bank}: {self.period}", SMALL)
        self._y = FIRST_ENTRY - 20
        self._write_columns()

    def _new_page(self) -> Page:
        self._pages.append(Page())
        return self._pages[-1]


def _small_print(entry: PrintedEntry) -> list[str]:
    """The lines below an entry's first line: reference and exchange rate."""
    lines = [] if entry.reference is None else [f"Reference {entry.reference}"]
    if entry.exchange is not None:
        instructed = entry.exchange.instructed
        lines.append(f"{_amount(instructed)} {instructed.currency} at {entry.exchange.rate}")
    return lines


def _address_lines(address: PostalAddress) -> list[str]:
    street = " ".join(part for part in (address.building_number, address.street) if part)
    lines = (address.building_name, street, *address.lines, address.town, address.post_code, address.country)
    return [line for line in lines if line]


def _number(identifier: AccountIdentifier) -> str:
    """An account number as a bank prints it; of a card's number only the last digits."""
    text = identifier.identification
    if identifier.scheme is Scheme.PAN:
        return f"ending {text[-PAN_SHOWN:]}"
    if identifier.scheme is Scheme.SORT_CODE:
        return f"{text[:2]}-{text[2:4]}-{text[4:6]} {text[6:]}"
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _words(kind: FeeKind | InterestKind) -> str:
    return kind.value.replace("_", " ").capitalize()


def _amount(amount: Money) -> str:
    """Without a sign, with thousands apart."""
    whole, _, decimals = amount.decimal().partition(".")
    return f"{int(whole):,}" + (f".{decimals}" if decimals else "")


def _signed(amount: Money) -> str:
    return f"-{_amount(amount)}" if amount.minor < 0 else _amount(amount)
