"""The current version of each snapshot, and changes after which the version before is never served.

`decide` settles what the hot state does not know, or may not be believed about, from the database. `change` closes its subjects in
the hot state, writes, publishes, and only then returns; if the hot state did not take the new version, it commits a new epoch and returns when
every worker has either read that or stopped trusting what it knew. So: what was revoked is refused from the answer on, everywhere,
through restarts from old snapshots, partitions and pauses (see `kernel/hot_state/epoch.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec
import structlog

from kernel.errors import Overloaded, Problem
from kernel.hot_state.checks import (
    ALLOWING,
    CLOSED_SECONDS,
    Check,
    Current,
    FirstUse,
    HotState,
    Moved,
    Unavailable,
    Unknown,
    Verdict,
    VersionIs,
    WithinCount,
    WithinRate,
)
from kernel.hot_state.epoch import CONFIRM_SECONDS, TRUST_SECONDS, Epoch

T = TypeVar("T")
LoadVersion = Callable[[str], Awaitable[int | None]]
Pause = Callable[[float], Awaitable[None]]

log = structlog.get_logger(__name__)


class Versions:
    """`load_version` reads the current version of a subject from the database, None if there is no such thing. `local` limits what the
    hot state cannot: each of `workers` workers then grants its share. Both counters only grow."""

    def __init__(
        self,
        epoch: Epoch,
        hot_state: HotState,
        local: HotState,
        monotonic: Callable[[], float],
        *,
        load_version: LoadVersion,
        workers: int = 1,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._epoch = epoch
        self._hot_state = hot_state
        self._local = local
        self._monotonic = monotonic
        self._load_version = load_version
        self._workers = workers
        self._pause = pause
        self._changes: set[asyncio.Task[object]] = set()
        self.asked_database = 0  # version questions that the hot state did not settle
        self.limited_locally = 0  # limits that the hot state did not keep

    @property
    def is_trusted(self) -> bool:
        """Do answers about versions come from the hot state?"""
        return self._epoch.is_trusted()

    @asynccontextmanager
    async def lifetime(self) -> AsyncIterator[None]:
        """Confirms the epoch while the body runs; changes under way end first."""
        # not in a task group: it never fails, and the body's own errors stay as they are
        confirming = asyncio.create_task(self._keep_confirmed())
        try:
            yield
        finally:
            if self._changes:
                await asyncio.wait(self._changes)
            confirming.cancel()
            await asyncio.gather(confirming, return_exceptions=True)

    async def confirm(self) -> None:
        """Read the epoch again; the versions of the hot state are trusted for two seconds from now."""
        await self._epoch.confirm()

    async def forget(self) -> None:
        """Nothing that the hot state knows of versions is believed from now on. Returns when every worker has noticed."""
        await self._epoch.advance()
        await self._pause(TRUST_SECONDS)

    async def decide(self, checks: Sequence[Check], *, spend: bool = True) -> tuple[Verdict, ...]:
        """One verdict per check, in order; of a version always `Current` or `Moved`.

        All is spent or nothing, and only what the hot state allowed whole, of versions that it or the database called current. Two
        answers may have spent and yet refuse: one that was lost (`Unavailable`), and one no longer believed when it came, if the
        database then names another version. Limits are counted again when the caller asks again; a first use would be its own replay,
        so the caller may not ask again: raises Overloaded.
        """
        number = self._epoch.number
        subjects = [self._epoch.subject(check.subject) if isinstance(check, VersionIs) else "" for check in checks]
        verdicts = await self._ask(checks, subjects, spend)
        spent = spend and _all_allow(verdicts)
        if not self._epoch.is_trusted() or self._epoch.number != number:  # the answer may have been long under way
            verdicts = [Unavailable() if subject else verdict for subject, verdict in zip(subjects, verdicts, strict=True)]
        unsettled = [at for at, verdict in enumerate(verdicts) if subjects[at] and isinstance(verdict, Unknown | Unavailable)]
        for at in unsettled:
            verdicts[at] = await self._load(checks[at], subjects[at], verdicts[at])
        if spent:
            _check_unused(checks, verdicts)
        others = [at for at, subject in enumerate(subjects) if not subject]
        if unsettled and others and not spent:
            current = all(isinstance(verdict, Current) for at, verdict in enumerate(verdicts) if subjects[at])
            again = await self._hot_state.decide([checks[at] for at in others], spend=spend and current)
            for at, verdict in zip(others, again, strict=True):
                verdicts[at] = verdict
        await self._limit_locally(checks, verdicts, spend)
        return tuple(verdicts)

    async def change(
        self,
        subjects: Sequence[str],
        write: Callable[[], Awaitable[tuple[T, Mapping[str, int]]]],
    ) -> T:
        """Run `write`, which commits and returns its value and the new version of each subject that it changed (a subject that it
        changed and that was not named costs a new epoch; one that it made is in no cache yet and need not be named).

        Raises what `write` raises. A Problem means that nothing stays closed; after any other failure it is not
        known whether it committed, and the subjects stay closed until their time limit. Runs to its end even if its caller goes.
        """
        task = asyncio.ensure_future(self._change(tuple(subjects), write))
        self._changes.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def _ask(self, checks: Sequence[Check], subjects: Sequence[str], spend: bool) -> list[Verdict]:
        if any(subjects) and not self._epoch.is_trusted():
            return [Unavailable()] * len(checks)
        named = [VersionIs(s, c.version) if isinstance(c, VersionIs) else c for c, s in zip(checks, subjects, strict=True)]
        return list(await self._hot_state.decide(named, spend=spend))

    async def _load(self, check: Check, subject: str, verdict: Verdict) -> Verdict:
        assert isinstance(check, VersionIs)
        self.asked_database += 1
        version = await self._load_version(check.subject)
        if version is None:
            return Moved(0)
        if isinstance(verdict, Unknown) and verdict.fill_token is not None:
            await self._hot_state.fill(subject, version, verdict.fill_token)
        return Current() if version == check.version else Moved(version)

    async def _limit_locally(self, checks: Sequence[Check], verdicts: list[Verdict], spend: bool) -> None:
        shares: dict[int, Check] = {}
        for at, check in enumerate(checks):
            if isinstance(check, WithinRate | WithinCount) and isinstance(verdicts[at], Unavailable):
                shares[at] = msgspec.structs.replace(check, limit=max(1, check.limit // self._workers))
        if not shares:
            return
        self.limited_locally += len(shares)
        allowed = _all_allow(verdict for at, verdict in enumerate(verdicts) if at not in shares)
        for at, verdict in zip(shares, await self._local.decide(list(shares.values()), spend=spend and allowed), strict=True):
            verdicts[at] = verdict

    async def _change(
        self,
        subjects: tuple[str, ...],
        write: Callable[[], Awaitable[tuple[T, Mapping[str, int]]]],
    ) -> T:
        number, started = self._epoch.number, self._monotonic()
        names = {subject: self._epoch.subject(subject) for subject in subjects}
        closed = self._epoch.is_trusted() and await self._hot_state.close(list(names.values()))
        try:
            value, versions = await write()
        except Problem:
            if closed:
                await self._reopen(names, started)
            raise
        except BaseException:
            if not closed:
                self._epoch.owe_advance()
            raise
        published = closed and names.keys() >= versions.keys()
        published = published and await self._hot_state.publish(
            {names[subject]: version for subject, version in versions.items()}
        )
        if not (published and self._is_in_time(started) and await self._is_still(number)):
            await self._epoch.advance()
            await self._pause(TRUST_SECONDS)
        else:
            unchanged = {subject: name for subject, name in names.items() if subject not in versions}
            await self._reopen(unchanged, started)
        return value

    def _is_in_time(self, started: float) -> bool:
        """Does what was closed then stay closed until now? Later, to publish could end someone else's closure."""
        return self._monotonic() - started < CLOSED_SECONDS

    async def _is_still(self, number: int) -> bool:
        """True if the epoch under which the change was announced was still current once the change was committed. Then each worker that
        moves to a later epoch asks the database first, and finds the change."""
        try:
            await self._epoch.confirm()
        except Exception as error:
            log.warning("hot_state_epoch_unread", error=repr(error))
            return False
        return self._epoch.number == number and self._epoch.is_trusted()

    async def _reopen(self, names: Mapping[str, str], started: float) -> None:
        """Say what the database says of subjects that were closed and did not change. If that fails they stay closed."""
        try:
            versions = {name: await self._load_version(subject) for subject, name in names.items()}
        except Exception as error:
            log.warning("hot_state_not_reopened", error=repr(error))
            return
        known = {name: version for name, version in versions.items() if version is not None}
        if known and self._is_in_time(started):
            await self._hot_state.publish(known)

    def _forget(self, task: asyncio.Task[object]) -> None:
        self._changes.discard(task)
        if not task.cancelled():
            task.exception()  # seen, should its caller have gone

    async def _keep_confirmed(self) -> None:
        while True:
            try:
                await self._epoch.confirm()
            except Exception as error:  # after any error trust runs out by itself
                log.warning("hot_state_epoch_unread", error=repr(error))
            await asyncio.sleep(CONFIRM_SECONDS)


def _check_unused(checks: Sequence[Check], verdicts: Sequence[Verdict]) -> None:
    """Of what was spent: no first use, if the caller will ask again."""
    moved = any(isinstance(verdict, Moved) for verdict in verdicts)
    if moved and any(isinstance(check, FirstUse) for check in checks):
        raise Overloaded("a first use was spent on a version that had moved")


def _all_allow(verdicts: Iterable[Verdict]) -> bool:
    return all(isinstance(verdict, ALLOWING) for verdict in verdicts)
