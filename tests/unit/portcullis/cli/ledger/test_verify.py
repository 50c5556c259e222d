"""`portcullis ledger verify`: what it prints, and its status."""

import asyncio

import pytest

from kernel.storage.database import Database
from portcullis.cli.ledger.commands import verify
from tests.harness.apart import run_apart
from tests.harness.damage.bank import forget_held
from tests.harness.databases import SQLITE
from tests.unit.plugins.ledger.test_attacks import prepare


@pytest.fixture
def url(databases, tmp_path, monkeypatch):
    with databases.database(SQLITE, tmp_path, prepare) as url:
        monkeypatch.setenv("PORTCULLIS_DATABASE_URL", url)
        monkeypatch.setenv("PORTCULLIS_STATE_DIR", str(tmp_path))
        yield url


def test_books_that_agree_are_said_to(url, capsys):
    run_apart(verify)
    said = capsys.readouterr().out
    assert "the books agree" in said
    assert "5 accounts, 3 entries, 6 postings and 1 holds" in said


def test_the_account_that_is_wrong_is_named_and_the_command_fails(url, capsys):
    run_apart(lambda: asyncio.run(damage(url)))
    with pytest.raises(SystemExit) as ended:
        run_apart(verify)
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "held is not the sum of its open holds: a" in said
    assert "1 wrong" in said


async def damage(url):
    async with Database.open(url) as database:
        await forget_held(database)
