"""The printer's own process: reads one statement after another from its standard input and writes each one's PDF to its standard output.

A message either way is its length in FRAME_BYTES, big endian, and the message. The process ends when its input does, so it outlives no
server, however that one ends; a statement that it cannot print ends it as well. It imports what printing needs and nothing more.
"""

import os
import sys
from contextlib import suppress
from typing import BinaryIO

import msgspec

from kernel.banking.records.statements import STATEMENT_FILE_BYTES_MAX
from plugins.ledger.statements.printed import Printed
from sandbox.printer.statement_pdf import render_statement

FRAME_BYTES = 4
FIRST_DESCRIPTOR, DESCRIPTORS_MAX = 3, 65_536  # after input, output and errors
NICENESS = 5  # behind the server, and yet a file is ready within its time on a busy machine: at 19 it would wait for seconds


def main() -> None:
    os.closerange(FIRST_DESCRIPTOR, DESCRIPTORS_MAX)  # not every event loop closes what it could hand down
    os.setpgid(
        0, 0
    )  # Ctrl-C must reach the server alone; a session of its own would lose the low priority relative to the server
    os.nice(NICENESS)
    with suppress(BrokenPipeError):  # the server has gone while we printed
        serve(sys.stdin.buffer, sys.stdout.buffer)


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Until `questions` end. A file beyond STATEMENT_FILE_BYTES_MAX is answered with nothing."""
    decoder = msgspec.msgpack.Decoder(Printed)
    while head := questions.read(FRAME_BYTES):
        size = int.from_bytes(head, "big")
        message = questions.read(size)
        if len(message) < size:
            return  # the server has gone while it wrote
        content = render_statement(decoder.decode(message))
        answers.write(frame(content if len(content) <= STATEMENT_FILE_BYTES_MAX else b""))
        answers.flush()


def frame(message: bytes) -> bytes:
    return len(message).to_bytes(FRAME_BYTES, "big") + message


if __name__ == "__main__":
    main()
