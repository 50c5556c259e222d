"""A kind of consent is one module and one line; its journey is a row of a table."""

import pkgutil
from dataclasses import replace

import pytest

from consent.customer.pages.render import _PAGES
from consent.store import kinds
from consent.store.kinds import KINDS
from consent.store.kinds.kind import AnyKind, JourneyStage
from consent.store.kinds.registry import map_kinds
from kernel.banking.consents import ConsentKind

FACES = {"kind", "ordered", "payment_kinds", "registry", "words"}
L, A, CHOOSE, CHECK, CONFIRM = JourneyStage


def test_every_module_stands_in_the_list():
    modules = {module.name for module in pkgutil.iter_modules(kinds.__path__)} - FACES
    assert modules == {kind.name for kind in KINDS} == set(ConsentKind)


def test_no_two_kinds_have_one_name():
    with pytest.raises(ValueError, match="one name"):
        map_kinds((KINDS[0], replace(KINDS[1], name=KINDS[0].name)))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_a_kind_says_fits_its_page(kind: AnyKind):
    """A template of standing agreements has their words; a row says what stopping means where one may stop."""
    assert (kind.page == "agreement") is (kind.wording.agreement is not None)
    assert kind.row is None or bool(kind.row.stopped) is kind.row.may_be_stopped
    assert {kind.page, kind.page_without_account} <= set(_PAGES)


def test_the_journey_of_each_kind():
    """A payment's authentication follows the page and is linked to it: RTS (EU) 2018/389 article 5."""
    assert {kind.name: kind.stages for kind in KINDS} == {
        "accounts": (L, A, CHOOSE),
        "payment": (L, CHECK, CONFIRM),
        "scheduled": (L, CHECK, CONFIRM),
        "standing_order": (L, CHECK, CONFIRM),
        "international": (L, CHECK, CONFIRM),
        "international_scheduled": (L, CHECK, CONFIRM),
        "international_standing_order": (L, CHECK, CONFIRM),
        "file": (L, CHECK, CONFIRM),
        "vrp": (L, A, CHOOSE),
        "funds": (L, A, CHOOSE),
    }
    linked = ["payment", "scheduled", "standing_order"]
    abroad = ["international", "international_scheduled", "international_standing_order"]
    assert [kind.name for kind in KINDS if kind.is_linked] == [*linked, *abroad, "file"]
