"""The file of a consent to a file of payments: it is uploaded once, whole or not at all, and kept as it came, with the payments in it.

The consent is locked and moves in the transaction that keeps the file: a consent that awaits its customer always has its file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from consent.store.changes import change_consent
from consent.store.consents import ConsentStore
from consent.store.kinds.file import lay_out
from consent.store.lifecycle import ConsentEvent
from consent.store.locks import CONSENT
from consent.store.owners import check_readable
from consent.store.rows.files import insert_file, insert_payments, load_file
from consent.store.rows.snapshots import load_consent
from kernel.access import Caller
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import Consent
from kernel.banking.payments import PaymentTerms
from kernel.banking.planned.files import FileContent, FilePayment, FileTerms
from kernel.brand import Brand
from kernel.commands.idempotency import Idempotency, Outcome
from kernel.commands.locks import Lock
from kernel.commands.unit_of_work import UnitOfWork
from kernel.cut_offs import start_of
from kernel.errors import ConsentUnknown
from kernel.hot_state.subjects import consent_subject

FILES_KEPT = timedelta(
    days=397
)  # after the day of the last payment: 13 months (PSRs 2017 reg. 74(1)), as long as it may be disputed


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentFiles:
    """Implements gateway/files/ports.py Files."""

    store: ConsentStore

    async def was_uploaded(self, use: Idempotency) -> bool:
        """True if the key was used for this file. Raises IdempotencyConflict."""
        return await self.store.commands.find_earlier(use) is not None

    async def upload(
        self, brand: Brand, caller: Caller, consent_id: str, use: Idempotency, *, data: bytes, payments: Sequence[FilePayment]
    ) -> None:
        """Raises ConsentUnknown, ConsentNotAuthorised (also where a file has come already), ConsentExpired, FieldDateInvalid or
        IdempotencyConflict; nothing is kept then."""
        content, ordered = lay_out(payments, brand, self.store.clock.now())
        command = UploadFile(self.store, brand, caller, consent_id, data=data, content=content, payments=ordered)
        await self.store.commands.run_once(command, use, closing=(consent_subject(brand.name, consent_id),))

    async def read(self, brand: Brand, consent_id: str) -> bytes:
        """As it came; empty where there is none (any more). Its owner is not checked."""
        async with self.store.database.read() as connection:
            return await load_file(connection, self.store.sealer, brand.name, consent_id)


@dataclass(frozen=True, slots=True)
class UploadFile:
    name = "upload_file"
    store: ConsentStore
    brand: Brand
    caller: Caller
    consent_id: str
    data: bytes
    content: FileContent
    payments: Sequence[PaymentTerms]

    @property
    def locks(self) -> Sequence[Lock]:
        return (CONSENT.of(self.brand.name, self.consent_id),)

    async def handle(self, unit: UnitOfWork) -> Outcome:
        store, connection, brand = self.store, unit.connection, self.brand.name
        found = check_readable(await load_consent(connection, store.sealer, brand, self.consent_id), self.caller)
        if not isinstance(found.terms, FileTerms):
            raise ConsentUnknown(f"a consent of kind {found.kind} has no file")
        terms = msgspec.structs.replace(found.terms, content=self.content, debtor_account=self._debtor(found.terms))
        details = {"payments": str(self.content.payments), "file_hash": terms.hash}
        consent = await change_consent(
            unit, store, found, ConsentEvent.UPLOAD, actor=self.caller.actor, details=details, terms=terms, **self._end(found)
        )
        until = self._kept_until()
        await insert_file(connection, store.sealer, brand, consent.id, self.data, expires_at=until)
        await insert_payments(connection, store.sealer, brand, consent.id, self.payments, expires_at=until)
        return Outcome(resource_id=consent.id, outcome=consent.state)

    def _debtor(self, terms: FileTerms) -> AccountIdentifier | None:
        """The account that pays: the consent's, or the file's."""
        named = (each.debtor_account for each in self.payments if each.debtor_account is not None)
        return terms.debtor_account or next(named, None)

    def _end(self, consent: Consent) -> dict[str, datetime]:
        """It must be used before the first of its payments is due, where that is on a later day."""
        first = start_of(self.content.days[0].day, self.brand.zone)
        is_ahead = first > self.store.clock.now() and (consent.valid_until is None or first < consent.valid_until)
        return {"valid_until": first} if is_ahead else {}

    def _kept_until(self) -> datetime:
        """In protocol time."""
        ahead = start_of(self.content.days[-1].day, self.brand.zone) - self.store.clock.now()
        return self.store.clock.wall() + max(timedelta(), ahead) + FILES_KEPT
