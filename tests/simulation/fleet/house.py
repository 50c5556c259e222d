"""The bank's own accounts: settled with the rails and compared with their statements, by a process that dies too; and payments that come back."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, NamedTuple, TypeVar

from kernel.errors import Problem
from orders.reconciliation.reconciliation import Reconciliation
from orders.reconciliation.statement import Statement
from orders.room import Room
from orders.settlement.cycle_settlement import CycleSettlement
from orders.settlement.ports import Calendar, HouseBooks, SettlementAccount
from orders.settlement.returned import Returned
from plugins.rails.files import rules as files
from plugins.rails.files.bureau_record import RECORD, BureauRecord
from plugins.rails.simulated.books import Books as SchemeBooks
from plugins.rails.simulated.rules import SchemeRules
from plugins.rails.simulated.scheme import books_path
from plugins.rails.simulated.settlement_statement import daily_statements, settled_until, statements_of
from portcullis.compose.payments import FILES
from tests.simulation.fleet.setting import SCHEMES, Setting
from tests.world.brands import BRAND

LOOK_SECONDS = 0.3  # before a house looks again whether a cycle has closed or a payment come back
RETURN_REASON = "AC04"

T = TypeVar("T")
Stated = tuple[tuple[Statement, ...], tuple[Returned, ...]]


class Rail(NamedTuple):
    """A rail that settles over accounts of its own: a scheme, or the bureau of files. `stated`: by its own books, up to a day."""

    name: str
    calendar: Calendar
    accounts: tuple[SettlementAccount, ...]
    stated: Callable[[Setting, date], Stated]


def _rails() -> Iterator[Rail]:
    for rules in SCHEMES:
        if rules.calendar is not None:
            yield Rail(rules.name, rules.calendar, rules.accounts, partial(_stated_by_scheme, rules))
    yield Rail(files.NAME, files.CYCLES, (files.ACCOUNT,), _stated_by_bureau)


def _stated_by_scheme(rules: SchemeRules, setting: Setting, until: date) -> Stated:
    return _ask(setting, rules, lambda books: (tuple(statements_of(rules, books, until)), books.given_back()))


def _stated_by_bureau(setting: Setting, until: date) -> Stated:
    with closing(BureauRecord(setting.folder / FILES / RECORD)) as record:
        return tuple(daily_statements(files.CYCLES, files.ACCOUNT, record.made(), until)), ()


def _ask(setting: Setting, rules: SchemeRules, question: Callable[[SchemeBooks], T]) -> T:
    """The scheme's books, which lie in a file."""
    with closing(SchemeBooks(rules, books_path(rules, setting.folder), setting.clock.wall)) as books:
        return question(books)


RAILS = tuple(_rails())


def accounts_of(room: Room, books: HouseBooks) -> dict[SettlementAccount, Reconciliation]:
    """Of each account over which a rail settles: abroad one in each currency."""
    return {
        account: Reconciliation(settlement=CycleSettlement(room=room, books=books, calendar=rail.calendar, account=account))
        for rail in RAILS
        for account in rail.accounts
    }


def give_back(setting: Setting, uetr: str) -> bool:
    """False for a payment that no scheme carried."""
    for rules in SCHEMES:
        with suppress(KeyError):
            _ask(setting, rules, lambda books: books.give_back(uetr, RETURN_REASON))
            return True
    return False


@dataclass
class House:
    setting: Setting
    accounts: dict[SettlementAccount, Reconciliation]
    seen: dict[str, Any] = field(default_factory=dict)

    async def run(self) -> None:
        while True:
            for rail in RAILS:
                with suppress(Problem, OSError):  # the database is away
                    await self.look(rail)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, rail: Rail) -> None:
        """Once for each cycle that closes and each payment that comes back, and at the beginning of a life."""
        now = self.setting.clock.wall()
        stated = await asyncio.to_thread(rail.stated, self.setting, settled_until(rail.calendar, now))
        news = (rail.calendar.cycle_of(now).id, len(stated[1]))
        if self.seen.get(rail.name) == news:
            return
        for account in rail.accounts:
            await self.take(account, stated)
        self.seen[rail.name] = news

    async def take(self, account: SettlementAccount, stated: Stated) -> Any:
        """All that the rail says of an account, each time it says it."""
        reconciliation, (statements, returns) = self.accounts[account], stated
        await reconciliation.settlement.complete_returns(BRAND)
        for returned in returns:
            if returned.amount.currency == account.currency:
                await reconciliation.settlement.take_return(BRAND, returned)
        await reconciliation.import_statements(BRAND, [each for each in statements if each.currency == account.currency])
        return await reconciliation.run(BRAND)
