"""The tests' files lie in memory only where nothing else has to give way to them."""

import shutil
from pathlib import Path

import pytest

from tests.harness import scratch

GIB = 1 << 30
ENOUGH = scratch.FREE_BYTES_MIN
V2 = {"proc/self/cgroup": "0::/run/tests\n"}
V1 = {"proc/self/cgroup": "4:cpu,memory:/run\n3:cpuset:/\n1:name=systemd:/\n"}


def group(folder: str, limit: int | str, usage: int, cache: int = 0) -> dict[str, str]:
    stat = f"anon 5\ninactive_file {cache}\nactive_file 7\n"
    return {f"{folder}/memory.max": f"{limit}\n", f"{folder}/memory.current": f"{usage}\n", f"{folder}/memory.stat": stat}


def old_group(folder: str, limit: int, usage: int, cache: int = 0) -> dict[str, str]:
    files = {"limit_in_bytes": limit, "usage_in_bytes": usage}
    stat = {f"{folder}/memory.stat": f"inactive_file 9\ntotal_inactive_file {cache}\n"}
    return {f"{folder}/memory.{name}": f"{value}\n" for name, value in files.items()} | stat


@pytest.mark.parametrize(
    ("shared", "available", "files", "roomy"),
    [
        pytest.param(ENOUGH, ENOUGH, {}, True, id="enough, and no control groups"),
        pytest.param(ENOUGH - 1, ENOUGH, {}, False, id="a small file system"),
        pytest.param(None, ENOUGH, {}, False, id="no such file system"),
        pytest.param(ENOUGH, ENOUGH - 1024, {}, False, id="a machine whose memory is in use"),
        pytest.param(ENOUGH, None, {}, False, id="a machine that does not say"),
        pytest.param(ENOUGH, ENOUGH, V2, True, id="groups that cannot be read"),
        pytest.param(ENOUGH, ENOUGH, V2 | group("cgroups/run/tests", "max", 9 * GIB), True, id="a group without a limit"),
        pytest.param(ENOUGH, ENOUGH, V2 | group("cgroups/run/tests", 6 * GIB, 2 * GIB), True, id="room in the group"),
        pytest.param(ENOUGH, ENOUGH, V2 | group("cgroups/run/tests", 6 * GIB, 3 * GIB), False, id="no room in the group"),
        pytest.param(ENOUGH, ENOUGH, V2 | group("cgroups/run", 6 * GIB, 3 * GIB), False, id="no room in the one around it"),
        pytest.param(ENOUGH, ENOUGH, V2 | group("cgroups", 6 * GIB, 3 * GIB), False, id="no room in the container"),
        pytest.param(ENOUGH, ENOUGH, V2 | group("cgroups/run", 6 * GIB, 3 * GIB, GIB), True, id="what it caches gives way"),
        pytest.param(ENOUGH, ENOUGH, V1 | old_group("cgroups/memory/run", 6 * GIB, 2 * GIB), True, id="version 1, room"),
        pytest.param(ENOUGH, ENOUGH, V1 | old_group("cgroups/memory/run", 6 * GIB, 3 * GIB), False, id="version 1, no room"),
        pytest.param(ENOUGH, ENOUGH, V1 | old_group("cgroups/memory", 6 * GIB, 3 * GIB, GIB), True, id="version 1, cache"),
    ],
)
def test_memory_is_used_where_there_is_enough_of_it(tmp_path, monkeypatch, shared, available, files, roomy):
    if shared is not None:
        (tmp_path / "shm").mkdir()
    if available is not None:
        files = files | {"proc/meminfo": f"MemTotal: {available >> 9} kB\nMemFree: 1 kB\nMemAvailable:   {available >> 10} kB\n"}
    for name, text in files.items():
        file: Path = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    total = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: total._replace(free=shared))
    assert scratch.is_roomy(tmp_path / "shm", tmp_path / "proc", tmp_path / "cgroups") is roomy


def test_a_chosen_place_is_kept(monkeypatch):
    monkeypatch.setenv("TMPDIR", "/another")
    monkeypatch.setattr(scratch, "is_roomy", lambda *_: pytest.fail("asked"))
    scratch.use_memory()


@pytest.mark.parametrize("roomy", [True, False])
def test_memory_is_used_by_this_process_and_by_those_it_starts(monkeypatch, roomy):
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(scratch.tempfile, "tempdir", "/somewhere")
    monkeypatch.setattr(scratch, "is_roomy", lambda *_: roomy)
    monkeypatch.setattr(scratch.os, "environ", environment := {})
    scratch.use_memory()
    expected = str(scratch.SHARED_MEMORY)
    assert (environment, scratch.tempfile.tempdir) == (({"TMPDIR": expected}, expected) if roomy else ({}, "/somewhere"))
