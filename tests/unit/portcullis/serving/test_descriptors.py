"""portcullis/serving/descriptors.py: a server has the descriptors that its configuration needs, or it does not start."""

import resource
from collections.abc import Iterator

import pytest

from kernel.config import ConfigurationRefused
from portcullis.serving.descriptors import descriptors_needed, raise_descriptors
from portcullis.settings.schema import ConnectionSettings


@pytest.fixture
def hard() -> Iterator[int]:
    """The hard limit; the soft one is what it was again afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_defaults_fit_where_the_hard_limit_is_the_kernels_own():
    assert descriptors_needed(ConnectionSettings()) <= 4096


def test_a_low_soft_limit_is_raised_as_far_as_needed(hard):
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    connections = ConnectionSettings(per_listener=300)
    raise_descriptors(connections)
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (descriptors_needed(connections), hard)


def test_a_soft_limit_that_is_enough_stays(hard):
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    raise_descriptors(ConnectionSettings(per_listener=1, per_address=1, per_organisation=1))
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)


def test_a_hard_limit_that_is_too_low_refuses_to_start_and_says_what_helps(hard):
    connections = ConnectionSettings(per_listener=hard)
    with pytest.raises(ConfigurationRefused, match=f"needs {descriptors_needed(connections)} open files") as refused:
        raise_descriptors(connections)
    assert f"set connections.per_listener to {(hard - 576) // 2} or less" in str(refused.value)
