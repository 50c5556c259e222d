"""The chain is one list: every policy stands in it once, and finds its parts by name and type."""

import dataclasses
import pkgutil
from typing import get_type_hints

import pytest

import gateway
import policies
from gateway.assembly import assemble, map_operations
from gateway.parts import Parts as UseCaseParts
from gateway.use_cases import USE_CASES
from kernel.operations import Operation
from policies import CHAIN
from policies.parts import Parts


def modules_of(package) -> set[str]:
    return {f"{package.__name__}.{module.name}" for module in pkgutil.iter_modules(package.__path__)}


def test_every_policy_module_stands_in_the_chain_once():
    assert sorted(policy.__module__ for policy in CHAIN) == sorted(modules_of(policies) - {"policies.parts"})


def test_every_use_case_module_stands_in_its_list_once():
    acts = {
        "change",
        "check",
        "confirm",
        "describe",
        "end",
        "list",
        "lodge",
        "place",
        "poll",
        "read",
        "subscribe",
        "upload",
        "withdraw",
    }  # of which a module is named that holds a use case
    modules = {module.name for module in pkgutil.walk_packages(gateway.__path__, "gateway.")}
    named = {name for name in modules if name.rpartition(".")[2].partition("_")[0] in acts}
    assert sorted(use_case.__module__ for use_case in USE_CASES) == sorted(named)


def test_policies_have_names_of_their_own():
    names = [policy.name for policy in CHAIN]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("kind", [*CHAIN, *USE_CASES], ids=lambda kind: kind.__name__)
def test_parts_are_found_by_name_and_are_of_the_type_that_is_asked_for(kind):
    """The wiring is by name; this test is its type checker."""
    offered = get_type_hints(Parts if kind in CHAIN else UseCaseParts)
    for part in dataclasses.fields(kind):
        if part.init:
            assert offered[part.name] == get_type_hints(kind)[part.name]


def test_a_missing_part_refuses_to_boot_naming_it():
    with pytest.raises(TypeError, match="needs clock, which object does not have"):
        assemble([policy for policy in CHAIN if policy.name == "certificate"], object())


def test_every_operation_has_exactly_one_use_case():
    assert {operation for use_case in USE_CASES for operation in use_case.operations} == set(Operation)
    describe = next(use_case for use_case in USE_CASES if Operation.DESCRIBE_TOKEN in use_case.operations)()
    with pytest.raises(ValueError, match="two use cases"):
        map_operations([describe, describe])
