"""Sealed values open where they belong and nowhere else, and outlive a rotation of keys."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.storage.sealed import SealBroken, Sealer

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


@given(value=st.binary(max_size=200), at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_changed_bit_does_not_open(value, at, bit):
    sealer = Sealer({1: OLD})
    sealed = bytearray(sealer.seal(value, "table", "column", "id"))
    sealed[at % len(sealed)] ^= 1 << bit
    with pytest.raises(SealBroken):
        sealer.open(bytes(sealed), "table", "column", "id")


@pytest.mark.parametrize(
    "place", [("other", "column", "id"), ("table", "other", "id"), ("table", "column", "other"), ("tablecolumn", "id")]
)
def test_a_value_moved_to_another_place_does_not_open(place):
    sealer = Sealer({1: OLD})
    sealed = sealer.seal(b"value", "table", "column", "id")
    with pytest.raises(SealBroken):
        sealer.open(sealed, *place)


def test_after_a_rotation_old_values_open_and_indexes_stay():
    before, after = Sealer({1: OLD}), Sealer({1: OLD, 2: NEW})
    assert after.open(before.seal(b"value", "place"), "place") == b"value"
    assert after.blind("account", "place") == before.blind("account", "place")
    assert after.derive("purpose") == before.derive("purpose")
    with pytest.raises(SealBroken):
        before.open(after.seal(b"value", "place"), "place")


@pytest.mark.spec("RFC5869")
def test_a_key_for_a_purpose_is_the_first_block_of_hkdf_expand():
    """T(1) = HMAC(key, info || 0x01), by hand."""
    assert Sealer({1: OLD}).derive("purpose") == hmac.digest(OLD, b"purpose\x01", "sha256")
    assert Sealer({1: OLD}).derive("another") != Sealer({1: OLD}).derive("purpose")


@pytest.mark.spec("SP800-38D-8.2.2")
def test_the_same_value_is_never_sealed_alike():
    sealer = Sealer({1: OLD})
    assert sealer.seal(b"value", "place") != sealer.seal(b"value", "place")


@pytest.mark.parametrize("keys", [{}, {1: b"short"}])
def test_refuses_keys_that_are_none(keys):
    with pytest.raises(ValueError, match="32 bytes"):
        Sealer(keys)
