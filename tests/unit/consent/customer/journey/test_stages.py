"""The page of each stage: every kind has one at each place of a journey, and no other."""

import pytest

from consent.customer.journey.stages import PAGES, page_at
from consent.customer.session.session import VISIT_STAGES
from consent.store.kinds import KINDS
from consent.store.kinds.kind import JourneyStage
from consent.store.rows.journeys import Stage


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_has_one_page_at_each_place(kind):
    places = [PAGES[stage].at for stage in kind.stages]
    assert sorted(places) == sorted([Stage.PASSWORD, Stage.SCA, Stage.CONSENT])
    assert [page_at(kind.stages, place) for place in places] == [PAGES[stage] for stage in kind.stages]


def test_every_stage_has_a_page_and_a_visit_its_two():
    assert PAGES.keys() == set(JourneyStage)
    assert [PAGES[stage].at for stage in VISIT_STAGES] == [Stage.PASSWORD, Stage.SCA]
