"""Connections to PostgreSQL that ended while they lay in the pool: each is replaced when it is taken out.

The driver knows at once of a connection that the server has closed. One that lay long may have been dropped on its way without a word, and is
asked. Asking each time would be three journeys to the server before every read, which waits for as many turns of the event loop.
"""

from collections.abc import Callable
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine

from kernel.clock import monotonic as system_monotonic

IDLE_SECONDS: Final = 30.0  # in the pool, after which a connection is asked before it is used
RETURNED: Final = "portcullis returned"  # when a connection came back: a name among those that others keep with it


def end_with_the_server(engine: AsyncEngine, monotonic: Callable[[], float] = system_monotonic) -> None:
    """Look at each connection that is taken out of the engine's pool. `monotonic` is a clock in seconds that never jumps."""

    def note_return(_connection: Any, record: Any) -> None:
        record.info[RETURNED] = monotonic()

    def look(connection: Any, record: Any, _proxy: Any) -> None:
        returned_at = record.info.get(RETURNED)  # None: it is new
        if connection.driver_connection.is_closed():
            raise DisconnectionError("the server has ended it")
        if returned_at is not None and monotonic() - returned_at >= IDLE_SECONDS:
            _ask(connection)

    sa.event.listen(engine.sync_engine, "checkin", note_return)
    sa.event.listen(engine.sync_engine, "checkout", look)


def _ask(connection: Any) -> None:
    try:
        connection.ping()
    except Exception as error:
        raise DisconnectionError("it does not answer") from error
