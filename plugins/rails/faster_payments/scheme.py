"""A simulated Faster Payments scheme as a process of its own: it takes payments, keeps its own books, and fails on request.

`python -m plugins.rails.faster_payments.scheme --books FILE` listens on a free port of the loopback (or on `--port`), and prints that port
once it accepts. It ends with its standard input, so it outlives no server; its books stay.
"""

import argparse
import asyncio
import os
import sys
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import msgspec

from kernel.clock import SystemClock
from plugins.rails.faster_payments.books import Books, OtherPayment
from plugins.rails.faster_payments.messages import (
    LINE_BYTES_MAX,
    Answer,
    AskStatus,
    Effect,
    ListPayments,
    Question,
    SetEffects,
    Submit,
)

HOST = "127.0.0.1"
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
                return b""
            case Fault.DELAY:
                await asyncio.sleep(min(effect.milliseconds, DELAY_MILLISECONDS_MAX) / 1000)
            case Fault.DOUBLE:
                return answer * 2
            case Fault.GARBLE:
                return GARBAGE
            case _:
                pass
        return answer


def _line(answer: Answer) -> bytes:
    return msgspec.json.encode(answer) + b"\n"


async def run(books: Path, port: int) -> None:
    """Until standard input ends."""
    opened = Books(books, SystemClock().wall)
    server = await asyncio.start_server(Scheme(opened).serve, HOST, port, limit=LINE_BYTES_MAX)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await asyncio.to_thread(sys.stdin.buffer.read)
    opened.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--books", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    os.setpgid(0, 0)  # Ctrl-C is for the server to hear
    asyncio.run(run(arguments.books, arguments.port))


if __name__ == "__main__":
    main()
