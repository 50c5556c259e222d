"""aiohttp's parser, fed in small pieces: the bytes of a head count as they arrive, and a head without end is refused while it is small.

RFC 6585 section 5 (431). aiohttp bounds a line, a field and the number of fields; this adds a bound on a head as a whole, on chunk
extensions and trailers, on requests that are sent ahead of their answers, and on what all unfinished heads hold together.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError, LineTooLong
from aiohttp.http_parser import HttpRequestParser
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader

from kernel.errors import Overloaded
from kernel.http.admission.byte_budget import ByteBudget, Holding
from kernel.http.head import FIELD_BYTES_MAX, FIELDS_MAX, HEAD_BYTES_MAX

PIECE_BYTES: Final = 4096  # of what arrived, parsed at once
FREE_BYTES: Final = 8192  # of an unfinished head that each connection may hold without asking the budget
FRAMING_BYTES_MAX: Final = 16_384  # of chunk extensions and trailers between two bytes of a body and after the last
REQUESTS_AHEAD_MAX: Final = 2  # pipelined requests that wait while one is answered

Found = tuple[list[Any], bool, bytes]  # messages, whether the connection was upgraded, and what came after


class NoRoomForHead(HttpProcessingError):
    """Unfinished heads hold all that they may."""


class BoundedParser:
    """The parser of one connection, with the methods that aiohttp's protocol calls. `share` says whose heads these are in `budget`;
    `is_paused` says whether the protocol waits for a body to be read."""

    def __init__(
        self,
        protocol: BaseProtocol,
        loop: asyncio.AbstractEventLoop,
        budget: ByteBudget,
        share: str,
        *,
        is_paused: Callable[[], bool],
        read_bufsize: int,
    ) -> None:
        self._is_paused = is_paused
        self._parser: Any = HttpRequestParser(
            protocol,
            loop,
            read_bufsize,
            max_line_size=FIELD_BYTES_MAX,
            max_field_size=FIELD_BYTES_MAX,
            max_headers=FIELDS_MAX,
            payload_exception=web.RequestPayloadError,
            auto_decompress=False,  # a small body that unpacks into a large one is refused, not unpacked
            max_msg_queue_size=REQUESTS_AHEAD_MAX,
        )
        self._protocol = protocol
        self._loop = loop
        self._budget = budget
        self._holding: Holding | None = None  # of an unfinished head beyond FREE_BYTES
        self._share = share
        self._body: StreamReader = EMPTY_PAYLOAD
        self._body_bytes = 0
        self._unfinished = 0  # bytes since a head ended or a body moved on
        self._waiting = 0
        self._rest = b""
        self._is_broken = False
        self._refusal: HttpProcessingError | None = None

    @property
    def is_within_head(self) -> bool:
        """Part of a head has arrived, and its end has not."""
        return self._unfinished > 0 and self._body.is_eof()

    def feed_data(self, data: bytes) -> Found:
        """Raises LineTooLong past a limit, NoRoomForHead, and another HttpProcessingError for what is no HTTP."""
        found: list[Any] = []
        if self._is_broken:
            return found, False, b""
        data, self._rest = self._rest + data, b""
        try:
            upgraded, tail = self._feed_pieces(data, found)
            self._charge()
        except HttpProcessingError as refusal:
            self._break_off()
            self._refusal = refusal
            raise
        return found, upgraded, tail

    def forget_trace(self) -> None:
        """A refusal names its trace, whose frames hold the refusal and all that was sent: together they would wait for the collector."""
        if self._refusal is not None:
            self._refusal.__traceback__ = self._refusal.__context__ = self._refusal.__cause__ = None
            self._refusal = None

    def feed_eof(self) -> Any:
        """The client sends no more: what aiohttp makes of that."""
        return self._parser.feed_eof()

    def pause_reading(self) -> None:
        """More of a body has arrived than is read."""
        self._parser.pause_reading()

    def message_consumed(self) -> None:
        """A request that waited is being answered."""
        self._waiting = max(self._waiting - 1, 0)
        self._parser.message_consumed()

    def set_upgraded(self, value: bool) -> None:
        """Say that what follows is another protocol's."""
        self._parser.set_upgraded(value)

    def release(self) -> None:
        """The connection is gone, and what it held."""
        self._is_broken, self._rest = True, b""
        self._free()

    def _feed_pieces(self, data: bytes, found: list[Any]) -> tuple[bool, bytes]:
        for start in range(0, max(len(data), 1), PIECE_BYTES):
            if self._must_wait:
                self._rest = data[start:]
                break
            piece = data[start : start + PIECE_BYTES]
            was_within_body = not self._body.is_eof()
            messages, upgraded, tail = self._parser.feed_data(piece)
            found += messages
            self._count(len(piece), messages, was_within_body)
            if upgraded:
                return True, tail + data[start + PIECE_BYTES :]
        if self._waiting >= REQUESTS_AHEAD_MAX and len(self._rest) > HEAD_BYTES_MAX:
            raise LineTooLong(b"", HEAD_BYTES_MAX)
        return False, b""

    @property
    def _must_wait(self) -> bool:
        """The protocol reads no more for now; it feeds what is left when it goes on."""
        return self._is_paused() or self._waiting >= REQUESTS_AHEAD_MAX

    def _count(self, size: int, messages: list[Any], was_within_body: bool) -> None:
        if messages:
            self._waiting += len(messages)
            self._body = messages[-1][1]
        has_ended = was_within_body and self._body.is_eof()
        if messages or has_ended or self._body.total_bytes != self._body_bytes:
            self._unfinished, self._body_bytes = 0, self._body.total_bytes
            return
        self._unfinished += size
        limit = HEAD_BYTES_MAX if self._body.is_eof() else FRAMING_BYTES_MAX
        if self._unfinished > limit:
            raise LineTooLong(b"", limit)

    def _charge(self) -> None:
        """Count what is unfinished now, and not what passed through."""
        due = max(self._unfinished - FREE_BYTES, 0)
        if self._holding is not None and due < self._holding.held:
            self._free()  # that head has ended
        if not due:
            return
        if self._holding is None:
            self._holding = self._budget.open(self._share, self._give_up)
        try:
            self._budget.take(self._holding, due - self._holding.held)
        except Overloaded as full:
            raise NoRoomForHead(message=full.detail) from None

    def _free(self) -> None:
        if self._holding is not None:
            self._budget.close(self._holding)
            self._holding = None

    def _give_up(self) -> None:
        """Another peer needs the room more: what is held must find room again, or is refused. The budget does its sums first."""
        self._loop.call_soon(self._ask_again)

    def _ask_again(self) -> None:
        if not self._is_broken:
            self._protocol.data_received(b"")

    def _break_off(self) -> None:
        """Nothing that still comes is looked at, and a body that was arriving will not end."""
        self.release()
        if not self._body.is_eof():
            self._body.set_exception(web.RequestPayloadError())
