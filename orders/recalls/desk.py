"""The desk of recalls of one settlement account: asks for payments back, takes the answers, and answers those that others ask for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import structlog

from kernel.banking.orders import OrderState, PaymentOrder
from kernel.brand import Brand
from kernel.errors import FieldInvalid
from kernel.storage.lease import Lease
from orders.operators.operator import Operator
from orders.recalls.agreement import ApproveAgreement, ProposeAgreement
from orders.recalls.commands import MoveRecall, OpenRecall, recall_id
from orders.recalls.recall import (
    ENDED_RECALLS,
    Direction,
    Recall,
    RecallEvent,
    RecallReason,
    RecallRefused,
    RecallRequest,
    RecallState,
)
from orders.recalls.rows import find_asked, find_recalls, load_recall, load_recalls
from orders.recalls.terms import RecallTerms, Term, add_business_days, may_ask_until
from orders.room import Room
from orders.rows.orders import load_order
from orders.settlement.cycle_settlement import CycleSettlement
from orders.settlement.ports import Credit, SettlementAccount
from orders.settlement.rows import find_booked_return, has_return

OPEN_STATES = (RecallState.ASKED, RecallState.AGREED)  # in which something may have happened that no one has written down here
BANK_CHARACTERS_MAX = 8  # of an account number that name its bank: the country and bank of an IBAN, more than a sort code

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallDesk:
    settlement: CycleSettlement
    terms: RecallTerms

    @property
    def room(self) -> Room:
        return self.settlement.room

    @property
    def account(self) -> SettlementAccount:
        return self.settlement.account

    @property
    def today(self) -> date:
        return self.room.clock.wall().date()

    async def ask(self, brand: Brand, order_id: str, reason: RecallReason, person: Operator) -> Recall | None:
        """Recall the payment of an order; a repeat is the first one again. None if its rail is another's, or there is no such order. Raises
        FieldInvalid."""
        async with self.room.database.read() as connection:
            tracked = await load_order(connection, self.room.sealer, brand.name, order_id)
            came_back = await has_return(connection, brand.name, order_id)
        if tracked is None or await self.settlement.books.rail_of(brand, order_id) != self.account.rail:
            return None
        order = tracked.order
        if order.transfer.sent.currency != self.account.currency:
            return None
        self._check_may_ask(order, reason, came_back=came_back)
        name = recall_id(Direction.SENT, self.account.rail, order.uetr)
        request = RecallRequest(
            case=name,
            uetr=order.uetr,
            amount=order.transfer.sent,
            reason=reason,
            asked_by=brand.name,
            asked_of=_bank_of(order),
            end_to_end=order.terms.end_to_end_id,
            payee=order.terms.creditor_account.identification,
        )
        return await self._open(brand, name, Direction.SENT, request, person=person, order_id=order_id)

    def _check_may_ask(self, order: PaymentOrder, reason: RecallReason, *, came_back: bool) -> None:
        term = self._term(reason)
        if order.state is not OrderState.SETTLED or order.settled_at is None:
            raise FieldInvalid("recall", public=f"The payment is not made: its order is {order.state}.", path="order")
        if came_back:
            raise FieldInvalid("recall", public="The payment came back already.", path="order")
        last = may_ask_until(term, self.settlement.calendar, order.settled_at.date())
        if self.today > last:
            raise FieldInvalid("recall", public=f"For {reason} the scheme lets it be recalled until {last}.", path="reason")

    async def receive(self, brand: Brand, request: RecallRequest) -> Recall:
        """A case for people; the same message again is the same case. Raises FieldInvalid for another under its name, and what
        `check_reason` raises."""
        self.check_reason(request)
        name = recall_id(Direction.RECEIVED, self.account.rail, request.asked_by, request.case)
        return await self._open(brand, name, Direction.RECEIVED, request, person=None)

    def check_reason(self, request: RecallRequest) -> None:
        """Raises FieldInvalid for a reason that the scheme does not know."""
        if request.reason not in self.terms.by_reason:
            raise FieldInvalid("recall", public=f"The scheme knows no recall for {request.reason}.", path="file")

    async def take_refusal(self, brand: Brand, refused: RecallRefused) -> Recall | None:
        """The other bank sends nothing back, which changes nothing of a recall that has ended. None if we did not ask by this account."""
        async with self.room.database.read() as connection:
            found = refused.case if refused.uetr is None else await find_asked(connection, brand.name, refused.uetr)
            recall = None if found is None else await load_recall(connection, self.room.sealer, brand.name, found)
        if recall is None or recall.direction is not Direction.SENT or not self._has(recall):
            return None
        if recall.state in ENDED_RECALLS:
            return recall
        return await self._move(brand, recall.id, RecallEvent.REFUSE, None, refusal=refused.reason or "NARR")

    async def propose(
        self, brand: Brand, name: str, *, entry: str, ground: str, payee_agreed: bool, person: Operator
    ) -> Recall | None:
        """To send a payment back that `entry` gave a customer. None if there is no such recall here. Raises FieldInvalid."""
        recall = await self._find_unsent(brand, name)
        if recall is None or recall.state is RecallState.RETURNED:
            return recall
        self._check_payee(recall, payee_agreed=payee_agreed)
        command = ProposeAgreement(
            brand=brand,
            sealer=self.room.sealer,
            id=name,
            entry=entry,
            credit=await self._credit(brand, entry),
            ground=ground,
            payee_agreed=payee_agreed,
            by=person,
            now=self.room.clock.wall(),
        )
        return await self.room.commands.run(command)

    async def approve(self, brand: Brand, name: str, version: int, person: Operator) -> Recall | None:
        """Send back what another operator proposed as that version of the recall. None if there is no such recall here. Raises
        FieldInvalid."""
        recall = await self._find_unsent(brand, name)
        if recall is None:
            return None
        if recall.proposal is None:
            raise FieldInvalid("recall", public=f"No agreement is proposed as version {version}.", path="version")
        self._check_payee(recall, payee_agreed=recall.proposal.payee_agreed)
        entry = recall.proposal.entry
        command = ApproveAgreement(
            brand=brand,
            sealer=self.room.sealer,
            id=name,
            version=version,
            entry=entry,
            credit=await self._credit(brand, entry),
            by=person,
            now=self.room.clock.wall(),
        )
        agreed = await self.room.commands.run(command)
        return None if agreed is None else await self._send_back(brand, agreed)

    async def refuse(self, brand: Brand, name: str, refusal: str, ground: str, person: Operator) -> Recall | None:
        """Of one that we received. None if there is no such recall here. Raises FieldInvalid."""
        recall = await self._find_unsent(brand, name)
        if recall is None or recall.direction is not Direction.RECEIVED:
            return None
        return await self._move(brand, name, RecallEvent.REFUSE, person, refusal=refusal, ground=ground)

    async def give_up(self, brand: Brand, name: str, ground: str, person: Operator) -> Recall | None:
        """Of one that we asked for: no answer is awaited any more. None if there is no such recall here. Raises FieldInvalid."""
        if await self.find(brand, name) is None:
            return None
        return await self._move(brand, name, RecallEvent.GIVE_UP, person, ground=ground)

    async def find(self, brand: Brand, name: str) -> Recall | None:
        async with self.room.database.read() as connection:
            recall = await load_recall(connection, self.room.sealer, brand.name, name)
        return recall if recall is not None and self._has(recall) else None

    async def list(self, brand: Brand, states: Collection[RecallState] = tuple(RecallState)) -> tuple[Recall, ...]:
        async with self.room.database.read() as connection:
            return await load_recalls(connection, self.room.sealer, brand.name, self.account, states)

    async def complete(self, brand: Brand) -> None:
        """Bring recalls to what has happened: a return that was booked, and an agreement whose entry may not be. One that fails holds up no
        other: it is tried again at the next look."""
        names = await self._find_open(brand, "")
        while names:
            for name in names:
                try:
                    await self._complete_one(brand, name)
                except Exception:
                    log.exception("recall_not_completed", recall=name)
            names = await self._find_open(brand, names[-1])

    async def _find_open(self, brand: Brand, after: str) -> Sequence[str]:
        async with self.room.database.read() as connection:
            return await find_recalls(connection, brand.name, self.account, OPEN_STATES, after=after)

    async def _complete_one(self, brand: Brand, name: str) -> None:
        recall = await self.find(brand, name)
        if recall is None:
            return
        if recall.state is not RecallState.ASKED:
            await self._send_back(brand, recall)
            return
        async with self.room.database.read() as connection:
            entry = await find_booked_return(connection, brand.name, recall.order_id or "")
        if entry is not None:
            await self._move(brand, recall.id, RecallEvent.RETURN, None, returned_by=entry)

    async def _send_back(self, brand: Brand, recall: Recall) -> Recall | None:
        if recall.state is not RecallState.AGREED:
            return recall
        entry = _entry_of(recall)
        assert recall.entry is not None
        amount, uetr = recall.request.amount, recall.request.uetr
        if await self.settlement.books.send_back(brand, self.account, entry, received=recall.entry, amount=amount, uetr=uetr):
            return await self._move(brand, recall.id, RecallEvent.RETURN, None, returned_by=entry, entry=recall.entry)
        failed = await self._move(brand, recall.id, RecallEvent.FAIL, None, entry=None, approved_by="")
        return failed if failed is None else await self._find_unsent(brand, recall.id)

    async def _find_unsent(self, brand: Brand, name: str) -> Recall | None:
        """As `find`. One whose entry another server booked, while this one found no funds, has ended."""
        recall = await self.find(brand, name)
        if recall is None or recall.state is not RecallState.ARRIVED or recall.proposal is None:
            return recall
        entry = _entry_of(recall)
        if not await self.settlement.books.is_booked(brand, entry):
            return recall
        return await self._move(brand, name, RecallEvent.RETURN, None, returned_by=entry, entry=recall.proposal.entry)

    async def _open(
        self,
        brand: Brand,
        name: str,
        direction: Direction,
        request: RecallRequest,
        *,
        person: Operator | None,
        order_id: str | None = None,
    ) -> Recall:
        command = OpenRecall(
            brand=brand,
            sealer=self.room.sealer,
            id=name,
            direction=direction,
            rail=self.account.rail,
            request=request,
            answer_by=add_business_days(self.settlement.calendar, self.today, self.terms.answer_business_days),
            by=person,
            now=self.room.clock.wall(),
            order_id=order_id,
        )
        return await self.room.commands.run(command)

    async def _move(
        self, brand: Brand, name: str, event: RecallEvent, person: Operator | None, **facts: str | None
    ) -> Recall | None:
        command = MoveRecall(
            brand=brand,
            sealer=self.room.sealer,
            id=name,
            event=event,
            by=person,
            now=self.room.clock.wall(),
            facts=facts,
        )
        return await self.room.commands.run(command)

    def _check_payee(self, recall: Recall, *, payee_agreed: bool) -> None:
        if self._term(RecallReason(recall.request.reason)).needs_payee and not payee_agreed:
            text = f"For {recall.request.reason} the scheme wants the payee's agreement."
            raise FieldInvalid("recall", public=text, path="payee-agreed")

    async def _credit(self, brand: Brand, entry: str) -> Credit:
        credit = await self.settlement.books.credited(brand, entry)
        if credit is None:
            raise FieldInvalid("entry", public="No entry of that id gave one customer money of another bank.", path="entry")
        return credit

    def _term(self, reason: RecallReason) -> Term:
        term = self.terms.by_reason.get(reason)
        if term is None:
            raise FieldInvalid("recall", public=f"The scheme knows no recall for {reason}.", path="reason")
        return term

    def _has(self, recall: Recall) -> bool:
        return (recall.rail, recall.request.amount.currency) == (self.account.rail, self.account.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallRun:
    """`run` is the work of a singleton (kernel/storage/lease.py). What two complete at once is the same entry and the same event."""

    desk: RecallDesk
    brand: Brand

    async def run(self, _lease: Lease) -> None:
        await self.desk.complete(self.brand)


def _entry_of(recall: Recall) -> str:
    """The id of the entry that sends it back."""
    return f"recall:{recall.id}"


def _bank_of(order: PaymentOrder) -> str:
    """The payee's: by its BIC, or by the part of the account number that names it."""
    number = order.terms.creditor_account.identification
    return order.terms.creditor_bic or number[:BANK_CHARACTERS_MAX]
