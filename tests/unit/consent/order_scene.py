"""The till at which commands of payment orders meet each other and those of consents: one consent to pay, and orders in several states."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from consent.store.consents import ConsentStore
from consent.store.files import ConsentFiles, UploadFile
from kernel.banking.consents import Consent, ConsentKind, ConsentState
from kernel.banking.orders import RailStatus
from orders.commands.advance import AdvanceOrder
from orders.commands.cancel import CancelOrder
from orders.commands.claim import ClaimDue, TurnWaiting
from orders.commands.decide import DecideOrder
from orders.commands.past_rows import ORDERS_KEPT, RemoveMessages, RemoveOrders
from orders.commands.place import PlaceOrder
from orders.commands.propose import ApproveEnd, ProposeEnd
from orders.commands.receive import ReceiveReport, Report
from orders.commands.sign import RefuseOrder, SignOrder
from orders.decisions import on_report, on_reserved
from orders.instructions.answer import CancelInstruction
from orders.instructions.past_rows import RemoveInstructions
from orders.instructions.place import PlaceInstruction
from orders.instructions.turn import TurnInstructions
from orders.machine import OrderEvent
from orders.operators.requests import TakeRequest
from orders.ports import Progress
from orders.room import Room
from orders.services import PaymentOrders
from orders.tracked import Claim
from tests.unit.consent.settlement_scene import SETTLEMENT_ACTS
from tests.world.authorization import AuthorizationWorld
from tests.world.brands import BRAND
from tests.world.operators import ANN, BEA
from tests.world.orders import TWO_OF_TWO, InsertConsent, authorised, request_of, signature_of, use_of
from tests.world.planned import FILE, FILE_PAYMENTS, STANDING_ORDER, instruction_request

Act = Callable[[], Awaitable[Any]]


@dataclass
class Till:
    """`consent` has not been used; `paying` is an order that was handed on, `waiting` one that Frank must sign, `planned` one for the next day,
    `instruction` a standing order, all by their ids; `standing` is a consent to another, `announced` one whose file has not come."""

    world: AuthorizationWorld
    room: Room
    consent: Consent
    paying: str
    uetr: str
    claim: Claim
    waiting: str
    planned: str
    instruction: str
    standing: Consent
    announced: Consent

    @classmethod
    async def make(cls, world: AuthorizationWorld) -> "Till":
        services = world.services
        store = ConsentStore(commands=services.commands, clock=services.clock, ids=services.ids, sealer=services.sealer)
        room = Room(commands=services.commands, clock=services.clock, ids=services.ids, sealer=services.sealer, consents=store)
        caller = world.acme.client.caller

        async def lodge(**facts: Any) -> Consent:
            theirs = {"client_id": caller.client_id, "organisation_id": caller.organisation_id}
            consent = authorised(services.ids.uuid(), **theirs, **facts)
            await services.commands.run(InsertConsent(store, consent))
            return consent

        orders = PaymentOrders(room=room)
        place = lambda consent, **facts: orders.place(BRAND, caller, request_of(consent, **facts), use_of(consent.id, caller))  # noqa: E731
        paying = await place(await lodge())
        claims = await services.commands.run(ClaimDue(room=room, brand=BRAND, most=500))
        claim = next(each for each in claims if each.order_id == paying.id)
        await services.commands.run(AdvanceOrder(room=room, brand=BRAND, claim=claim, decide=on_reserved))
        waiting = await place(await lodge(signing_rules=(TWO_OF_TWO,)))
        planned = await place(await lodge(), execute_at=services.clock.now() + timedelta(days=1))
        standing = await lodge(**STANDING_ORDER)
        request, use = instruction_request(standing.id), use_of(standing.id, caller)
        instruction = await orders.instructions.place(BRAND, caller, request, use, check_agreed=lambda _consent: None)
        return cls(
            world,
            room,
            await lodge(),
            paying.id,
            paying.uetr,
            claim,
            waiting.id,
            planned.id,
            instruction.id,
            await lodge(**STANDING_ORDER),
            await lodge(kind=ConsentKind.FILE, terms=FILE, state=ConsentState.AWAITING_UPLOAD),
        )

    def run(self, command: Any) -> Act:
        return lambda: self.room.commands.run(command)

    def place(self) -> Act:
        """Under the scene's one key."""
        caller = self.world.acme.client.caller
        return lambda: PaymentOrders(room=self.room).place(
            BRAND, caller, request_of(self.consent), use_of(self.consent.id, caller)
        )

    def advance(self) -> Act:
        decide = partial(on_report, progress=self._progress(RailStatus.SETTLED))
        return self.run(AdvanceOrder(room=self.room, brand=BRAND, claim=self.claim, decide=decide))

    def claim_due(self) -> Act:
        return self.run(ClaimDue(room=self._later(timedelta(days=1)), brand=BRAND, most=500))

    def turn_waiting(self) -> Act:
        return self.run(TurnWaiting(room=self._later(timedelta(days=30)), brand=BRAND, most=500))

    def sign(self) -> Act:
        return self.run(SignOrder(room=self.room, brand=BRAND, order_id=self.waiting, signature=signature_of("frank")))

    def refuse(self) -> Act:
        return self.run(
            RefuseOrder(room=self.room, brand=BRAND, order_id=self.waiting, customer_id="c-frank", psu_id="psu-frank")
        )

    def cancel(self) -> Act:
        return self.run(CancelOrder(room=self.room, brand=BRAND, order_id=self.planned, customer_id="c-erin", psu_id="psu-erin"))

    def instruct(self) -> Act:
        caller, request = self.world.acme.client.caller, instruction_request(self.standing.id)
        return lambda: PaymentOrders(room=self.room).instructions.place(
            BRAND, caller, request, use_of(self.standing.id, caller), check_agreed=lambda _consent: None
        )

    def cancel_instruction(self) -> Act:
        return self.run(
            CancelInstruction(
                room=self.room, brand=BRAND, instruction_id=self.instruction, customer_id="c-erin", psu_id="psu-erin"
            )
        )

    def upload(self) -> Act:
        """Under the scene's one key."""
        caller, files = self.world.acme.client.caller, ConsentFiles(store=self.world.services.store)  # type: ignore[arg-type]
        use = use_of(self.announced.id, caller)
        return lambda: files.upload(BRAND, caller, self.announced.id, use, data=b"{}", payments=FILE_PAYMENTS)

    def turn_instructions(self) -> Act:
        return self.run(TurnInstructions(room=self._later(timedelta(days=30)), brand=BRAND, most=500))

    def decide(self) -> Act:
        return self.run(
            DecideOrder(
                room=self.room, brand=BRAND, order_id=self.waiting, event=OrderEvent.CANCEL, people=("Ann",), evidence=b""
            )
        )

    def propose_end(self) -> Act:
        decision = DecideOrder(
            room=self.room, brand=BRAND, order_id=self.waiting, event=OrderEvent.CANCEL, people=("ann",), evidence=b"seen"
        )
        return self.run(ProposeEnd(decision=decision, by=ANN))

    def approve_end(self) -> Act:
        return self.run(ApproveEnd(room=self.room, brand=BRAND, order_id=self.waiting, version=2, by=BEA))

    def take_request(self) -> Act:
        now = self.world.clock.wall()
        return self.run(TakeRequest(operator=ANN, command="/x", target="/x?", brands=[BRAND.name], nonce=self.waiting, now=now))

    def receive(self) -> Act:
        report = Report(
            source="rail", message_id="1", uetr=self.uetr, progress=self._progress(RailStatus.REJECTED), message=b"<a/>"
        )
        return self.run(ReceiveReport(room=self.room, brand=BRAND, report=report))

    def remove(self, kind: type) -> Act:
        later = self.world.clock.wall() + ORDERS_KEPT
        return self.run(kind(brand=BRAND, now=later, most=500))

    def _progress(self, status: RailStatus) -> Progress:
        return Progress(status=status, at=self.world.clock.now())

    def _later(self, by: timedelta) -> Room:
        """The room as it will be."""
        moved = type(self.world.clock)(self.world.clock.wall() + by)
        return replace(self.room, clock=moved)


def _settle(make: Callable[[str, datetime], Any], till: Till) -> Act:
    return till.run(make(till.uetr, till.world.clock.wall()))


ORDER_ACTS: Mapping[type, Callable[[Till], Act]] = MappingProxyType(
    {
        PlaceOrder: Till.place,
        AdvanceOrder: Till.advance,
        ClaimDue: Till.claim_due,
        TurnWaiting: Till.turn_waiting,
        SignOrder: Till.sign,
        RefuseOrder: Till.refuse,
        CancelOrder: Till.cancel,
        PlaceInstruction: Till.instruct,
        UploadFile: Till.upload,
        CancelInstruction: Till.cancel_instruction,
        TurnInstructions: Till.turn_instructions,
        RemoveInstructions: lambda till: till.remove(RemoveInstructions),
        DecideOrder: Till.decide,
        ProposeEnd: Till.propose_end,
        ApproveEnd: Till.approve_end,
        TakeRequest: Till.take_request,
        ReceiveReport: Till.receive,
        RemoveOrders: lambda till: till.remove(RemoveOrders),
        RemoveMessages: lambda till: till.remove(RemoveMessages),
        **{kind: partial(_settle, make) for kind, make in SETTLEMENT_ACTS.items()},
    }
)
