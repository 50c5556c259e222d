"""A rail of files. Implements plugins/rails/ports.py Rail and NoticingRail.

A payment is collected in the spool; `turn` closes batches that are due, hands their documents over, and reads the answers that came. Each step may be cut
short anywhere, and the next turn goes on: a batch has one document, which is handed over once, and a word that was written down moves nothing twice.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.banking.orders import Reason
from kernel.clock import Clock
from kernel.iso20022.nodes import DocumentRefused
from plugins.rails.files.exchange import Exchange, move
from plugins.rails.files.rules import ACCOUNT, NAME, PACE, BatchRule, refusal_of
from plugins.rails.files.spool import Batched, OtherPayment, Spool, Word
from plugins.rails.files.words import instruction_of, read_words
from plugins.rails.iso20022.credit_transfers import Batch, BatchTransfer, TransferUnwritable, write_batch
from plugins.rails.ports import RailNotice, RailPayment, RailReport, RailSilent

LOOK_EVERY_SECONDS = 0.5  # between two turns
SPOOL = "spool.sqlite3"  # of the folder
T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sender:
    """The bank that orders the payments of a batch, as the message names it."""

    name: str
    bic: str


class FileRail:
    """`clock` is protocol time."""

    name, pace = NAME, PACE

    def __init__(self, folder: Path, rule: BatchRule, sender: Sender, clock: Clock) -> None:
        """Opens the spool and the folders in `folder`, which blocks."""
        self._exchange = Exchange.open(folder)
        self._spool = Spool(folder / SPOOL)
        self._rule, self._sender, self._clock = rule, sender, clock
        self._thread = ThreadPoolExecutor(1)

    @classmethod
    @asynccontextmanager
    async def opened(cls, folder: Path, rule: BatchRule, sender: Sender, clock: Clock) -> AsyncIterator["FileRail"]:
        """It takes its turns while the context is open."""
        rail = await asyncio.to_thread(cls, folder, rule, sender, clock)
        turning = asyncio.create_task(rail.run(), name="file rail")
        try:
            yield rail
        finally:
            turning.cancel()
            await asyncio.gather(turning, return_exceptions=True)
            await rail.close()

    async def close(self) -> None:
        await self._do(self._spool.close)
        self._thread.shutdown(wait=False)

    def refuses(self, amount: Money) -> Reason | None:
        return refusal_of(amount)

    async def submit(self, payment: RailPayment) -> RailReport:
        now, refused = self._clock.wall(), None
        try:
            write_batch(self._batch(Batched(id="-", closed_at=now, execute_on=now.date(), payments=(payment,))))
        except TransferUnwritable:  # a name or a text has more than its place in the message
            refused = Reason.UNSPECIFIED_BY_AGENT
        return await self._do(partial(self._spool.collect, payment, now, refused))

    async def status(self, uetr: str) -> RailReport | None:
        return await self._do(partial(self._spool.find, uetr))

    async def notices(self) -> tuple[RailNotice, ...]:
        return await self._do(self._spool.notices)

    async def acknowledge(self, notice_id: str) -> None:
        await self._do(partial(self._spool.acknowledge, notice_id))

    async def run(self) -> None:
        while True:
            try:
                await self.turn()
            except Exception:  # the next turn may succeed
                log.exception("file_rail_halted")
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def turn(self) -> None:
        """Raises RailSilent for a spool or folders that cannot be used. Answers are read also where nothing can be handed over."""
        try:
            await self._do(self._hand_over_due)
        finally:
            await self._read_answers()

    async def _read_answers(self) -> None:
        for file, document in await self._do(self._exchange.read_answers):
            try:
                words = await read_words(document, self._clock.wall())
            except DocumentRefused as refusal:
                log.warning("rail_answer_refused", file=file.name, why=str(refusal))
                await self._do(partial(move, file, self._exchange.refused))
                continue
            await self._do(partial(self._keep, file, words))

    def _hand_over_due(self) -> None:
        self._spool.close_batches(self._rule, self._clock.wall())
        for batch in self._spool.unwritten():
            self._exchange.hand_over(batch.id, write_batch(self._batch(batch)))
            self._spool.mark_written(batch.id)
            log.info("batch_handed_over", batch=batch.id, payments=len(batch.payments))

    def _keep(self, file: Path, words: Sequence[Word]) -> None:
        """A file is moved away once its words are written down: one that is read again moves nothing."""
        moved = self._spool.take(words)
        move(file, self._exchange.read)
        log.info("rail_answer_read", file=file.name, words=len(words), moved=moved)

    def _batch(self, batch: Batched) -> Batch:
        return Batch(
            message_id=batch.id,
            id=batch.id,
            created_at=batch.closed_at,
            initiator=self._sender.name,
            debtor_name=self._sender.name,
            debtor_account=AccountIdentifier(Scheme.SORT_CODE, ACCOUNT.number),
            debtor_bic=self._sender.bic,
            execute_on=batch.execute_on,
            transfers=[_transfer(payment) for payment in batch.payments],
        )

    async def _do(self, work: Callable[[], T]) -> T:
        """In the one thread of the spool. Raises RailSilent."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (sqlite3.Error, OSError, OtherPayment) as error:
            raise RailSilent(type(error).__name__) from None


def _transfer(payment: RailPayment) -> BatchTransfer:
    return BatchTransfer(
        id=instruction_of(payment.uetr),
        uetr=payment.uetr,
        amount=payment.amount,
        creditor_name=payment.creditor_name,
        creditor_account=payment.creditor_account,
        creditor_bic=payment.creditor_bic,
        end_to_end_id=payment.end_to_end_id,
        remittance=payment.remittance,
        reference=payment.reference,
    )
