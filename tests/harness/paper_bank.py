"""A whole bank on paper: every record of the canonical model, kept in lists and listed as the port says, slowly and plainly."""

from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from gateway.ports import Page, RecordPosition, StatementFilter, TransactionFilter
from gateway.upstream_guard.statement_checks import is_inside
from kernel.banking.accounts import Account, Balance, Transaction, TransactionPage
from kernel.banking.records.listing import RecordPage
from kernel.banking.records.parties import AccountParty, Party
from kernel.banking.records.statements import PDF, Statement, StatementFile, StatementPage
from kernel.brand import Brand
from kernel.clock import SystemClock, monotonic
from kernel.http.message import Request, Response
from kernel.http.server.listener import serve
from kernel.http.tls import mtls_context
from openapi.core_bank.v1.examples import EXAMPLES
from openapi.core_bank.v1.operations import BASE_PATH
from plugins.upstreams.circuit import Circuit
from plugins.upstreams.core_bank import CoreBank
from portcullis.core_bank.server import CoreBankServer, refusal
from sandbox.authority.pki import TestPki, TransportSubject

BRAND = Brand("main", "Main", "https://main.test", "https://mtls.test", ZoneInfo("Europe/London"), (), "https://mtls.test")
START = datetime(2026, 1, 1, tzinfo=UTC)
TOKEN = "a-token-for-the-bank"
CUSTOMER = "customer-1"


@dataclass
class PaperBank:
    """`accounts` of one customer, each with `rows` records of every kind."""

    name = "paper"
    account_ids: tuple[str, ...] = ("a", "b", "c")
    rows: int = 5
    brand: str = BRAND.name
    asked: list[str] = field(default_factory=list)

    def _of(self, kind: str, account_id: str, number: int) -> Any:
        example = EXAMPLES[kind]
        model = (example.rows if hasattr(example, "rows") else getattr(example, kind))[0]
        at = START + timedelta(days=number % 3)  # several share an instant
        return replace(model, id=f"{kind}/{account_id}.{number}", account_id=account_id, created_at=at)

    def _known(self, brand: Brand, account_ids: Iterable[str]) -> list[str]:
        known = self.account_ids if brand.name == self.brand else ()
        return [each for each in dict.fromkeys(account_ids) if each in known]

    async def accounts_of(self, brand: Brand, customer_id: str) -> tuple[Account, ...]:
        return await self.accounts(brand, self.account_ids if customer_id == CUSTOMER else ())

    async def party_of(self, brand: Brand, customer_id: str) -> Party | None:
        return EXAMPLES["party_of"] if customer_id == CUSTOMER else None

    async def accounts(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Account, ...]:
        self.asked += account_ids
        [model] = EXAMPLES["accounts"].accounts
        return tuple(replace(model, id=each) for each in self._known(brand, account_ids))

    async def balances(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Balance, ...]:
        models = EXAMPLES["balances"].balances
        return tuple(replace(model, account_id=each) for each in self._known(brand, account_ids) for model in models)

    async def transactions(self, brand: Brand, account_ids: tuple[str, ...], where: TransactionFilter) -> TransactionPage:
        asked = self._known(brand, account_ids)
        rows = [self._transaction(each, number) for each in asked for number in range(self.rows)]
        rows = [row for row in rows if (row.amount.minor > 0 and where.credits) or (row.amount.minor < 0 and where.debits)]
        rows = [row for row in rows if not where.booked_from or row.booked_at >= where.booked_from]
        rows = [row for row in rows if not where.booked_to or row.booked_at <= where.booked_to]
        after = where.after and (where.after.booked_at, where.after.account_id, where.after.transaction_id)
        rows = newest(rows, lambda row: (row.booked_at, row.account_id, row.id), after)
        ends = (START, START + timedelta(days=2)) if asked else (None, None)
        rows, total = numbered(rows, where)
        return TransactionPage(tuple(rows[: where.limit]), len(rows) > where.limit, where.as_of or 1000, *ends, total)

    def _transaction(self, account_id: str, number: int) -> Transaction:
        model = EXAMPLES["transactions"].transactions[number % 2]
        amount = replace_money(model.amount, number)
        at = START + timedelta(days=number % 3)
        return replace(model, id=f"t.{number}", account_id=account_id, booked_at=at, amount=amount, sequence=number)

    async def beneficiaries(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[Any]:
        return self._page("beneficiaries", brand, account_ids, where)

    async def direct_debits(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[Any]:
        return self._page("direct_debits", brand, account_ids, where)

    async def standing_orders(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[Any]:
        return self._page("standing_orders", brand, account_ids, where)

    async def scheduled_payments(self, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[Any]:
        return self._page("scheduled_payments", brand, account_ids, where)

    def _page(self, kind: str, brand: Brand, account_ids: tuple[str, ...], where: Page) -> RecordPage[Any]:
        rows = [self._of(kind, each, number) for each in self._known(brand, account_ids) for number in range(self.rows)]
        rows = newest(rows, record_key, position(where.after))
        rows, total = numbered(rows, where)
        return RecordPage(tuple(rows[: where.limit]), len(rows) > where.limit, total)

    async def products(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Any, ...]:
        return self._each("products", brand, account_ids)

    async def offers(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Any, ...]:
        return self._each("offers", brand, account_ids)

    async def parties(self, brand: Brand, account_ids: tuple[str, ...]) -> tuple[AccountParty, ...]:
        return self._each("parties", brand, account_ids)

    def _each(self, kind: str, brand: Brand, account_ids: tuple[str, ...]) -> tuple[Any, ...]:
        [model] = getattr(EXAMPLES[kind], kind)
        return tuple(replace(model, account_id=each) for each in self._known(brand, account_ids))

    def _statements(self, brand: Brand, account_ids: Iterable[str]) -> list[Statement]:
        return [self._of("statements", each, number) for each in self._known(brand, account_ids) for number in range(self.rows)]

    async def statements(self, brand: Brand, account_ids: tuple[str, ...], where: StatementFilter) -> StatementPage:
        rows = [row for row in self._statements(brand, account_ids) if is_inside(row, where)]
        rows = newest(rows, record_key, position(where.after))
        model = EXAMPLES["statement"]
        ends = (model.starts_at, model.ends_at) if self._known(brand, account_ids) else (None, None)
        rows, total = numbered(rows, where)
        return StatementPage(tuple(rows[: where.limit]), len(rows) > where.limit, *ends, total)

    async def statement(self, brand: Brand, account_id: str, statement_id: str) -> Statement | None:
        return next((row for row in self._statements(brand, (account_id,)) if row.id == statement_id), None)

    async def statement_file(self, brand: Brand, account_id: str, statement_id: str, media_type: str) -> StatementFile | None:
        found = await self.statement(brand, account_id, statement_id)
        return StatementFile(PDF, f"%PDF-1.7 {found.id}".encode()) if found and media_type == PDF else None


def newest(rows: list[Any], key: Callable[[Any], Any], after: Any) -> list[Any]:
    return [row for row in sorted(rows, key=key, reverse=True) if after is None or key(row) < after]


def record_key(row: Any) -> tuple[datetime, str, str]:
    return row.created_at, row.account_id, row.id


def numbered(rows: list[Any], where: TransactionFilter | Page | StatementFilter) -> tuple[list[Any], int | None]:
    """The rows that are left after those that are passed over, and their count if it is asked for."""
    return (rows, None) if where.skip is None else (rows[where.skip :], len(rows))


def position(after: RecordPosition | None) -> tuple[datetime, str, str] | None:
    return after and (after.created_at, after.account_id, after.record_id)


def replace_money(amount: Any, number: int) -> Any:
    return type(amount)(amount.currency, (number + 1) * (100 if number % 2 else -100))


@asynccontextmanager
async def served(
    bank: Any,
    brands: tuple[Brand, ...] = (BRAND,),
    server_class: type[CoreBankServer] = CoreBankServer,
    payments: Any = None,
    cut_offs: Any = None,
):
    """The bank over HTTP, and its base URL."""
    server = server_class(bank, brands, TOKEN, {brands[0].name: (CUSTOMER,)}, payments, cut_offs=cut_offs)
    async with serve(server.handle, refuse=server.refuse, host="127.0.0.1", port=0, ssl_context=None, listener="public") as port:
        yield f"http://127.0.0.1:{port}{BASE_PATH}"


class ByCertificate(CoreBankServer):
    """Asks for a certificate before anything else."""

    async def handle(self, request: Request) -> Response:
        if request.certificate is None:
            return refusal(401, "credentials_invalid")
        return await super().handle(request)


@asynccontextmanager
async def served_by_certificate(bank: Any, folder: Path):
    """The bank over mTLS under an authority that no machine knows: its base URL, then the PEM files of the authority, and of a caller
    whom the bank knows with its key."""
    pki = TestPki.open(folder / "pki", SystemClock())
    context = mtls_context(pki.ensure_server(), [pki.ca_path])
    certificate, key = folder / "client.pem", folder / "client.key"
    subject = TransportSubject(software_id="portcullis", organisation_name="Main", organisation_id="PSDGB-FCA-1")
    pki.ensure_transport(certificate, key, subject)
    server = ByCertificate(bank, (BRAND,), TOKEN, {BRAND.name: (CUSTOMER,)})
    async with serve(server.handle, refuse=server.refuse, host="127.0.0.1", port=0, ssl_context=context, listener="mtls") as port:
        yield f"https://127.0.0.1:{port}{BASE_PATH}", pki.ca_path, certificate, key


@asynccontextmanager
async def over_http(bank: Any, brands: tuple[Brand, ...] = (BRAND,), **options: Any):
    """The bank as its own client, over a real HTTP server."""
    async with served(bank, brands) as url, CoreBank.open(url, circuit=Circuit(monotonic), token=TOKEN, **options) as client:
        yield client
