"""Versions in a header: a standard keeps one path for all versions of an operation, and its caller says which one it wants.

Each version is a row of its own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kernel.errors import HeaderMissing, Problem
from kernel.http.message import Request
from openapi.parameters import HeaderParameter

_POSITIVE = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


class VersionInvalid(Problem):
    code, public = "version_invalid", "A version is asked for that is no positive integer."


class VersionUnsupported(Problem):
    code, public = "version_unsupported", "The operation has no version that was asked for."


@dataclass(frozen=True, slots=True)
class HeaderVersions:
    """`wanted` names the version that a caller understands best, `least` (optional) the lowest that it takes."""

    wanted: str
    least: str

    @property
    def parameters(self) -> tuple[HeaderParameter, ...]:
        """For the published document."""
        return (
            HeaderParameter(self.wanted, "The version that the caller wants: a positive integer.", required=True),
            HeaderParameter(self.least, "The lowest version that the caller takes; without effect unless it is lower."),
        )

    def choose(self, request: Request, served: Sequence[int]) -> int:
        """The highest version served that the caller takes. Raises HeaderMissing, VersionInvalid or VersionUnsupported."""
        wanted = self._version(request, self.wanted)
        if wanted is None:
            raise HeaderMissing(path=self.wanted)
        least = self._version(request, self.least)
        if least is None or least >= wanted:
            least = wanted
        taken = [version for version in served if least <= version <= wanted]
        if not taken:
            raise VersionUnsupported(f"{least} to {wanted} of {', '.join(map(str, served))}", path=self.wanted)
        return max(taken)

    def _version(self, request: Request, name: str) -> int | None:
        values = request.headers.getall(name, [])
        if not values:
            return None
        if len(values) > 1 or not _POSITIVE.fullmatch(values[0].strip()):
            raise VersionInvalid(f"{len(values)} times, or no positive integer", path=name)
        return int(values[0])
