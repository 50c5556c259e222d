"""A kind of consent is one module and one line; its journey is a row of a table."""

import pkgutil
from dataclasses import replace

import pytest

from consent.store import kinds
from consent.store.kinds import KINDS
from consent.store.kinds.kind import JourneyStage
from consent.store.kinds.registry import map_kinds
from kernel.banking.consents import ConsentKind

FACES = {"kind", "registry"}
L, A, CHOOSE, CHECK, CONFIRM = JourneyStage


def test_every_module_stands_in_the_list():
    modules = {module.name for module in pkgutil.iter_modules(kinds.__path__)} - FACES
    assert modules == {kind.name for kind in KINDS} == set(ConsentKind)


def test_no_two_kinds_have_one_name():
    with pytest.raises(ValueError, match="one name"):
        map_kinds((KINDS[0], replace(KINDS[1], name=KINDS[0].name)))


def test_the_journey_of_each_kind():
    """A payment's authentication follows the page and is linked to it: RTS (EU) 2018/389 article 5."""
    assert {kind.name: kind.stages for kind in KINDS} == {
        "accounts": (L, A, CHOOSE),
        "payment": (L, CHECK, CONFIRM),
        "vrp": (L, A, CHOOSE),
        "funds": (L, A, CHOOSE),
    }
    assert [kind.name for kind in KINDS if kind.is_linked] == ["payment"]
