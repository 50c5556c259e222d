"""Payment orders for the bank's own people: found, read as a whole story, and decided where the bank itself gives no answer.

An end that only the bank can name is named by people when the bank does not answer for the order, and by evidence alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import structlog

from kernel.banking.orders import OrderState, PaymentOrder, Reason
from kernel.brand import Brand
from kernel.errors import OrderStateForbids, OrderUnknown
from orders.commands.decide import DecideOrder, names_an_end
from orders.commands.propose import ApproveEnd, ProposeEnd
from orders.instructions.story import Aged, InstructionStory, SoughtInstructions, load_story, search_instructions
from orders.machine import OrderEvent
from orders.operators.operator import Operator
from orders.ports import OrderBooks, PaymentsUpstream
from orders.room import Room
from orders.rows.attempts import Submission, load_submissions
from orders.rows.history import Recorded, load_events
from orders.rows.inbox import Message, load_messages
from orders.rows.orders import load_order
from orders.rows.search import Sought, search_orders
from orders.tracked import Tracked

FOUND_MAX = 200  # orders of one listing

log = structlog.get_logger(__name__)


class Verdict(StrEnum):
    SETTLED = "settled"
    REJECTED = "rejected"
    PASSED = "passed"  # of an order under review: it goes on


VERDICTS: Mapping[Verdict, OrderEvent] = MappingProxyType(
    {Verdict.SETTLED: OrderEvent.SETTLE, Verdict.REJECTED: OrderEvent.REJECT, Verdict.PASSED: OrderEvent.PASS_REVIEW}
)
DECIDED_STATES = frozenset({OrderState.UNKNOWN, OrderState.HELD_FOR_REVIEW})  # in which an order waits for people


class BankAnswers(OrderStateForbids):
    """The bank says what has become of the order, or that it never received it: its word counts, and no one else's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A decision on an order, by one operator."""

    verdict: Verdict
    by: Operator
    evidence: str
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """The reason for which one operator puts an order under review, in words for the bank's own people."""

    by: Operator
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One order with everything that was written of it here, oldest first."""

    tracked: Tracked
    history: tuple[Recorded, ...]
    submissions: tuple[Submission, ...]
    messages: tuple[Message, ...]
    booking: object | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """`upstream` None: no bank carries out payments here, so none can be asked; `books` None: its ledger is not ours."""

    room: Room
    upstream: PaymentsUpstream | None
    books: OrderBooks | None = None

    async def search(self, brand: Brand, sought: Sought) -> tuple[Tracked, ...]:
        """A bounded number, those that have been in their state longest first."""
        async with self.room.database.read() as connection:
            return await search_orders(connection, self.room.sealer, brand.name, sought, at_most=FOUND_MAX)

    async def story(self, brand: Brand, order_id: str) -> Story | None:
        """None if there is no such order."""
        room = self.room
        booking = None if self.books is None else await self.books.booking(brand, order_id)
        async with room.database.read() as connection:
            tracked = await load_order(connection, room.sealer, brand.name, order_id)
            if tracked is None:
                return None
            return Story(
                tracked=tracked,
                history=await load_events(connection, room.sealer, brand.name, order_id),
                submissions=await load_submissions(connection, brand.name, order_id),
                messages=await load_messages(connection, brand.name, order_id),
                booking=booking,
            )

    async def search_instructions(self, brand: Brand, sought: SoughtInstructions) -> tuple[Aged, ...]:
        """Instructions of several payments: a bounded number, those that have been in their state longest first."""
        async with self.room.database.read() as connection:
            return await search_instructions(connection, self.room.sealer, brand.name, sought, at_most=FOUND_MAX)

    async def instruction_story(self, brand: Brand, instruction_id: str) -> InstructionStory | None:
        """None if there is no such instruction."""
        async with self.room.database.read() as connection:
            return await load_story(connection, self.room.sealer, brand.name, instruction_id)

    async def decide(self, brand: Brand, order_id: str, ruling: Ruling) -> PaymentOrder:
        """The order after the decision, or, of an end that takes two people, after the proposal of it; a repeat returns what the first one
        made. Raises OrderUnknown, OrderStateForbids (BankAnswers where the bank can be asked), or FieldMissing without evidence that it
        takes."""
        event, state = VERDICTS[ruling.verdict], (await self._load(brand, order_id)).order.state
        is_end = names_an_end(state, event)
        if state in DECIDED_STATES and is_end:
            await self._check_silence(brand, order_id)
        command = DecideOrder(
            room=self.room,
            brand=brand,
            order_id=order_id,
            event=event,
            people=(ruling.by.name,),
            evidence=ruling.evidence.encode(),
            reason=ruling.reason,
            credential=ruling.by.credential,
            among=DECIDED_STATES,
        )
        return await self.room.commands.run(ProposeEnd(decision=command, by=ruling.by) if is_end else command)

    async def approve(self, brand: Brand, order_id: str, version: int, by: Operator) -> PaymentOrder:
        """The order after the end that another operator proposed as `version` of it. Raises OrderUnknown or OrderStateForbids (BankAnswers
        where the bank can be asked)."""
        if (await self._load(brand, order_id)).order.state in DECIDED_STATES:
            await self._check_silence(brand, order_id)
        return await self.room.commands.run(ApproveEnd(room=self.room, brand=brand, order_id=order_id, version=version, by=by))

    async def hold(self, brand: Brand, order_id: str, doubt: Doubt) -> PaymentOrder:
        """Put an accepted order under review: it waits for a decision, and for no longer than the law allows. Raises OrderUnknown, or
        OrderStateForbids once it is handed on."""
        command = DecideOrder(
            room=self.room,
            brand=brand,
            order_id=order_id,
            event=OrderEvent.HOLD_FOR_REVIEW,
            people=(doubt.by.name,),
            evidence=doubt.reason.encode(),
            credential=doubt.by.credential,
        )
        return await self.room.commands.run(command)

    async def _load(self, brand: Brand, order_id: str) -> Tracked:
        async with self.room.database.read() as connection:
            tracked = await load_order(connection, self.room.sealer, brand.name, order_id)
        if tracked is None:
            raise OrderUnknown(order_id)
        return tracked

    async def _check_silence(self, brand: Brand, order_id: str) -> None:
        """Ask the bank once more. Raises BankAnswers."""
        if self.upstream is None:
            return
        try:
            progress = await self.upstream.status(brand, order_id)
        except Exception as silence:  # late, broken or unreadable: no answer, as for a worker
            log.info("bank_silent_on_decision", order_id=order_id, upstream=self.upstream.name, kind=type(silence).__name__)
            return
        if progress is None:
            raise BankAnswers("it never received the order, which is submitted again once none can arrive any more")
        raise BankAnswers(f"it says {progress.status} since {progress.at.isoformat()}")
