"""Samples of how late the event loop is."""

import asyncio

import pytest

from kernel.observability.loop_delay import SAMPLE_SECONDS, watch_delay


async def test_a_sample_is_the_time_that_other_work_took_and_a_long_delay_counts_by_its_length():
    seconds, late, seen = 0.0, iter([0.0, 0.25, 0.05]), []

    async def sleep(wanted: float) -> None:
        nonlocal seconds
        try:
            seconds += wanted + next(late)
        except StopIteration:
            raise asyncio.CancelledError from None

    with pytest.raises(asyncio.CancelledError):
        await watch_delay(seen.append, monotonic=lambda: seconds, sleep=sleep)
    assert seen[0] == pytest.approx(0)
    assert seen[1:14] == pytest.approx([0.25 - sample * SAMPLE_SECONDS for sample in range(13)])
    assert seen[14:] == pytest.approx([0.05, 0.03, 0.01])
