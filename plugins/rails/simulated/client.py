"""The bank's side of a simulated scheme: one question a connection, and no word believed that cannot be read in time."""

import asyncio
from collections.abc import Callable

import msgspec

from kernel.banking.money import Money
from kernel.banking.orders import Reason
from plugins.rails.ports import RailNotice, RailPayment, RailReport, RailSilent
from plugins.rails.simulated.messages import LINE_BYTES_MAX, Acknowledge, Answer, AskStatus, ListNotices, Question, Submit
from plugins.rails.simulated.rules import SchemeRules

SECONDS_MAX = 5.0  # for one question, from the connection to the answer


class SimulatedRail:
    """The ports Rail and NoticingRail. `address` is where the scheme listens now, as host and port: it may have started again."""

    def __init__(self, rules: SchemeRules, address: Callable[[], tuple[str, int]], seconds_max: float = SECONDS_MAX) -> None:
        self.name, self.pace = rules.name, rules.pace
        self._rules = rules
        self._address = address
        self._seconds_max = seconds_max

    def refuses(self, amount: Money) -> Reason | None:
        return self._rules.refusal_of(amount)

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

    async def notices(self) -> tuple[RailNotice, ...]:
        return (await self.ask(ListNotices())).notices

    async def acknowledge(self, notice_id: str) -> None:
        await self.ask(Acknowledge(notice_id))

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
