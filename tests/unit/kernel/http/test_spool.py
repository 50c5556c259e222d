"""A spool keeps what it is given, hashed, where no one else can read it, and for no longer than it is open."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Overloaded
from kernel.http.spool import BLOCK_BYTES, Spool


@given(st.lists(st.binary(max_size=5000), max_size=6))
async def test_what_went_in_comes_out_with_its_hash(pieces):
    spool = Spool()
    for piece in pieces:
        await spool.append(piece)
    whole = b"".join(pieces)
    assert [spool.size, spool.sha256] == [len(whole), hashlib.sha256(whole).digest()]
    assert b"".join([block async for block in spool.blocks()]) == whole
    spool.close()


async def test_more_than_one_block_is_read_in_blocks_as_often_as_one_likes():
    whole = os.urandom(2 * BLOCK_BYTES + 1)
    spool = Spool()
    await spool.append(whole)
    for _ in range(2):
        assert [len(block) async for block in spool.blocks()] == [BLOCK_BYTES, BLOCK_BYTES, 1]
    spool.close()


async def test_the_file_has_no_name_and_no_other_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spool = Spool()
    await spool.append(b"secret")
    assert next(tmp_path.iterdir(), None) is None  # noqa: ASYNC240  a folder of the test's own
    found = os.fstat(spool._file.fileno())
    assert (stat.S_IMODE(found.st_mode), found.st_nlink, found.st_size) == (0o600, 0, 6)
    spool.close()
    await spool.append(b"more")  # of a thread that comes too late
    assert spool.size == 6


async def test_once_closed_it_reads_nothing():
    spool = Spool()
    await spool.append(b"secret")
    spool.close()
    spool.close()
    with pytest.raises(ValueError, match="closed"):
        [block async for block in spool.blocks()]


@pytest.mark.parametrize("where", ["there is no folder", "the disk is full"])
async def test_where_there_is_no_room_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str):
    spool = Spool()
    if where == "the disk is full":
        await spool.append(b"x")
        os.dup2(os.open("/dev/full", os.O_WRONLY), spool._file.fileno())
    else:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(Overloaded):
        await spool.append(b"more")
    spool.close()
