"""The drills: each with what is expected of the server, the figures of this run, and a verdict."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.drills.attacks import FLOODING, HOLDING
from tests.drills.enemy import AT_ONCE, Attack, Tally, attacking
from tests.drills.fuzz_run import fuzz
from tests.drills.honest import Honest, Watched
from tests.drills.written import read_written

CONNECTIONS = 2_000
CALLS = 30_000
QUIET_SECONDS = 12.0
HOLD_SECONDS = 8.0
ADMITTED_BYTES_MAX = 64 << 10
ALL_BYTES_MAX = 256 << 20
NOISE_BYTES = 16 << 20  # what a server's memory moves by while it answers honest callers
RATIO_MAX = 2.0
STATISTICS_SECONDS = {"sqlite": 0.0, "postgresql": 12.0}  # until what was written is counted: an idle backend reports after ten


@dataclass
class Scene:
    """The server that drills share. `scale` is the part of the judged numbers that is tried."""

    honest: Honest
    quiet: Watched
    scale: float = 1.0
    seed: int = 4

    def count(self, full: int) -> int:
        return max(10, round(full * self.scale))


@dataclass
class Verdict:
    figures: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def expect(self, holds: bool, fault: str) -> None:
        if not holds:
            self.faults.append(fault)


@dataclass(frozen=True, slots=True)
class Drill:
    name: str
    expectation: str
    run: Callable[[Scene], Awaitable[Verdict]]


def _holding(name: str, attack: Attack) -> Drill:
    what = " ".join((attack.__doc__ or "").split()).rstrip(".")

    async def run(scene: Scene) -> Verdict:
        site, count = scene.honest.site, scene.count(CONNECTIONS)
        async with attacking(attack, site.target, count) as attackers, scene.honest.watching() as watched:
            struck = await attackers.strike()
            await asyncio.sleep(HOLD_SECONDS)
            await attackers.leave()
        verdict = Verdict()
        _judge_honest(verdict, scene, watched, struck.tally)
        allowed = min(ALL_BYTES_MAX, max(struck.most, AT_ONCE) * ADMITTED_BYTES_MAX + NOISE_BYTES)
        verdict.figures.append(
            f"{struck.most} stood at one moment, {struck.standing} at the end; memory {_mib(watched.resident_before)} -> "
            f"{_mib(watched.resident_most)} MiB, {watched.growth_bytes / max(struck.most, 1) / 1024:.0f} KiB each"
        )
        verdict.expect(watched.growth_bytes <= allowed, f"grew by {_mib(watched.growth_bytes)} MiB, {_mib(allowed)} are allowed")
        return verdict

    expectation = (
        f"{what}: at most 64 KiB for each that is admitted and 256 MiB for all; honest reads within twice the quiet p99; ready"
    )
    return Drill(name, expectation, run)


def _flooding(name: str, attack: Attack) -> Drill:
    async def run(scene: Scene) -> Verdict:
        site = scene.honest.site
        await scene.honest.renew(older_than=100)  # which writes, and must not while strangers are watched
        await asyncio.sleep(STATISTICS_SECONDS[site.kind])
        before = await read_written(site.server)
        async with attacking(attack, site.target, scene.count(CONNECTIONS)) as attackers, scene.honest.watching() as watched:
            struck = await attackers.strike()
        await asyncio.sleep(STATISTICS_SECONDS[site.kind])
        verdict = Verdict()
        _judge_honest(verdict, scene, watched, struck.tally)
        failed = {
            name: count for name, count in struck.tally.counts.items() if name.startswith("answered 5") and name != "answered 503"
        }
        verdict.expect(not failed, f"failures of ours: {failed}")
        written = (await read_written(site.server)).since(before)
        verdict.expect(not written, f"strangers caused writing: {'; '.join(written)}")
        return verdict

    return Drill(
        name, "anonymous calls: nothing written, no failure of ours; honest reads within twice the quiet p99; ready", run
    )


def _fuzzing(name: str, *, with_credentials: bool) -> Drill:
    async def run(scene: Scene) -> Verdict:
        found = await fuzz(scene.honest.site, scene.count(CALLS), scene.seed, with_credentials=with_credentials)
        verdict = Verdict([", ".join(f"{name} {count}" for name, count in sorted(found.statuses.items()))])
        verdict.expect(not found.wrong, "\n".join([f"{found.wrong} calls of seed {scene.seed}:", *found.culprits]))
        return verdict

    return Drill(name, "seeded calls over every route: no 5xx that a caller can cause, no hang, no reset", run)


def _judge_honest(verdict: Verdict, scene: Scene, watched: Watched, tally: Tally) -> None:
    ratio = watched.p99_milliseconds / scene.quiet.p99_milliseconds
    verdict.figures.append(str(tally))
    verdict.figures.append(
        f"honest: {len(watched.seconds)} reads, p99 {watched.p99_milliseconds:.0f} ms, {ratio:.1f} times the quiet "
        f"{scene.quiet.p99_milliseconds:.0f} ms; ready {watched.readiness_asked - watched.unready} of {watched.readiness_asked}"
    )
    verdict.figures.append(str(watched.inside))
    verdict.expect(set(watched.statuses) <= {"200"}, f"honest reads were answered {dict(watched.statuses)}")
    verdict.expect(ratio <= RATIO_MAX, f"honest reads took {ratio:.1f} times as long as in quiet")
    verdict.expect(watched.unready == 0, f"not ready {watched.unready} times")


def _mib(count: int) -> str:
    return f"{count / (1 << 20):.0f}"


DRILLS: tuple[Drill, ...] = (
    *(_holding(name, attack) for name, attack in HOLDING.items()),
    *(_flooding(name, attack) for name, attack in FLOODING.items()),
    _fuzzing("fuzz-stranger", with_credentials=False),
    _fuzzing("fuzz-tpp", with_credentials=True),
)
