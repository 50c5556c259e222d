"""The changes of a plan's configuration against what the suite does by itself: each must stand in docs/conformance.md with its reason."""

from typing import Any
from urllib.parse import urlsplit

from tests.conformance.plans import Plan

WHOAMI = "/whoami"


def deviations_of(plan: Plan, configuration: dict[str, Any]) -> set[str]:
    found = {f"options.{name}" for name in configuration["options"]}
    found |= {name for name in configuration if name.startswith("automated_")}
    if urlsplit(configuration["resource"]["resourceUrl"]).path == WHOAMI:
        found.add(f"resource {WHOAMI} for all modules")
    for module, changed in configuration["override"].items():
        found |= {f"{module.removeprefix(plan.prefix)}: {_named(key, value)}" for key, value in changed.items()}
    return found


def _named(key: str, value: Any) -> str:
    return f"resource {urlsplit(value['resourceUrl']).path}" if key == "resource" else key
