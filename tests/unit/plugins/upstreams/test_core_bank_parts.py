"""One page out of the answers to several questions, whether it begins after a row or has a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.accounts.pages.parts import merge, total_of
from gateway.ports import Page
from kernel.banking.records.listing import RecordPage
from kernel.errors import UpstreamFailed
from openapi.core_bank.v1.questions import ACCOUNT_IDS_MAX, LIMIT_MAX
from plugins.upstreams.core_bank_parts import asked_of_each, parts_of


def test_each_account_is_asked_about_once_and_a_url_bears_each_part():
    ids = tuple(f"account-{number}" for number in range(2 * ACCOUNT_IDS_MAX + 7))
    parts = parts_of((*ids, *ids))
    assert [each for part in parts for each in part] == list(ids)
    assert max(map(len, parts)) == ACCOUNT_IDS_MAX


@given(
    rows=st.lists(st.sets(st.integers(0, 99), max_size=20), min_size=2, max_size=4),
    skip=st.integers(0, 30),
    limit=st.integers(1, 9),
)
def test_a_page_by_its_number_is_the_same_however_its_accounts_are_parted(rows: list[set[int]], skip: int, limit: int):
    where = Page(limit=limit, skip=skip)
    asked = asked_of_each(where, len(rows))
    parts = [tuple(sorted(part, reverse=True)) for part in rows]
    answered = [part[asked.skip or 0 :][: asked.limit] for part in parts]
    whole = sorted((row for part in parts for row in part), reverse=True)
    page, _ = merge(answered, lambda row: row, where)
    assert list(page) == whole[skip : skip + limit]
    assert total_of(where, [RecordPage(part, False, len(part)) for part in parts]) == len(whole)


def test_one_part_is_asked_what_the_gateway_asked():
    where = Page(limit=LIMIT_MAX, skip=5 * LIMIT_MAX)
    assert asked_of_each(where, 1) is where
    assert asked_of_each(Page(), 3) == Page()


def test_what_no_answer_bears_is_refused():
    with pytest.raises(UpstreamFailed):
        asked_of_each(Page(limit=100, skip=LIMIT_MAX), 2)


def test_a_part_that_was_not_counted_leaves_the_whole_uncounted():
    assert total_of(Page(skip=0), [RecordPage((), False, 3), RecordPage((), False)]) is None
    assert total_of(Page(), [RecordPage((), False, 3)]) is None
