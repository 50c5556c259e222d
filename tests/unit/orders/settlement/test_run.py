"""Settlement by itself: a cycle is settled once it has closed, also after a death, and a server that was succeeded settles nothing."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from consent.settings import Settings
from kernel.observability.telemetry import Telemetry
from kernel.storage.lease import LeaseLost
from kernel.storage.sealed import SealBroken
from orders.settlement.commands import TakeReturn
from orders.settlement.run import LOOK_FOR_LATE_EVERY, SettlementRun
from portcullis.serving.singletons import run_singletons
from tests.harness.patience import PATIENCE_SECONDS
from tests.unit.orders.settlement.test_cycle_settlement import CLEARING, NOSTRO, Dying
from tests.world.brands import BRAND
from tests.world.settled_money import FUNDS, SettledMoney


class Held:
    """A lease that was lost, or not."""

    def __init__(self, *, is_lost: bool = False) -> None:
        self.is_lost = is_lost

    async def check_fence(self, _connection: object) -> None:
        if self.is_lost:
            raise LeaseLost("settlement")


def opened(money: SettledMoney) -> SettlementRun:
    return SettlementRun(settlement=money.settlement, brand=BRAND)


async def booked(money: SettledMoney) -> tuple[int, int]:
    return await money.booked(CLEARING), await money.booked(NOSTRO)


async def test_cycles_are_settled_as_they_close(money: SettledMoney) -> None:
    run = opened(money)
    await money.pay(700)
    await run.run(Held())
    assert await booked(money) == (700, 0)
    for total in (700, 750):
        money.pass_cycle()
        await run.run(Held())
        assert await booked(money) == (0, total)
        await money.pay(50)
        await run.run(Held())
        assert await booked(money) == (50, total)
    await money.check_books()


async def test_what_becomes_known_late_is_settled_while_no_cycle_closes(money: SettledMoney) -> None:
    money.rail.silent, money.rail.mute = 1, True
    lost = await money.pay(200)
    money.pass_cycle()
    run = opened(money)
    await run.run(Held())
    money.rail.mute = False
    assert (await money.payments.status(BRAND, lost.id)) is not None
    money.world.pass_time(LOOK_FOR_LATE_EVERY)
    await run.run(Held())
    assert await booked(money) == (0, 200)


async def test_one_that_dies_is_succeeded_and_nothing_is_repeated(money: SettledMoney) -> None:
    await money.pay(700)
    money.pass_cycle()
    books = money.settlement.books
    object.__setattr__(money.settlement, "books", Dying(books))
    with pytest.raises(RuntimeError):
        await opened(money).run(Held())
    object.__setattr__(money.settlement, "books", books)
    for _ in range(2):
        await opened(money).run(Held())
    assert await booked(money) == (0, 700)
    assert [kind for kind, _ in (await money.world.records()).journal if kind.startswith("settlement.")] == [
        "settlement.fixed",
        "settlement.booked",
    ]


async def test_a_run_that_failed_is_made_again_at_once(money: SettledMoney) -> None:
    await money.pay(700)
    money.pass_cycle()
    run, books = opened(money), money.settlement.books
    object.__setattr__(money.settlement, "books", Dying(books))
    with pytest.raises(RuntimeError):
        await run.run(Held())
    object.__setattr__(money.settlement, "books", books)
    await run.run(Held())
    assert (await money.world.records()).journal[-1][0] == "settlement.booked"


async def test_one_that_was_succeeded_settles_nothing(money: SettledMoney) -> None:
    await money.pay(700)
    money.pass_cycle()
    with pytest.raises(LeaseLost):
        await opened(money).run(Held(is_lost=True))
    assert await booked(money) == (700, 0)


async def test_a_return_that_was_written_down_is_booked(money: SettledMoney) -> None:
    returned = await money.give_back(await money.pay(700))
    taken = TakeReturn(
        brand=BRAND,
        sealer=money.world.room.sealer,
        rail=money.settlement.account.rail,
        returned=returned,
        now=money.world.clock.wall(),
    )
    await money.world.room.commands.run(taken)
    assert await money.booked("up-1") == FUNDS - 700
    for _ in range(2):
        await opened(money).run(Held())
    assert await money.booked("up-1") == FUNDS
    assert (await money.world.records()).journal[-1][0] == "return.booked"


async def test_a_return_that_cannot_be_booked_holds_up_no_other_and_no_cycle(money: SettledMoney) -> None:
    first, second = [await money.give_back(await money.pay(minor)) for minor in (700, 50)]
    for returned in (first, second):
        facts = {"rail": money.settlement.account.rail, "returned": returned, "now": money.world.clock.wall()}
        await money.world.room.commands.run(TakeReturn(brand=BRAND, sealer=money.world.room.sealer, **facts))
    money.pass_cycle()
    object.__setattr__(money.settlement, "books", Unbooked(money.settlement.books, first.id))
    await opened(money).run(Held())
    assert await money.booked("up-1") == FUNDS - 700
    assert await booked(money) == (0, 700)


class Unbooked:
    """The ledger as it is, which refuses one return."""

    def __init__(self, books: Any, return_id: str) -> None:
        self._books, self._return_id = books, return_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._books, name)

    async def take_return(self, brand: Any, account: Any, entry_id: str, returned: Any, order_id: str | None) -> None:
        if returned.id == self._return_id:
            raise SealBroken("its payment")
        await self._books.take_return(brand, account, entry_id, returned, order_id)


async def test_a_server_settles_by_itself(money: SettledMoney) -> None:
    await money.pay(700)
    money.pass_cycle()
    room, books = money.world.room, Watched(money.settlement.books)
    object.__setattr__(money.settlement, "books", books)
    services = SimpleNamespace(
        database=room.database, commands=room.commands, sealer=room.sealer, clock=room.clock, ids=room.ids, settings=Settings()
    )
    idle = SimpleNamespace(run=idle_run)
    composition = SimpleNamespace(
        services=services,
        store=room.consents,
        notifiers=(idle,),
        deliveries=((),),
        reconciliations=(money.reconciliation,),
    )
    async with run_singletons(composition, (BRAND,), Telemetry()):
        await asyncio.wait_for(books.settled.wait(), PATIENCE_SECONDS)
    assert await booked(money) == (0, 700)


class Watched:
    """The ledger as it is; `settled` is set once it has booked a settlement."""

    def __init__(self, books) -> None:
        self._books, self.settled = books, asyncio.Event()

    def __getattr__(self, name: str):
        return getattr(self._books, name)

    async def settle(self, *arguments) -> None:
        await self._books.settle(*arguments)
        self.settled.set()


async def idle_run(_lease: object) -> None:
    """Of singletons that this test is not about."""
