"""When the tests' files are kept in memory."""

import pytest

from tests.harness.scratch import is_enough

GIB = 1 << 30
AVAILABLE = "MemTotal:       32000000 kB\nMemAvailable:   {} kB\n"


@pytest.mark.parametrize(
    ("free", "available", "limit", "used", "enough"),
    [
        (4, 4, None, None, True),
        (4, 4, "max", 1, True),
        (4, 4, 6, 2, True),
        (3, 9, None, None, False),
        (9, 3, None, None, False),
        (9, None, None, None, False),
        (9, 9, 6, 3, False),
    ],
    ids=["just enough", "no limit", "room in the container", "file system", "machine", "unknown", "container"],
)
def test_files_are_kept_in_memory_where_each_has_room(tmp_path, free, available, limit, used, enough):
    if limit is not None:
        (tmp_path / "memory.max").write_text(limit if limit == "max" else str(limit * GIB))
        (tmp_path / "memory.current").write_text(str(used * GIB))
    told = "" if available is None else AVAILABLE.format(available * GIB >> 10)
    assert is_enough(free * GIB, told, tmp_path) is enough
