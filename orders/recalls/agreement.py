"""An agreement to send a payment back: one operator proposes it and another approves it.

The proposal is a version of the recall, and void once anything else has happened to the recall. The approver names the version that they
read, so that no one approves what was put in its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kernel.brand import Brand
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import FieldInvalid
from kernel.storage.sealed import Sealer
from orders.operators.operator import Operator
from orders.recalls.commands import RECALLING, write_version
from orders.recalls.credits import check_credit
from orders.recalls.recall import Proposal, Recall, RecallEvent, RecallState, follow
from orders.recalls.rows import load_of_entry, load_recall
from orders.settlement.ports import Credit

AGREED_TO = (RecallState.AGREED, RecallState.RETURNED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeAgreement:
    """`credit` is what `entry` gave the payee. None if there is no such recall; the same proposal again changes nothing. Raises FieldInvalid."""

    name = "propose_agreement"
    brand: Brand
    sealer: Sealer
    id: str
    entry: str
    credit: Credit
    ground: str
    payee_agreed: bool
    by: Operator
    now: datetime

    @property
    def locks(self) -> Sequence[Lock]:
        return _locks(self.brand, self.id, self.entry)

    async def handle(self, unit: UnitOfWork) -> Recall | None:
        before = await load_recall(unit.connection, self.sealer, self.brand.name, self.id)
        if before is None:
            return None
        known = before.proposal if before.state in AGREED_TO else before.open_proposal
        if known is not None and known == self._proposal(known.version):
            return before
        after = follow(before, RecallEvent.PROPOSE, self.now, proposal=self._proposal(before.version + 1))
        check_credit(before.request, self.credit)
        await _check_unused(unit, self.sealer, self.brand, self.entry)
        await write_version(unit, self, after, RecallEvent.PROPOSE)
        return after

    def _proposal(self, version: int) -> Proposal:
        return Proposal(
            version=version,
            entry=self.entry,
            ground=self.ground,
            payee_agreed=self.payee_agreed,
            by=self.by.name,
            key=self.by.key,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveAgreement:
    """Agree to what was proposed as `version` of the recall, about `entry`. None if there is no such recall; the same approval again changes nothing. Raises
    FieldInvalid where that is not the last that happened to the recall, or was proposed by the same operator."""

    name = "approve_agreement"
    brand: Brand
    sealer: Sealer
    id: str
    version: int
    entry: str
    credit: Credit
    by: Operator
    now: datetime

    @property
    def locks(self) -> Sequence[Lock]:
        return _locks(self.brand, self.id, self.entry)

    async def handle(self, unit: UnitOfWork) -> Recall | None:
        before = await load_recall(unit.connection, self.sealer, self.brand.name, self.id)
        if before is None:
            return None
        proposed = before.proposal
        if proposed is None or (proposed.version, proposed.entry) != (self.version, self.entry):
            raise FieldInvalid("recall", public=f"No agreement is proposed as version {self.version}.", path="version")
        if self.by.is_same(proposed.by, proposed.key):
            raise FieldInvalid("recall", public="Another operator than the one who proposed it must approve.", path="operator")
        if before.state in AGREED_TO and before.approved_by == self.by.name:
            return before
        if before.open_proposal is None:
            raise FieldInvalid("recall", public=f"It is version {before.version} by now.", path="version")
        facts = {"entry": proposed.entry, "ground": proposed.ground, "approved_by": self.by.name}
        after = follow(before, RecallEvent.AGREE, self.now, **facts)
        check_credit(before.request, self.credit)
        await _check_unused(unit, self.sealer, self.brand, self.entry)
        await write_version(unit, self, after, RecallEvent.AGREE)
        return after


def _locks(brand: Brand, recall: str, entry: str) -> Sequence[Lock]:
    return tuple(RECALLING.of(brand.name, name) for name in (recall, f"entry/{entry}"))


async def _check_unused(unit: UnitOfWork, sealer: Sealer, brand: Brand, entry: str) -> None:
    """Raises FieldInvalid for an entry by which another recall was agreed to: a payment goes back once."""
    others = await load_of_entry(unit.connection, sealer, brand.name, entry)
    if others:
        raise FieldInvalid("entry", public=f"What this entry gave goes back by {others[0].id} already.", path="entry")
