"""The bank's own accounts: settled with the rails and compared with their statements, by a process that dies too; and payments that come back."""

import asyncio
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from kernel.errors import Problem
from orders.reconciliation.reconciliation import Reconciliation
from orders.reconciliation.statement import Statement
from orders.room import Room
from orders.settlement.cycle_settlement import CycleSettlement
from orders.settlement.ports import HouseBooks
from orders.settlement.returned import Returned
from plugins.rails.simulated.books import Books as SchemeBooks
from plugins.rails.simulated.rules import SchemeRules
from plugins.rails.simulated.scheme import books_path
from plugins.rails.simulated.settlement_statement import settled_until, statements_of
from tests.simulation.fleet.setting import SCHEMES, Setting
from tests.world.brands import BRAND

LOOK_SECONDS = 0.3  # before a house looks again whether a cycle has closed or a payment come back
RETURN_REASON = "AC04"

T = TypeVar("T")
Stated = tuple[tuple[Statement, ...], tuple[Returned, ...]]


def accounts_of(room: Room, books: HouseBooks) -> dict[str, Reconciliation]:
    """Of each rail that settles over one account, by its name. Payments abroad, settled in each currency, are those of the settled month."""
    return {
        rules.name: Reconciliation(
            settlement=CycleSettlement(room=room, books=books, calendar=rules.calendar, account=rules.accounts[0])
        )
        for rules in SCHEMES
        if rules.calendar is not None and len(rules.accounts) == 1
    }


def _ask(setting: Setting, rules: SchemeRules, question: Callable[[SchemeBooks], T]) -> T:
    """The scheme's books, which lie in a file."""
    with closing(SchemeBooks(rules, books_path(rules, setting.folder), setting.clock.wall)) as books:
        return question(books)


def stated_by(setting: Setting, rules: SchemeRules, until: date) -> Stated:
    return _ask(setting, rules, lambda books: (tuple(statements_of(rules, books, until)), books.given_back()))


def give_back(setting: Setting, uetr: str) -> bool:
    """False for a payment that no rail carried which settles over one account."""
    for rules in SCHEMES:
        with suppress(KeyError):
            if len(rules.accounts) == 1:
                _ask(setting, rules, lambda books: books.give_back(uetr, RETURN_REASON))
                return True
    return False


@dataclass
class House:
    setting: Setting
    accounts: dict[str, Reconciliation]
    seen: dict[str, Any] = field(default_factory=dict)

    async def run(self) -> None:
        while True:
            for rules in SCHEMES:
                if rules.name in self.accounts:
                    with suppress(Problem, OSError):  # the database is away
                        await self.look(rules)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, rules: SchemeRules) -> None:
        """Once for each cycle that closes and each payment that comes back, and at the beginning of a life."""
        reconciliation, now = self.accounts[rules.name], self.setting.clock.wall()
        calendar = rules.calendar
        assert calendar is not None
        statements, returns = await asyncio.to_thread(stated_by, self.setting, rules, settled_until(calendar, now))
        news = (calendar.cycle_of(now).id, len(returns))
        if self.seen.get(rules.name) == news:
            return
        await self.take(reconciliation, statements, returns)
        self.seen[rules.name] = news

    async def take(self, reconciliation: Reconciliation, statements: tuple[Statement, ...], returns: tuple[Returned, ...]) -> Any:
        """All that the scheme says, each time it says it."""
        await reconciliation.settlement.complete_returns(BRAND)
        for returned in returns:
            await reconciliation.settlement.take_return(BRAND, returned)
        await reconciliation.import_statements(BRAND, statements)
        return await reconciliation.run(BRAND)
