"""Place an instruction of several executions: use its consent up and write the instruction down, in one transaction. Nothing is held."""

from collections.abc import Callable
from dataclasses import dataclass

from kernel.access import Caller
from kernel.banking.consents import Consent, payment_of, plan_of
from kernel.banking.planned.files import FileTerms
from kernel.banking.planned.instructions import Instruction, InstructionRequest, InstructionState, InstructionTerms
from kernel.banking.signers import missing_of
from kernel.brand import Brand
from kernel.commands.idempotency import Outcome
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import BodyTooLarge, ConsentMismatch, ConsentNotAuthorised
from openapi.rulebook import rules_of
from orders.commands.place import DOCUMENT_BYTES_MAX
from orders.instructions.changes import write_instruction
from orders.instructions.dues import due_at
from orders.instructions.rows import load_instructions
from orders.room import Room


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceInstruction:
    """Raises what `Consents.use` raises (orders/ports.py), ConsentMismatch or BodyTooLarge."""

    name = "place_instruction"
    locks = ()  # the consent's, which its store takes
    room: Room
    brand: Brand
    caller: Caller
    request: InstructionRequest
    check_agreed: Callable[[Consent], None]

    async def handle(self, unit: UnitOfWork) -> Outcome:
        if len(self.request.document) > DOCUMENT_BYTES_MAX:
            raise BodyTooLarge(f"document of {len(self.request.document)} bytes")
        consent = await self.room.consents.use(unit, self.brand, self.caller, self.request.consent_id)
        if await load_instructions(unit.connection, self.room.sealer, self.brand.name, (consent.id,)):
            raise ConsentNotAuthorised(
                f"consent {consent.id} has an instruction that used it up"
            )  # though its state were rolled back
        instruction = self._receive(consent)
        await write_instruction(unit, self.room, instruction, actor=self.caller.actor)
        return Outcome(resource_id=instruction.id, outcome=instruction.state, made=instruction)

    def _receive(self, consent: Consent) -> Instruction:
        request, agreed, now = self.request, consent.terms, self.room.clock.now()
        if consent.kind != request.kind or not isinstance(agreed, InstructionTerms):
            raise ConsentMismatch(f"an instruction of kind {request.kind} under a consent of kind {consent.kind}")
        self.check_agreed(consent)
        if _said_in(request.terms) != _said_in(agreed):
            raise ConsentMismatch("other payments than were agreed to")
        if len(consent.accounts) != 1:
            raise ConsentMismatch(f"{len(consent.accounts)} accounts would pay")
        is_signed = not missing_of(consent.signing_rules, consent.signatures)
        first = next(agreed.executions_after(self.brand.cut_off))
        return Instruction(
            id=self.room.ids.uuid(),
            brand=self.brand.name,
            version=1,
            state=InstructionState.ACTIVE if is_signed else InstructionState.AWAITING_AUTHORISATION,
            kind=consent.kind,
            consent_id=consent.id,
            client_id=consent.client_id,
            organisation_id=consent.organisation_id,
            psu_id=consent.psu_id,
            terms=agreed,
            payer=consent.accounts[0],
            created_at=now,
            updated_at=now,
            turns_at=due_at(agreed, first, self.brand, now) if is_signed else now + rules_of(request.lodged_as).half_signed_wait,
            refund_account=request.refund_account,
            signing_rules=consent.signing_rules,
            signatures=consent.signatures,
            lodged_as=request.lodged_as,
            document=request.document,
        )


def _said_in(terms: InstructionTerms) -> tuple[object, ...]:
    """The payments as a TPP asks for them, before any bank said more: of a file, which one."""
    if isinstance(terms, FileTerms):
        return (terms.file_type, terms.hash)
    if terms.cross_border is None:
        return (*plan_of(terms), terms.debit)
    return (*plan_of(terms), payment_of(terms), terms.cross_border.asked)
