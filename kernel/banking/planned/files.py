"""A file of payments as its payer agrees to it: what its TPP said of it before it came, and what was found in it. The payments themselves are
kept in rows of their own (consent/store/rows/files.py).

UK Open Banking R/W 4.0, File Payment Consents.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from itertools import islice

import msgspec

from kernel.banking.abroad.cross_border import CrossBorder
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.money import Money
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.executions import Execution, day_made
from kernel.cut_offs import CutOffRule

FILE_BYTES_MAX = 4_194_304  # of one file: as much as one organisation may have on its way at once
FILE_PAYMENTS_MAX = 10_000  # of one file
PAYEES_SHOWN_MAX = 5  # of a file, the first ones: a page says how many more there are


class FileType(StrEnum):
    JSON = "json"
    PAIN_001 = "pain.001.001.08"


MEDIA_TYPES = {FileType.JSON: "application/json", FileType.PAIN_001: "text/xml"}


class WrittenFile(msgspec.Struct, frozen=True):
    """A file of payments, or the report of one, as it is sent."""

    data: bytes
    media_type: str


class FilePayment(msgspec.Struct, frozen=True):
    """One payment of a file. `asked_on` None: on the day of the file."""

    payment: PaymentTerms
    asked_on: date | None = None


class FilePayee(msgspec.Struct, frozen=True):
    name: str
    amount: Money


class FileDay(msgspec.Struct, frozen=True):
    """The payments of a file that are made on one day; they are numbered one after the other."""

    day: date
    payments: int
    total: Money


class FileContent(msgspec.Struct, frozen=True, kw_only=True):
    """The content that was found in a file. `days` in their order; `at_once`: the file names no day, and its payments are made as soon as may be."""

    days: tuple[FileDay, ...]
    first: tuple[FilePayee, ...]
    at_once: bool = False

    @property
    def payments(self) -> int:
        return sum(each.payments for each in self.days)

    @property
    def total(self) -> Money:
        return Money(self.days[0].total.currency, sum(each.total.minor for each in self.days))


class FileTerms(msgspec.Struct, frozen=True, kw_only=True, tag="file"):
    """`hash`: SHA-256 of the file, in base64; `payments` and `control_sum` as its TPP stated them, if it did. `asked_on`: the day of payments
    that name none. `content` None: the file has not come yet."""

    file_type: FileType
    hash: str
    payments: int | None = None
    control_sum: str | None = None
    asked_on: date | None = None
    reference: str | None = None
    debtor_account: AccountIdentifier | None = None
    signed_by_one: bool = False
    content: FileContent | None = None

    @property
    def found(self) -> FileContent:
        """Only of a file that has come."""
        assert self.content is not None
        return self.content

    @property
    def plan(self) -> tuple[str, ...]:
        """The terms as an authentication is linked to them: the file, byte for byte, and what was shown of it."""
        return (self.hash, *(msgspec.json.encode(each).decode() for each in (self.file_type, self.debtor_account, self.content)))

    @property
    def debit(self) -> Money:
        """The amount that the account pays in all."""
        return self.found.total

    @property
    def cross_border(self) -> CrossBorder | None:
        """None: its payments stay within the country."""
        return None

    def executions_after(
        self, calendar: CutOffRule | None = None, made: int = 0, _due_on: date | None = None
    ) -> Iterator[Execution]:
        """Those that follow the first `made`, in order. Their payments are in the rows of the file."""
        days = (each.day for each in self.found.days for _ in range(each.payments))
        for number, day in islice(enumerate(days, 1), made, None):
            yield Execution(number, day, day_made(day, calendar))


def days_of(payments: list[FilePayment], today: date) -> list[tuple[date, FilePayment]]:
    """The payments in the order in which they are made: those of one day as they stand in the file."""
    return sorted(((each.asked_on or today, each) for each in payments), key=lambda one: one[0])


def content_of(ordered: list[tuple[date, FilePayment]], first: list[FilePayment], *, at_once: bool) -> FileContent:
    """`ordered` as `days_of` returns them; at least one."""
    sums: dict[date, tuple[int, int]] = {}
    for day, each in ordered:
        payments, minor = sums.get(day, (0, 0))
        sums[day] = (payments + 1, minor + each.payment.amount.minor)
    currency = ordered[0][1].payment.amount.currency
    return FileContent(
        days=tuple(FileDay(day, payments, Money(currency, minor)) for day, (payments, minor) in sums.items()),
        first=tuple(FilePayee(each.payment.creditor_name, each.payment.amount) for each in first[:PAYEES_SHOWN_MAX]),
        at_once=at_once,
    )
