"""The Decisions port over the house's versions: what the hot state does not know of a version, the database does."""

from collections.abc import Sequence

from kernel.hot_state.checks import Check, Verdict
from kernel.hot_state.versions import LoadVersion, Versions


class VersionedDecisions:
    """`load_version` reads the current version of a subject from the database, None if there is no such thing."""

    def __init__(self, versions: Versions, load_version: LoadVersion) -> None:
        self._versions = versions
        self._load_version = load_version

    async def decide(self, checks: Sequence[Check], *, spend: bool) -> tuple[Verdict, ...]:
        return await self._versions.decide(checks, spend=spend, load_version=self._load_version)
