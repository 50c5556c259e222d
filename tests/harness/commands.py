"""Every command of the house, found by its shape: a class with a name, locks, and a `handle` that takes a unit of work."""

import inspect
import pkgutil
from importlib import import_module

from kernel.commands.unit_of_work import UnitOfWork

PACKAGES = ("consent", "orders", "notices", "plugins", "sandbox", "portcullis")


def find_commands() -> set[type]:
    found: set[type] = set()
    for package in PACKAGES:
        for module in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
            if ".migrations" in module.name or module.name.endswith("__main__"):
                continue
            members = vars(import_module(module.name)).values()
            found |= {each for each in members if inspect.isclass(each) and each.__module__ == module.name and is_command(each)}
    return found


def is_command(kind: type) -> bool:
    handle = getattr(kind, "handle", None)
    return inspect.isfunction(handle) and UnitOfWork in inspect.get_annotations(handle, eval_str=True).values()
