"""A process with a file rail and its bureau over a folder, which kills itself at one of its commit points: a statement of a database, a file that is begun,
a name that is given.
"""

import asyncio
import itertools
import os
import signal
import sqlite3
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.money import Money
from kernel.clock import ManualClock
from plugins.rails.files.rail import FileRail, Sender
from plugins.rails.files.rules import BatchRule, daily_cut_off
from plugins.rails.files.simulated_bureau import SimulatedBureau
from plugins.rails.ports import RailPayment

SENT = tuple(
    RailPayment(
        uetr=str(UUID(int=number, version=4)),
        amount=Money("GBP", 1_000 + number),
        debtor_name="Alice Archer",
        debtor_account=None,
        creditor_name="ACME Inc",
        creditor_account=AccountIdentifier(Scheme.SORT_CODE, "08080021325698"),
        remittance="invoice 4711",
    )
    for number in range(1, 4)
)
MORNING = datetime(2026, 11, 30, 9, tzinfo=UTC)
RULE = BatchRule(daily_cut_off(time(15)), transfers_max=2)


async def walk(folder: Path) -> list[str]:
    """Payments are collected, handed over, answered and ended: what is known of each."""
    clock = ManualClock(MORNING)
    rail, bureau = FileRail(folder, RULE, Sender("Portcullis Bank", "PTCLGB2L"), clock), SimulatedBureau(folder, clock)
    try:
        for payment in SENT:
            await rail.submit(payment)
        clock.advance(timedelta(hours=7))
        for work in (rail.turn, bureau.look, rail.turn):
            await work()
        reports = [await rail.status(payment.uetr) for payment in SENT]
        return [report.status for report in reports if report is not None]
    finally:
        await rail.close()
        bureau.close()


def main() -> None:
    folder, last = Path(sys.argv[1]), int(sys.argv[2])
    points = itertools.count(1)

    def pass_point(*_: object) -> None:
        if next(points) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        connection.set_trace_callback(pass_point)
        return connection

    def audited(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "os.rename" or (event == "open" and str(arguments[0]).endswith(".part")):
            pass_point()

    connect, sqlite3.connect = sqlite3.connect, traced
    sys.addaudithook(audited)
    ends = asyncio.run(walk(folder))
    sys.stdout.write(f"{next(points) - 1} {' '.join(ends)}\n")


if __name__ == "__main__":
    main()
