"""A statement is printed beside the event loop, one at a time, and no longer than someone waits."""

import asyncio
import threading

import pytest

from plugins.upstreams import printing
from plugins.upstreams.printing import Printing
from tests.unit.plugins.test_statement_pdf import entry, printed


async def test_the_event_loop_goes_on_while_a_statement_is_printed(monkeypatch):
    """The printer waits at its pause until the loop has had a turn: it cannot end before."""
    turned, waited = threading.Event(), []
    monkeypatch.setattr(printing, "_pause_unless", lambda _abandoned: lambda: waited.append(turned.wait(10)))
    work = asyncio.create_task(Printing().print(printed(entry(1))))
    asyncio.get_running_loop().call_later(0.01, turned.set)
    assert (await work).startswith(b"%PDF-")
    assert waited == [True]


async def test_a_printing_that_is_given_up_ends_at_its_next_pause(monkeypatch):
    ended, began = threading.Event(), threading.Event()
    go_on = threading.Event()
    pause_unless = printing._pause_unless

    def watched(abandoned: threading.Event):
        give_way = pause_unless(abandoned)

        def pause() -> None:
            began.set()
            go_on.wait()
            try:
                give_way()
            except printing.Abandoned:
                ended.set()
                raise

        return pause

    monkeypatch.setattr(printing, "_pause_unless", watched)
    work = asyncio.create_task(Printing().print(printed(entry(1))))
    assert await asyncio.to_thread(began.wait, 10)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    go_on.set()
    assert await asyncio.to_thread(ended.wait, 10)


async def test_printings_take_turns():
    at_once, most = 0, 0
    printer = Printing()

    async def one() -> None:
        nonlocal at_once, most
        async with printer.turn():
            at_once += 1
            most = max(most, at_once)
            await asyncio.sleep(0)
            at_once -= 1

    await asyncio.gather(*(one() for _ in range(5)))
    assert most == 1
