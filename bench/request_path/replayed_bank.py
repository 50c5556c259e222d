"""A core bank that costs next to nothing: it asks the real one once for each question, and repeats its answer from then on.

`python -m bench.request_path.replayed_bank PORT BANK_PORT`, until it is ended. For reads alone: what changes must not be replayed. LAST_BALANCES
asks for the balances that were asked for last, for one who does not know the bank's own ids.
"""

import asyncio
import sys
from typing import cast

import uvloop

from bench.request_path.load import HEAD_END, HOST, content_length

LAST_BALANCES = "last-balances"  # below the base of the contract
BALANCES = b"/balances?"

Answers = dict[bytes, bytes]


class Replay(asyncio.Protocol):
    """`answers` are shared by all connections: by request line and body."""

    def __init__(self, answers: Answers, bank_port: int) -> None:
        self._answers = answers
        self._bank_port = bank_port
        self._received = b""
        self._asking: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(HEAD_END)
        length = content_length(head) or 0
        if not end or len(rest) < length:
            return
        request, self._received = self._received[: len(head) + len(end) + length], rest[length:]
        line = head.split(b"\r\n", 1)[0]
        key = BALANCES if LAST_BALANCES.encode() in line else line + rest[:length]
        answer = self._answers.get(key)
        if answer is not None:
            self._transport.write(answer)
            return
        task = asyncio.get_running_loop().create_task(self._ask(key, request))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _ask(self, key: bytes, request: bytes) -> None:
        reader, writer = await asyncio.open_connection(HOST, self._bank_port)
        writer.write(request)
        head = await reader.readuntil(HEAD_END)
        self._answers[key] = answer = head + await reader.readexactly(content_length(head) or 0)
        if BALANCES in key:
            self._answers[BALANCES] = answer
        writer.close()
        self._transport.write(answer)


async def replay(port: int, bank_port: int) -> None:
    answers: Answers = {}
    server = await asyncio.get_running_loop().create_server(lambda: Replay(answers, bank_port), HOST, port)
    await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(replay(int(sys.argv[1]), int(sys.argv[2])))
