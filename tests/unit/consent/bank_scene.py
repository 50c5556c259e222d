"""The desk of a bank on which commands of ledger, PSU identity and sandbox meet each other and those of consents."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kernel.banking.accounts import Account, AccountCategory, AccountStatus, AccountType
from kernel.banking.money import Money
from plugins.ledger.accounts.openings import StatusChange
from plugins.ledger.documents import Narrative
from plugins.ledger.ledger import Ledger
from plugins.ledger.postings.entries import LedgerEntry, Leg, Line, PendingPayment
from plugins.ledger.postings.poster import BookEntries
from plugins.ledger.statements.statements import IssueStatements
from plugins.ledger.transfers.past_transfers import TRANSFERS_KEPT, RemoveTransfers
from plugins.psu_identity.code_commands import KeepCode, TakeCode
from sandbox.bank.seed import KeepAnchor
from sandbox.bank.stories.tale import Tale
from sandbox.bank.tale_writer import WriteTale
from sandbox.clock import AdvanceClock
from sandbox.control.bookings import AnnounceMoney, BookMoney, CloseAccount, Counter, ReleaseMoney, SettleMoney
from sandbox.decisions.rows import Decision, StoreDecision
from tests.harness.upstream_books import WORLD, BuiltInBooks
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND

MONTH = timedelta(days=31)


@dataclass
class Desk:
    """An account with money, and with a payment that is announced."""

    world: AuthorizationWorld
    account_id: str
    pending_id: str

    @classmethod
    async def make(cls, world: AuthorizationWorld) -> "Desk":
        services = world.services
        desk = cls(world, services.ids.uuid(), services.ids.uuid())
        books = BuiltInBooks(world.database, services.sealer, world.clock, None)  # type: ignore[arg-type]
        opened_at = world.clock.wall() - 2 * MONTH
        await books.open_account(BRAND, desk.account_id, opened_at=opened_at)
        await books.book(BRAND, desk.account_id, services.ids.uuid(), 10_000, opened_at)
        await books.announce(BRAND, desk.account_id, desk.pending_id, -100, world.clock.wall())
        return desk

    def run(self, command: Any) -> Callable[[], Awaitable[Any]]:
        return lambda: self.world.services.commands.run(command)

    @property
    def counter(self) -> Counter:
        services = self.world.services
        return Counter(brand=BRAND.name, sealer=services.sealer, clock=services.clock, ids=services.ids, zone=BRAND.zone)

    @property
    def account(self) -> Account:
        now = self.world.clock.wall()
        kept = {"status": AccountStatus.ENABLED, "status_changed_at": now, "opened_at": now, "name": "Bills"}
        return Account(id=self.account_id, currency="GBP", category=AccountCategory.PERSONAL, type=AccountType.CURRENT, **kept)

    def book(self) -> BookMoney:
        now = self.world.clock.wall()
        line = Line(id=self.world.services.ids.uuid(), booked_at=now, value_at=now, narrative=Narrative("Paid"))
        return BookMoney(self.counter, Leg(self.account_id, Money("GBP", -5), line), now)

    def book_entries(self) -> BookEntries:
        """As the poster books a batch."""
        services, now = self.world.services, self.world.clock.wall()
        line = Line(id=services.ids.uuid(), booked_at=now, narrative=Narrative("Paid"))
        legs = (Leg(self.account_id, Money("GBP", -3), line), Leg(WORLD, Money("GBP", 3)))
        return BookEntries(services.sealer, services.clock, BRAND.name, [LedgerEntry(services.ids.uuid(), legs)])

    def announce(self) -> AnnounceMoney:
        pending = PendingPayment(
            id=self.world.services.ids.uuid(),
            account_id=self.account_id,
            amount=Money("GBP", -7),
            booked_at=self.world.clock.wall(),
            narrative=Narrative("Announced"),
        )
        return AnnounceMoney(self.counter, pending)

    def close(self) -> CloseAccount:
        change = StatusChange(status=AccountStatus.DELETED, at=self.world.clock.wall(), eligible=False)
        return CloseAccount(Ledger(self.world.services.sealer, self.world.clock), BRAND.name, self.account_id, change)

    def remove_transfers(self) -> RemoveTransfers:
        return RemoveTransfers(brand=BRAND, now=self.world.clock.now() + TRANSFERS_KEPT, most=500)

    def issue_statements(self) -> IssueStatements:
        until = self.world.clock.wall().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        return IssueStatements(self.world.services.sealer, self.world.clock, BRAND.name, BRAND.zone, [self.account_id], until)

    def keep_code(self) -> KeepCode:
        """Of one journey, so that each ends the one before."""
        now = self.world.clock.wall()
        reference = self.world.services.ids.uuid()
        return KeepCode(
            brand=BRAND.name,
            reference=reference,
            psu_id="alice",
            authorisation_id="journey",
            code_blind=reference,
            now=now,
            expires_at=now + timedelta(minutes=5),
        )

    def take_code(self) -> TakeCode:
        return TakeCode(brand=BRAND.name, reference="r", psu_id="alice", code_blind="b", now=self.world.clock.wall())

    def write_tale(self) -> WriteTale:
        services, now = self.world.services, self.world.clock.wall()
        tale = Tale(name=services.ids.uuid()[:32], issues_statements=False)
        return WriteTale(services.sealer, services.clock, BRAND.name, BRAND.zone, now, tale, [], lambda _written: None)

    def store_decision(self) -> StoreDecision:
        """For one client, so that each replaces the one before."""
        return StoreDecision(
            sealer=self.world.services.sealer,
            brand=BRAND.name,
            decision_id=self.world.services.ids.uuid(),
            consent_id=None,
            client_id="acme",
            decision=Decision(approve=False, psu_id="alice"),
            now=self.world.clock.wall(),
        )


BANK_COMMANDS: dict[type, Callable[[Desk], Any]] = {
    AdvanceClock: lambda _desk: AdvanceClock(BRAND.name, timedelta(seconds=1)),
    AnnounceMoney: Desk.announce,
    BookEntries: Desk.book_entries,
    BookMoney: Desk.book,
    CloseAccount: Desk.close,
    IssueStatements: Desk.issue_statements,
    RemoveTransfers: Desk.remove_transfers,
    KeepAnchor: lambda desk: KeepAnchor(BRAND.name, "1", desk.world.clock.wall()),
    KeepCode: Desk.keep_code,
    ReleaseMoney: lambda desk: ReleaseMoney(desk.counter, desk.account_id, desk.pending_id),
    SettleMoney: lambda desk: SettleMoney(desk.counter, desk.account, desk.pending_id, None),
    StoreDecision: Desk.store_decision,
    TakeCode: Desk.take_code,
    WriteTale: Desk.write_tale,
}
