"""The bank's side of Faster Payments: one question a connection, and no word believed that cannot be read in time."""

import asyncio
from collections.abc import Callable

import msgspec

from kernel.banking.money import Money
from kernel.banking.orders import Reason
from plugins.rails.faster_payments.messages import LINE_BYTES_MAX, Answer, AskStatus, Question, Submit
from plugins.rails.faster_payments.outcomes import refusal_of
from plugins.rails.ports import RailPayment, RailReport, RailSilent

SECONDS_MAX = 5.0  # for one question, from the connection to the answer


class FasterPayments:
    """The Rail port. `address` is where the scheme listens now, as host and port: it may have started again."""

    name = "faster_payments"

    def __init__(self, address: Callable[[], tuple[str, int]], seconds_max: float = SECONDS_MAX) -> None:
        self._address = address
        self._seconds_max = seconds_max

    def refuses(self, amount: Money) -> Reason | None:
        return refusal_of(amount)

    async def submit(self, payment: RailPayment) -> RailReport:
        report = (await self.ask(Submit(payment))).report
        if report is None or report.uetr != payment.uetr:
            raise RailSilent("no report on this payment")
        return report

    async def status(self, uetr: str) -> RailReport | None:
        report = (await self.ask(AskStatus(uetr))).report
        if report is not None and report.uetr != uetr:
            raise RailSilent("a report on another payment")
        return report

    async def ask(self, question: Question) -> Answer:
        """Raises RailSilent."""
        try:
            async with asyncio.timeout(self._seconds_max):
                line = await self._exchange(msgspec.json.encode(question) + b"\n")
        except (OSError, TimeoutError, ValueError) as error:
            raise RailSilent(type(error).__name__) from None
        try:
            answer = msgspec.json.decode(line, type=Answer)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RailSilent(f"unreadable: {type(error).__name__}") from None
        if answer.fault:
            raise RailSilent(answer.fault)
        return answer

    async def _exchange(self, sent: bytes) -> bytes:
        host, port = self._address()
        reader, writer = await asyncio.open_connection(host, port, limit=LINE_BYTES_MAX)
        try:
            writer.write(sent)
            await writer.drain()
            return await reader.readline()
        finally:
            writer.close()
