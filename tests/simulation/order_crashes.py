"""Payment orders under faults: workers that are killed at every point, and a bank whose answers are lost, late, doubled and garbled.

The faults of an order are drawn from the seed, the order's number, the question and how often it was asked, so that a run can be
replayed however its tasks are interleaved. The bank's books live through it all; what a worker had in mind dies with it.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from kernel.banking.consents import Consent
from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES, RailStatus, Reason
from kernel.clock import Clock
from kernel.commands.runner import Commands
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from kernel.storage.lease import LeaseLost
from orders.commands.receive import Report
from orders.pace import Pace
from orders.ports import PaymentsUpstream, Progress
from orders.room import Room
from tests.world.brands import BRAND
from tests.world.orders import OrdersWorld
from tests.world.payments_bank import FakeBank

ENDS = (RailStatus.SETTLED, RailStatus.CREDITED, RailStatus.NOT_POSTED, RailStatus.REJECTED, RailStatus.BLOCKED)
FAULTS = ("none", "lost", "late", "unanswered", "garbled", "doubled", "down", "slow", "stale", "killed before", "killed after")
CLAIMED_MAX = 8  # orders that one worker takes at once
DEADLY = 0.1  # of all commands, before their commit, and as many after it, where half of all points go wrong


class Killed(BaseException):
    """The process is no more: nothing after this line is run."""


@dataclass
class Chance:
    """`rate` of all points go wrong."""

    seed: int
    rate: float = 0.5
    times: Counter[tuple[object, ...]] = field(default_factory=Counter)

    def draw(self, *point: object) -> random.Random:
        """The same at the same time at the same point."""
        self.times[point] += 1
        return random.Random(f"{self.seed}/{point}/{self.times[point]}")


@dataclass
class FaultyBank:
    """Stands between the workers and `bank`. `meanwhile` is what happens while an answer is long in coming.

    A submission is `blind` if the order was sent before, and its worker was not answered just now that it never arrived, to a question
    that was asked once nothing of it could be under way."""

    bank: PaymentsUpstream
    clock: Clock
    chance: Chance
    number_of: Callable[[str], int]
    meanwhile: Callable[[], Awaitable[None]]
    pass_time: Callable[[timedelta], None]
    pace: Pace
    name: str = "faulty"
    sent_at: dict[str, datetime] = field(default_factory=dict)
    absent_at: dict[str, datetime] = field(default_factory=dict)  # when the last question was asked that was answered so
    blind: list[str] = field(default_factory=list)
    late: list[tuple[datetime, Callable[[], Awaitable[Any]]]] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    async def reserve(self, brand, transfer):
        return await self._ask("reserve", transfer.order_id, lambda: self.bank.reserve(brand, transfer))

    async def submit(self, brand, transfer):
        now, before = self.clock.wall(), self.sent_at.get(transfer.order_id)
        absent_at = self.absent_at.pop(transfer.order_id, None)
        if before is not None and not self._is_proven_missing(before, absent_at, now):
            self.blind.append(f"{self.number_of(transfer.order_id)}: sent {before}, absent {absent_at}, sent {now}")
        self.sent_at[transfer.order_id] = now
        return await self._ask("submit", transfer.order_id, lambda: self.bank.submit(brand, transfer))

    async def status(self, brand, order_id):
        asked_at = self.clock.wall()
        progress = await self._ask("status", order_id, lambda: self.bank.status(brand, order_id))
        if progress is None:  # the answer to an earlier question may come after that to a later one
            self.absent_at[order_id] = max(asked_at, self.absent_at.get(order_id, asked_at))
        else:
            self.absent_at.pop(order_id, None)
        return progress

    def _is_proven_missing(self, sent_at: datetime, absent_at: datetime | None, now: datetime) -> bool:
        """An attempt is written down at most a lease before it is sent."""
        lease = self.pace.lease
        return absent_at is not None and absent_at - sent_at >= self.pace.arrival_max - lease and now - absent_at < lease

    async def cancel(self, brand, order_id):
        return await self._ask("cancel", order_id, lambda: self.bank.cancel(brand, order_id))

    async def release(self, brand, order_id):
        return await self._ask("release", order_id, lambda: self.bank.release(brand, order_id))

    async def resolve(self, brand, order_id, resolution):
        return await self._ask("resolve", order_id, lambda: self.bank.resolve(brand, order_id, resolution))

    async def deliver(self) -> int:
        """Deliver what was sent long ago: how much."""
        now = self.clock.wall()
        arrived = [send for at, send in self.late if at <= now]
        self.late = [(at, send) for at, send in self.late if at > now]
        for send in arrived:
            with suppress(Killed, UpstreamTimedOut, UpstreamFailed):  # no one waits for the answer
                await send()
        return len(arrived)

    async def _ask(self, question: str, order_id: str, send: Callable[[], Awaitable[Any]]) -> Any:
        draw = self.chance.draw(question, self.number_of(order_id))
        fault = draw.choice(FAULTS) if draw.random() < self.chance.rate else "none"
        self.met[fault] += 1
        if fault == "killed before":
            raise Killed(question)
        if fault == "down":
            raise UpstreamFailed("down")
        if fault == "lost":
            raise UpstreamTimedOut("lost")
        if fault == "late":  # past the lease, and at times past all that is promised
            self.late.append((self.clock.wall() + timedelta(seconds=draw.choice((1, 45, 90))), send))
            raise UpstreamTimedOut("late")
        answer = await send()
        if fault == "doubled":
            answer = await send()
        await self._spoil(fault, question, draw)
        return answer

    async def _spoil(self, fault: str, question: str, draw: random.Random) -> None:
        """The answer is on its way: it does not come, or comes late."""
        if fault == "killed after":
            raise Killed(question)
        if fault == "unanswered":
            raise UpstreamTimedOut("answer lost")
        if fault == "garbled":
            raise ValueError("garbled")
        if fault == "slow":
            await self.meanwhile()
        if fault == "stale":  # evaluated, and answered a while later: less than the lease, so that its worker still has the order
            self.pass_time(timedelta(seconds=draw.uniform(1, 0.9 * self.pace.lease.total_seconds())))
            await self.deliver()


@dataclass(frozen=True)
class MortalCommands:
    """Runs commands as `commands` does, and at times dies before or after the commit."""

    commands: Commands
    chance: Chance

    @property
    def database(self):
        return self.commands.database

    async def run(self, command, **options):
        return await self._survive(command, lambda: self.commands.run(command, **options))

    async def run_once(self, command, use, **options):
        return await self._survive(command, lambda: self.commands.run_once(command, use, **options))

    async def _survive(self, command, run):
        return await survive(self.chance, (command.name, getattr(getattr(command, "claim", None), "fence", 0)), run)


async def survive(chance: Chance, point: tuple[object, ...], run: Callable[[], Awaitable[Any]]) -> Any:
    """The result of `run`, unless its process dies before or after it."""
    fate = chance.draw(*point).random() * 0.5 / chance.rate if chance.rate else 1.0
    if fate < DEADLY:
        raise Killed(f"before {point[0]}")
    done = await run()
    if fate < 2 * DEADLY:
        raise Killed(f"after {point[0]}")
    return done


def mortal(room: Room, chance: Chance) -> Room:
    return replace(room, commands=MortalCommands(room.commands, chance))


class Plan:
    """The bank's own mind about each order: refused at once, settled or refused in the end, after how many questions."""

    def __init__(self, seed: int, number: int) -> None:
        draw = random.Random(f"{seed}/{number}/plan")
        self.refuses = Reason.FUNDS_INSUFFICIENT if draw.random() < 0.05 else None
        self.end = draw.choice(ENDS)
        self.questions = draw.choice((0, 1, 1, 3))
        self.reports = draw.choice(((), ("end",), ("end", "end"), ("end", "begun")))


@dataclass
class PlannedBank(FakeBank):
    """Each order goes as its plan says; of some, the bank reports on its own, at times twice or the wrong way round."""

    plan_of: Callable[[str], Plan] = field(default=lambda _order_id: Plan(0, 0))
    reports: list[tuple[str, Report]] = field(default_factory=list)
    uetrs: dict[str, str] = field(default_factory=dict)
    polled: Counter[str] = field(default_factory=Counter)

    async def reserve(self, brand, transfer):
        self.refuses = self.plan_of(transfer.order_id).refuses
        return await super().reserve(brand, transfer)

    async def submit(self, brand, transfer):
        plan = self.plan_of(transfer.order_id)
        self.uetrs[transfer.order_id] = transfer.uetr
        self.accepts = RailStatus.IN_PROCESS if plan.questions else plan.end
        progress = await super().submit(brand, transfer)
        self._report(transfer.order_id)
        return progress

    async def status(self, brand, order_id):
        self.polled[order_id] += 1
        plan = self.plan_of(order_id)
        self.ends = plan.end if self.polled[order_id] >= plan.questions else RailStatus.IN_PROCESS
        progress = await super().status(brand, order_id)
        self._report(order_id)
        return progress

    def _report(self, order_id: str) -> None:
        """Once the end is in the books."""
        progress = self.books.get(order_id)
        if progress is None or progress.status not in PAID_STATUSES | REFUSED_STATUSES or order_id not in self.uetrs:
            return
        uetr = self.uetrs.pop(order_id)
        for kind in self.plan_of(order_id).reports:
            said = progress if kind == "end" else Progress(status=RailStatus.IN_PROCESS, at=progress.at)
            message = Report(source=self.name, message_id=f"{order_id}/{kind}", uetr=uetr, progress=said, message=kind.encode())
            self.reports.append((order_id, message))


@dataclass
class Simulation:
    """Some workers on one database, for as long as anything is due."""

    world: OrdersWorld
    seed: int
    rate: float = 0.5
    workers: int = 3
    numbers: dict[str, int] = field(default_factory=dict)  # of orders
    consents: dict[str, Consent] = field(default_factory=dict)  # by the order that used each
    reports: list[tuple[str, Report]] = field(default_factory=list)
    is_meanwhile: bool = False
    deaths: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = Chance(self.seed, self.rate)
        self.room = mortal(self.world.room, self.chance)

    def planned_bank(self) -> "PlannedBank":
        """A bank on paper, whose answers go astray."""

        bank = PlannedBank(
            self.world.clock, plan_of=lambda order_id: Plan(self.seed, self.numbers[order_id]), reports=self.reports
        )
        self.follow(bank)
        return bank

    def follow(self, bank: PaymentsUpstream) -> None:
        """Ask this bank."""
        times = (self._meanwhile, self.world.pass_time, self.room.pace)
        self.upstream = FaultyBank(bank, self.world.clock, self.chance, self.numbers.__getitem__, *times)

    async def place(self, count: int, facts_of: Callable[[int], dict[str, Any]] = lambda _number: {}) -> None:
        """Each until it is answered, and once more. `facts_of`: of the consent to each, by the order's number."""
        for _ in range(count):
            number = len(self.numbers)
            consent = await self.world.consent(**facts_of(number))
            orders = replace(self.world.orders, room=self.room)
            first = await self._until_answered(lambda: self.world.place(consent, orders=orders, terms=consent.terms))  # noqa: B023
            self.numbers[first.id], self.consents[first.id] = number, consent
            await self.retry(first.id)

    async def retry(self, order_id: str) -> None:
        consent = self.consents[order_id]
        assert (await self.world.place(consent, terms=consent.terms)).id == order_id

    async def run(self) -> None:
        while True:
            await self.turn()
            if not await self._pass_time():
                return

    async def turn(self) -> None:
        """Each worker takes some of what is due; what arrives late arrives."""
        done = await asyncio.gather(*(self._work() for _ in range(self.workers)), return_exceptions=True)
        self._check(done)
        await self.upstream.deliver()
        await self._deliver_reports()

    async def _work(self) -> None:
        submitter = self.world.submitter(self.upstream, self.room)
        claims = await self.world.claim(CLAIMED_MAX, self.room)
        self._check(await asyncio.gather(*(submitter.advance(claim) for claim in claims), return_exceptions=True))

    def _check(self, done: list[Any]) -> None:
        for each in done:
            if isinstance(each, Killed | LeaseLost):
                self.deaths[str(each) if isinstance(each, Killed) else "lease lost"] += 1
            elif isinstance(each, BaseException):
                raise each

    async def _meanwhile(self) -> None:
        """The worker that waits is forgotten, and another takes its orders."""
        if self.is_meanwhile:
            return
        self.is_meanwhile = True
        try:
            self.world.pass_time(self.room.pace.lease)
            self._check([await self._outcome(self._work())])
        finally:
            self.is_meanwhile = False

    async def _outcome(self, work: Awaitable[None]) -> BaseException | None:
        try:
            await work
        except (Killed, LeaseLost) as end:
            return end
        return None

    async def _deliver_reports(self) -> None:
        """In an order of its own; each until it is acknowledged."""
        reports = self.reports.copy()
        self.reports.clear()
        reports.sort(key=lambda named: random.Random(f"{self.seed}/{named[1].message_id}").random())
        orders = replace(self.world.orders, room=self.room)
        for _order_id, report in reports:
            await self._until_answered(lambda: orders.receive(BRAND, report))  # noqa: B023

    async def _until_answered(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        while True:
            try:
                return await ask()
            except Killed as death:
                self.deaths[str(death)] += 1

    async def _pass_time(self) -> bool:
        """To the next moment at which anything is due; False if nothing ever is."""
        nexts = [at for at, _send in self.upstream.late]
        due = await self.world.next_due()
        nexts += [due] if due is not None else []
        if not nexts and not self.reports:
            return False
        if nexts:
            self.world.pass_time(max(timedelta(), min(nexts) - self.world.clock.wall()))
        return True
