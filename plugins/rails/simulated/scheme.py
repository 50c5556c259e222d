"""Simulated schemes as a process of their own: each takes payments, keeps its own books, and fails on request.

`python -m plugins.rails.simulated.scheme --books FOLDER --rail NAME [--rail NAME]` listens on a free port of the loopback for each scheme, and prints these
ports in one line once it accepts. It ends with its standard input, so it outlives no server; its books stay.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import msgspec

from kernel.clock import SystemClock
from plugins.rails.schemes import SCHEMES
from plugins.rails.simulated.books import Books, OtherPayment
from plugins.rails.simulated.messages import (
    LINE_BYTES_MAX,
    Acknowledge,
    Answer,
    AskStatus,
    Effect,
    ListNotices,
    ListPayments,
    Question,
    SetEffects,
    Submit,
)
from plugins.rails.simulated.rules import SchemeRules

HOST = "127.0.0.1"
BOOKS_SUFFIX = ".sqlite3"  # of the file of a scheme's books, after its name
GARBAGE = b'{"report": {"uetr": \xff\n'
DELAY_MILLISECONDS_MAX = 600_000  # of an answer


class Fault(StrEnum):
    """The faults that a submission may meet."""

    LOSE_QUESTION = "lose_question"  # it never arrived
    LOSE_ANSWER = "lose_answer"  # it was carried out, and not answered
    DELAY = "delay"  # carried out, and answered late
    LATE = "late"  # taken, and carried out later
    DOUBLE = "double"  # answered twice
    GARBLE = "garble"  # carried out, and answered with what no one can read


class Scheme:
    """The scheme over its books."""

    def __init__(self, books: Books) -> None:
        self._books = books

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: one question, one answer."""
        try:
            line = await reader.readline()
            sent = await self._answer(line) if line else b""
            writer.write(sent)
            await writer.drain()
        except (ConnectionError, asyncio.LimitOverrunError, ValueError):
            pass  # who asked has gone, or asked too much
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> bytes:
        """The bytes to send: none for an answer that is lost."""
        try:
            question: Question = msgspec.json.decode(line, type=Question)
        except msgspec.DecodeError as error:
            return _line(Answer(fault=str(error)))
        match question:
            case Submit():
                return await self._submit(question)
            case AskStatus(uetr):
                return _line(Answer(report=self._books.status(uetr)))
            case SetEffects(effects):
                self._books.set_effects(effects)
                return _line(Answer())
            case ListPayments(after):
                return _line(Answer(payments=self._books.payments(after)))
            case ListNotices():
                return _line(Answer(notices=self._books.notices()))
            case Acknowledge(notice_id):
                self._books.acknowledge(notice_id)
                return _line(Answer())
            case _:
                raise AssertionError(question)

    async def _submit(self, question: Submit) -> bytes:
        effect = self._books.take_effect() or Effect(name="")
        if effect.name == Fault.LOSE_QUESTION:
            return b""
        while_late = timedelta(milliseconds=effect.milliseconds) if effect.name == Fault.LATE else None
        try:
            answer = _line(Answer(report=self._books.submit(question.payment, late=while_late)))
        except OtherPayment:
            return _line(Answer(fault="another payment has this UETR"))
        match effect.name:
            case Fault.LOSE_ANSWER:
                self._books.note_unanswered(question.payment.uetr)
                return b""
            case Fault.DELAY:
                await asyncio.sleep(min(effect.milliseconds, DELAY_MILLISECONDS_MAX) / 1000)
            case Fault.DOUBLE:
                return answer * 2
            case Fault.GARBLE:
                self._books.note_unanswered(question.payment.uetr)
                return GARBAGE
            case _:
                pass
        return answer


def _line(answer: Answer) -> bytes:
    return msgspec.json.encode(answer) + b"\n"


def books_path(rules: SchemeRules, folder: Path) -> Path:
    return folder / f"{rules.name}{BOOKS_SUFFIX}"


async def run(schemes: Sequence[SchemeRules], folder: Path, now: Callable[[], datetime]) -> None:
    """Until standard input ends."""
    async with AsyncExitStack() as stack:
        ports = [await _listen(stack, rules, folder, now) for rules in schemes]
        sys.stdout.write(f"{' '.join(ports)}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.buffer.read)


async def _listen(stack: AsyncExitStack, rules: SchemeRules, folder: Path, now: Callable[[], datetime]) -> str:
    """The port on which a scheme accepts."""
    opened = Books(rules, books_path(rules, folder), now)
    stack.callback(opened.close)
    server = await stack.enter_async_context(await asyncio.start_server(Scheme(opened).serve, HOST, limit=LINE_BYTES_MAX))
    return str(server.sockets[0].getsockname()[1])


def main(now: Callable[[], datetime]) -> None:
    """`now` is the clock of all schemes."""
    parser = argparse.ArgumentParser(description=__doc__)
    by_name = {rules.name: rules for rules in SCHEMES}
    parser.add_argument("--books", type=Path, required=True)
    parser.add_argument("--rail", choices=list(by_name), action="append", required=True)
    arguments = parser.parse_args()
    os.setpgid(0, 0)  # Ctrl-C is for the server to hear
    asyncio.run(run([by_name[name] for name in arguments.rail], arguments.books, now))


if __name__ == "__main__":
    main(SystemClock().wall)
