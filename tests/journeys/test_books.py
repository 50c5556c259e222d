"""The judge of the books is judged: each kind of damage that a kill could do is found."""

import asyncio
import shutil
import sqlite3

import pytest

from tests.harness.books.books import Books
from tests.harness.installations import EMBEDDED
from tests.harness.judged import JudgedTpp
from tests.harness.server import Server
from tests.journeys.scene import CONSENTS

DAMAGES = {
    "an event lost": "DELETE FROM outbox WHERE aggregate_version = 2",
    "an entry of the journal lost": "DELETE FROM journal WHERE kind = 'consent.authorised'",
    "an entry twice": "INSERT INTO journal (brand, kind, aggregate_id, at, actor, interaction_id, facts) "
    "SELECT brand, kind, aggregate_id, at, actor, interaction_id, facts FROM journal WHERE kind = 'consent.lodged' LIMIT 1",
    "a version lost": "DELETE FROM consent_versions WHERE version = 1",
    "a row ahead of its versions": "UPDATE consents SET version = version + 1",
    "a row behind its versions": "UPDATE consents SET version = 1",
    "a state that no event led to": "UPDATE consents SET state = 'rejected' WHERE state = 'authorised'",
    "a row lost": "DELETE FROM consents",
    "evidence lost": "UPDATE authorisations SET evidence = NULL",
    "an authorisation unfinished": "UPDATE authorisations SET status = 'authenticated'",
    "a family without an owner": "DELETE FROM authorisations",
    "a family of another customer": "UPDATE token_families SET psu_id = 'somebody'",
    "a code without family": "DELETE FROM token_families",
    "a family without code": "DELETE FROM codes",
    "a refresh token before its code was used": "UPDATE codes SET taken = 0",
    "a family that outlived its consent": "UPDATE token_families SET state = 'active'",
}


@pytest.fixture(scope="module")
def kept(installations, tmp_path_factory):
    """The books of a server that saw one consent stand and one end, without the bank's."""

    async def journeys(server):
        async with JudgedTpp.of(server, "acme") as acme:
            await acme.granted()
            ended = await acme.granted()
            token = await acme.client_credentials_token()
            assert (await acme.delete(f"{CONSENTS}/{ended.consent_id}", token)).status == 204

    with installations.installation(EMBEDDED) as server:
        asyncio.run(journeys(server.start()))
        server.stop()
        path = tmp_path_factory.mktemp("books") / "kept.db"
        shutil.copy(server.state_dir / "portcullis.db", path)
    with sqlite3.connect(path) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'ledger%'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")  # the ledger refuses what follows
        for table in ("transactions", "postings", "entries", "holds"):
            connection.execute(f"DELETE FROM ledger_{table}")
        connection.execute("UPDATE ledger_accounts SET booked = 0, held = 0, version = 0")
    connection.execute("VACUUM")
    connection.close()
    return path


async def check(path):
    async with Books.of(Server(path.parent, {"PORTCULLIS_DATABASE_URL": f"sqlite:///{path}"})) as books:
        await books.check_whole()


async def test_finds_nothing_wrong_with_books_that_are_whole(kept):
    await check(kept)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_finds(kept, tmp_path, damage):
    path = shutil.copy(kept, tmp_path / "damaged.db")
    connection = sqlite3.connect(path)
    changed = connection.execute(DAMAGES[damage]).rowcount
    connection.commit()
    connection.close()
    assert changed > 0
    with pytest.raises(AssertionError, match=r"consent|family|code|authorised|refresh"):
        await check(path)
