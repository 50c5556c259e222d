"""A payment is held against the parameters of its consent in the order of the standard's document."""

from datetime import timedelta

import msgspec
import pytest

from kernel.banking.money import Money
from kernel.banking.terms import LimitUse, VrpAuthentication, VrpParameter, VrpPresence, VrpType, VrpUse
from orders.limits.judgement import Breach, find_breach, windows_of
from tests.world.brands import BRAND, START
from tests.world.recurring import DAILY, MONTHLY, USE, VRP, recurring

WRONG = VrpUse(type=VrpType.OTHER, authentication=VrpAuthentication.BY_TPP, presence=VrpPresence.IN_SESSION)


def spent(daily: int, monthly: int) -> tuple[LimitUse, ...]:
    windows = windows_of(recurring("consent"), START, BRAND.zone)
    return tuple(
        LimitUse(limit=limit, allowed=window.allowed, paid=Money("GBP", paid), ends_at=window.ends_at)
        for limit, window, paid in zip((DAILY, MONTHLY), windows, (daily, monthly), strict=True)
    )


LADDER = [
    (VrpParameter.VALID_FROM, None),
    (VrpParameter.INDIVIDUAL_MAX, None),
    (VrpParameter.LIMITS, 0),
    (VrpParameter.LIMITS, 1),
    (VrpParameter.TYPES, None),
    (VrpParameter.AUTHENTICATIONS, None),
    (VrpParameter.PRESENCES, None),
]


@pytest.mark.parametrize("mended", range(len(LADDER) + 1))
def test_the_first_breach_of_the_documents_order_is_named(mended: int):
    """All are breached; the first `mended` ones are put right."""
    is_good = [rung < mended for rung in range(len(LADDER))]
    terms = VRP if is_good[0] else msgspec.structs.replace(VRP, valid_from=START + timedelta(days=1))
    amount = Money("GBP", 300 if is_good[1] else 501)
    use = VrpUse(
        type=USE.type if is_good[4] else WRONG.type,
        authentication=USE.authentication if is_good[5] else WRONG.authentication,
        presence=USE.presence if is_good[6] else WRONG.presence,
    )
    found = find_breach(terms, use, amount, START, spent(0 if is_good[2] else 501, 0 if is_good[3] else 601))
    assert found == (None if mended == len(LADDER) else Breach(*LADDER[mended]))


@pytest.mark.parametrize(("paid", "amount", "fits"), [(300, 500, True), (300, 501, False), (301, 500, False), (900, 1, False)])
def test_a_limit_is_used_to_the_penny(paid: int, amount: int, fits: bool):
    terms = msgspec.structs.replace(VRP, individual_max=Money("GBP", 800))
    assert (find_breach(terms, USE, Money("GBP", amount), START, spent(paid, 0)) is None) is fits


def test_another_currency_is_beyond_every_limit():
    assert find_breach(VRP, USE, Money("EUR", 1), START, spent(0, 0)) == Breach(VrpParameter.INDIVIDUAL_MAX)


def test_a_consent_from_before_types_were_asked_for_pays_nothing():
    terms = msgspec.structs.replace(VRP, types=(), authentications=())
    assert find_breach(terms, USE, Money("GBP", 1), START, spent(0, 0)) == Breach(VrpParameter.TYPES)


def test_limits_count_from_the_lodging_or_from_a_later_beginning():
    later = START + timedelta(days=3)
    consent = recurring("consent", terms=msgspec.structs.replace(VRP, valid_from=later))
    assert windows_of(consent, START, BRAND.zone) == ()
    begun = windows_of(consent, later, BRAND.zone)
    assert all(window.includes(later) and not window.includes(START) for window in begun)
    earlier = recurring("consent", terms=msgspec.structs.replace(VRP, valid_from=START - timedelta(days=3)))
    assert windows_of(earlier, START, BRAND.zone) == windows_of(recurring("consent"), START, BRAND.zone)


def test_before_the_time_of_its_consent_nothing_is_paid():
    """Also by a clock that is behind the one by which the consent was lodged: no limit counts yet."""
    early = START - timedelta(seconds=1)
    assert windows_of(recurring("consent"), early, BRAND.zone) == ()
    assert find_breach(VRP, USE, Money("GBP", 1), early, ()) == Breach(VrpParameter.VALID_FROM)
