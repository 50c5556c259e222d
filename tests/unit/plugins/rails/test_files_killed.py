"""A file rail and its bureau whose process is killed at any commit point, again and again: each payment is handed over and booked once."""

import random
import signal
import subprocess
import sys
from pathlib import Path

from kernel.banking.orders import RailStatus
from plugins.rails.files.bureau_record import RECORD, BureauRecord
from plugins.rails.files.exchange import Exchange
from tests.harness.mortal_file_rail import SENT
from tests.harness.patience import PATIENCE_SECONDS

COMMAND = (sys.executable, "-m", "tests.harness.mortal_file_rail")
DEATHS, SEED = 3, 1


def run_until(point: int, folder: Path) -> tuple[int, list[str]]:
    """The exit status of a process that dies at a point (0: it comes to its end), and what it said at its end: the number of points that it
    passed, and what is known of each payment."""
    command = [*COMMAND, str(folder), str(point)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    return done.returncode, (done.stdout.splitlines() or [""])[-1].split()


def booked(folder: Path) -> list[tuple[str, int]]:
    record = BureauRecord(folder / RECORD)
    try:
        return sorted((each.uetr, each.minor) for each in record.taken())
    finally:
        record.close()


def test_a_process_that_is_killed_at_its_commit_points_hands_each_payment_over_once(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    _, (points, *_) = run_until(0, whole)
    chosen = random.Random(SEED)
    statuses = [run_until(chosen.randint(1, int(points)), killed)[0] for _ in range(DEATHS)]
    assert -signal.SIGKILL in statuses
    status, (_, *ends) = run_until(0, killed)
    assert (status, ends) == (0, [RailStatus.SETTLED] * len(SENT))
    exchange = Exchange(killed)
    assert list(exchange.outgoing.glob("*.xml")) == []
    assert sum(path.read_bytes().count(b"<CdtTrfTxInf>") for path in exchange.taken.glob("*.xml")) == len(SENT)
    assert booked(killed) == [(each.uetr, each.amount.minor) for each in SENT]
