"""`make drills`: attack a sandbox from outside, from fifty loopback addresses, while an honest TPP reads; say what was expected, what was
measured, and whether it held. Every drill is bounded in count and time.

The honest reads and the attackers share the machine's cores with the server: run it on a machine that does nothing else.
"""

import argparse
import asyncio
import gc
import signal
import sys
import time
from fnmatch import fnmatchcase

from tests.drills.drills import DRILLS, QUIET_SECONDS, Drill, Scene, Verdict
from tests.drills.honest import Honest
from tests.drills.site import KINDS, Site, opened

DRILL_SECONDS_MAX = 1_800.0
SETTLING_SECONDS = 3.0


def main() -> int:
    arguments = _parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # and so do the servers
    gc.disable()  # a pause of our own would be counted as the server's; a run is short
    drills = [drill for drill in DRILLS if any(fnmatchcase(drill.name, name) for name in arguments.only or ["*"])]
    if not drills:
        print(f"no drill is called {' or '.join(arguments.only)}: there are {', '.join(drill.name for drill in DRILLS)}")
        return 2
    failed: list[str] = []
    for kind in arguments.kind or KINDS:
        with opened(kind) as site:
            failed += asyncio.run(_run(site, drills, arguments))
    print(f"\n{'FAILED: ' + ', '.join(failed) if failed else 'every drill held'}")
    return 1 if failed else 0


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make drills", description=__doc__)
    parser.add_argument("--only", action="append", help="a drill's name, or a glob; may be repeated (default: all)")
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="on which storage; may be repeated (default: both)")
    parser.add_argument("--scale", type=float, default=1.0, help="part of the judged numbers (2,000 connections, 30,000 calls)")
    parser.add_argument("--seed", type=int, default=4, help="of the fuzzed calls")
    return parser.parse_args()


async def _run(site: Site, drills: list[Drill], arguments: argparse.Namespace) -> list[str]:
    """The names of the drills that failed."""
    failed = []
    async with Honest.at(site) as honest:
        async with honest.watching() as quiet:
            await asyncio.sleep(QUIET_SECONDS)
        print(
            f"\non {site.kind}: honest reads in quiet: p99 {quiet.p99_milliseconds:.0f} ms of {len(quiet.seconds)}\n{quiet.inside}",
            flush=True,
        )
        scene = Scene(honest, quiet, arguments.scale, arguments.seed)
        for drill in drills:
            verdict, seconds = await _drill(drill, scene)
            failed += [f"{site.kind}/{drill.name}"] if verdict.faults else []
            _print(drill, verdict, seconds)
            await asyncio.sleep(SETTLING_SECONDS)
    return failed


async def _drill(drill: Drill, scene: Scene) -> tuple[Verdict, float]:
    began = time.monotonic()
    try:
        async with asyncio.timeout(DRILL_SECONDS_MAX):
            verdict = await drill.run(scene)
    except Exception as error:  # a drill that breaks has not held, and the others are still to be run
        verdict = Verdict(faults=[f"broke: {type(error).__name__}: {error}"])
    return verdict, time.monotonic() - began


def _print(drill: Drill, verdict: Verdict, seconds: float) -> None:
    print(f"\n{drill.name}: {'FAILED' if verdict.faults else 'held'} ({seconds:.0f} s)\n  expected  {drill.expectation}")
    for figure in verdict.figures:
        print(f"  measured  {figure}")
    for fault in verdict.faults:
        print(f"  fault     {fault}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
