"""The areas that are mutated, each with the tests that should notice."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Area:
    """`tests` are those of a change in `folder`; what lies under `without` is not changed."""

    folder: str
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()

    def modules(self, root: Path) -> Iterator[str]:
        for path in sorted((root / self.folder).rglob("*.py")):
            name = str(path.relative_to(root))
            if not name.startswith(self.without or ("\0",)):
                yield name


_CONSENT = tuple(f"tests/unit/consent/{room}" for room in ("store", "authorization", "customer", "migrations"))

AREAS = {
    "policies": Area("policies", ("tests/unit/policies", "tests/unit/gateway")),
    "authorize": Area("consent/authorization/authorize", _CONSENT),
    "grants": Area("consent/authorization/grants", _CONSENT),
    "tokens": Area("consent/authorization/tokens", _CONSENT),
    "store": Area("consent/store", _CONSENT, without=("consent/store/tables/",)),  # they say how long a column may be
}
