"""One TPP inside its rate, and another at the same time, over real TLS: haste is refused to those in haste, and to no one else."""

import asyncio
import secrets
import time

from sandbox.tpp_kit.knobs import Knobs
from tests.harness.judged import JudgedTpp
from tests.journeys.scene import PRESENT

AT_ONCE = 60
BURSTS_MAX = 8  # within the rate of a minute
READS = 15


async def get(tpp, path, token):
    return await tpp.get(path, token, knobs=Knobs(headers=PRESENT))


async def median_of_reads(tpp, token) -> float:
    """Seconds. Every read is answered."""
    taken = []
    for _ in range(READS):
        started = time.perf_counter()
        assert (await get(tpp, "/balances", token)).status == 200
        taken.append(time.perf_counter() - started)
    return sorted(taken)[READS // 2]


async def test_a_tpp_in_haste_is_refused_and_its_neighbour_is_not(acme, borough):
    """The ratio of the neighbour's waits is printed, not judged: how fast this machine is says nothing about the server."""
    name = f"hasty-{secrets.token_hex(4)}"
    made = await acme.control("/tpps", {"name": name})
    assert made.status == 200, made.body
    hasty = JudgedTpp.of(acme.server, name)
    mine, theirs = await hasty.granted(), (await borough.granted()).token
    quiet = await median_of_reads(borough, theirs)
    answers = []

    async def hurry() -> None:
        for _ in range(BURSTS_MAX):
            burst = await asyncio.gather(*(get(hasty, "/transactions", mine.token) for _ in range(AT_ONCE)))
            answers.extend(burst)
            if any(answer.status == 429 for answer in burst):
                return

    async with asyncio.TaskGroup() as together:
        together.create_task(hurry())
        reading = together.create_task(median_of_reads(borough, theirs))
    print(f"a neighbour waits {reading.result() / quiet:.1f} times as long as in quiet")
    refused = [answer for answer in answers if answer.status == 429]
    assert refused
    assert {answer.status for answer in answers} == {200, 429}
    assert all(answer.header("Retry-After") and not answer.body for answer in refused)
    assert not any(answer.header("RateLimit") for answer in refused), "refused for its rate, not for its haste"
    assert (await get(hasty, "/balances", mine.token)).status == 200
    await hasty.wire.close()
