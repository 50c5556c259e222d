"""The judged plans, their modules and what is expected of each: plans.toml, modules.toml and expected.toml, read."""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One row of plans.toml with its modules. `client` goes to the control API as it stands."""

    name: str
    plan: str
    variant: dict[str, str]
    client: dict[str, Any]
    scope: str
    resource: str
    modules: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """The beginning of the names of its modules."""
        return self.plan.removesuffix("-test-plan").replace("message-signing", "security-profile") + "-"

    @property
    def is_browserless(self) -> bool:
        return self.plan.startswith("fapi-ciba") or self.variant.get("fapi_profile") == "fapi_client_credentials_grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """A result other than PASSED that is declared, and why. `plan` and `module` are globs; `condition` is empty for a whole module."""

    result: str
    module: str
    reason: str
    plan: str = "*"
    condition: str = ""

    def covers(self, plan: str, module: str) -> bool:
        return fnmatchcase(plan, self.plan) and fnmatchcase(module, self.module)


def load_plans() -> tuple[Plan, ...]:
    modules = load_modules()
    return tuple(Plan(**row, modules=modules[row["name"]]) for row in _read("plans.toml")["plan"])


def load_modules() -> dict[str, tuple[str, ...]]:
    """The full names of each plan's modules, in the suite's order."""
    return {name: tuple(modules) for name, modules in _read("modules.toml").items()}


def load_expected() -> tuple[Expected, ...]:
    return tuple(Expected(**row) for row in _read("expected.toml")["expected"])


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / name).read_text())
