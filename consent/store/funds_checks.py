"""Write down each check of funds under the lock of its consent: one that ends meanwhile is asked no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from consent.store.lifecycle import check_authorised
from consent.store.locks import CONSENT
from consent.store.rows.funds_checks import insert_check
from consent.store.rows.snapshots import load_consent
from kernel.access import Caller
from kernel.banking.funds_checks import FundsCheck
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.commands.locks import Lock
from kernel.commands.runner import Commands
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import ConsentUnknown
from kernel.storage.journal import Entry
from kernel.storage.sealed import Sealer

KEPT = timedelta(days=397)  # a check is kept for 13 months, as long as a customer may dispute a payment (PSRs 2017 reg. 74(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class FundsChecks:
    """Implements gateway/ports.py FundsChecks."""

    commands: Commands
    clock: Clock
    sealer: Sealer

    async def record(self, brand: Brand, caller: Caller, check: FundsCheck) -> None:
        """Raises ConsentUnknown, ConsentNotAuthorised, ConsentSuspended, ConsentExpired or ConsentRevoked."""
        await self.commands.run(RecordFundsCheck(self, brand.name, caller, check))


@dataclass(frozen=True, slots=True)
class RecordFundsCheck:
    name = "record_funds_check"
    store: FundsChecks
    brand: str
    caller: Caller
    check: FundsCheck

    @property
    def locks(self) -> Sequence[Lock]:
        return (CONSENT.of(self.brand, self.check.consent_id),)

    async def handle(self, unit: UnitOfWork) -> None:
        store, check = self.store, self.check
        consent = await load_consent(unit.connection, store.sealer, self.brand, check.consent_id)
        if consent is None:
            raise ConsentUnknown("no such consent")
        check_authorised(consent, store.clock.now())
        now = store.clock.wall()
        client_id = self.caller.client_id or ""
        await insert_check(unit.connection, store.sealer, self.brand, check, client_id=client_id, expires_at=now + KEPT)
        facts: dict[str, str | int | list[str] | None] = {"check": check.id}
        unit.record(
            Entry(
                brand=self.brand,
                kind="consent.funds_checked",
                aggregate_id=check.consent_id,
                at=now,
                actor=self.caller.actor,
                facts=facts,
            )
        )
