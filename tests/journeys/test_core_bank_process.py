"""A sandbox whose bank is a process of its own, reached over HTTP: the same journey, and what happens when that process is killed,
stopped in the middle of everything, or left alone."""

import asyncio
import os
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.tpp_kit.knobs import Knobs
from tests.harness.fixtures import ensure_postgresql
from tests.harness.installations import BANK_APART, PRODUCTION_LIKE, Installations
from tests.harness.judged import JudgedTpp
from tests.harness.patience import PATIENCE_SECONDS
from tests.harness.server import Server

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the bank's process through /proc")
PRESENT = Knobs(headers={"x-fapi-customer-ip-address": "192.0.2.7"})


@pytest.fixture(scope="module", params=(BANK_APART, PRODUCTION_LIKE))
def split(request: pytest.FixtureRequest, installations: Installations) -> Iterator[Server]:
    """A sandbox with its bank in another process, which these tests may kill as long as it comes back. Started."""
    ensure_postgresql(request)
    with installations.installation(request.param) as server:
        yield server.start()


def bank_pid(server: Server) -> int:
    """The bank's process: the one child of the server that serves it."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    [pid] = [int(pid) for pid in children if is_bank(int(pid))]
    return pid


def is_bank(pid: int) -> bool:
    try:
        return b"core-bank" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


def upstream_defects(server: Server) -> float:
    """The number of times that the bank was found wanting since the server started."""
    with urllib.request.urlopen(f"{server.ready['ops']}/metrics", timeout=PATIENCE_SECONDS) as answer:
        lines = answer.read().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith('portcullis_upstream_defects_total{code="upstream_'))


async def until_answered(tpp: JudgedTpp, path: str, token: str) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await tpp.get(path, token, knobs=PRESENT)).status != 200:  # noqa: ASYNC110  it happens in another process
            await asyncio.sleep(0.2)


async def test_the_journey_is_the_same_with_the_bank_in_another_process(split):
    async with JudgedTpp.of(split, "acme") as acme:
        grant = await acme.granted()
        accounts = (await acme.get("/accounts", grant.token, knobs=PRESENT)).json()["Data"]["Account"]
        assert {account.get("Nickname") for account in accounts} == {"Bills and spending", "Rainy day", "Holidays", None}
        for account in accounts:
            for what in ("", "/balances", "/transactions"):
                answer = await acme.get(f"/accounts/{account['AccountId']}{what}", grant.token, knobs=PRESENT)
                assert answer.status == 200, answer.body
        assert split.ready["core_bank"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_bank_that_dies_or_hangs_costs_its_callers_little_and_comes_back(split, blow):
    async with JudgedTpp.of(split, "acme") as acme:
        grant = await acme.granted()
        await until_answered(acme, "/balances", grant.token)
        pid, defects = bank_pid(split), upstream_defects(split)
        os.kill(pid, blow)
        answers = [await acme.get("/balances", grant.token, knobs=PRESENT)]
        if blow == signal.SIGSTOP:
            assert answers[0].status == 503
            os.kill(pid, signal.SIGKILL)
        await until_answered(acme, "/balances", grant.token)
        assert bank_pid(split) != pid
        if answers[0].status != 200:
            assert upstream_defects(split) > defects


def test_the_bank_ends_with_its_server_however_that_ends_and_leaves_its_port_to_the_next(split):
    pid = bank_pid(split)
    split.kill()
    split.start()
    assert not is_bank(pid)
    assert bank_pid(split) != pid
