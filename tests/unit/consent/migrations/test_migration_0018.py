"""From the release before: journeys, visits and backchannel requests under way have an authorisation each, with what was counted."""

import sqlalchemy as sa

from kernel.storage.database import Database
from tests.unit.consent.migrations.test_migration_0004 import rows, up_to

JOURNEY = (
    "INSERT INTO journeys (brand, id, secret_hash, login_hash, purpose, consent_id, stage, notice, psu_id, authorisation_id,"
    " password_failures, code_failures, codes_sent, challenge, evidence, created_at, seen_at, expires_at) VALUES"
    " ('main', :id, :id, :id, :purpose, :consent_id, :stage, 'code_wrong', :psu_id, :authorisation_id, 1, 2, 3, :seal, :seal, 5, 6, 7)"
)
AUTHORISATION = (
    "INSERT INTO authorisations (brand, id, subject_id, psu_id, approach, status, format, challenge, failures, started_at) VALUES"
    " ('main', :id, 'k', 'p', 'redirect', :status, 1, :seal, 4, 5)"
)
REQUEST = (
    "INSERT INTO backchannel_requests (brand, id, client_id, consent_id, psu_id, state, format, document, interval_seconds,"
    " notify_attempts, created_at, expires_at) VALUES ('main', :state, 'c', 'k', 'p', :state, 1, :seal, 5, 0, 5, 7)"
)
DAY = 86_400_000_000
STAGES = (  # id, purpose, stage, authorisation
    ("at-login", "consent", "password", None),
    ("at-code", "consent", "sca", "a-code"),
    ("at-choice", "consent", "consent", "a-choice"),
    ("inside", "dashboard", "dashboard", None),
    ("over", "consent", "done", "a-over"),
)


async def fill(connection):
    seal = b"sealed"
    for journey_id, purpose, stage, authorisation_id in STAGES:
        facts = {"id": journey_id, "purpose": purpose, "stage": stage, "authorisation_id": authorisation_id, "seal": seal}
        consent_id = "k" if purpose == "consent" else None
        psu_id = None if stage == "password" else "p"
        await connection.execute(sa.text(JOURNEY), facts | {"consent_id": consent_id, "psu_id": psu_id})
    for authorisation_id, status in (("a-code", "psu_authenticated"), ("a-choice", "authenticated"), ("a-over", "succeeded")):
        await connection.execute(sa.text(AUTHORISATION), {"id": authorisation_id, "status": status, "seal": None})
    await connection.execute(sa.text(AUTHORISATION), {"id": "a-embedded", "status": "started", "seal": seal})
    await connection.execute(sa.text("UPDATE authorisations SET ended_at = 6 WHERE id = 'a-over'"))
    for state in ("pending", "approved"):
        await connection.execute(sa.text(REQUEST), {"state": state, "seal": seal})


async def test_what_is_under_way_goes_on_or_begins_again(database_url: str):
    async with Database.open(database_url) as database:
        await database.write(lambda connection: connection.run_sync(up_to, "0017"))
        await database.write(fill)
        await database.write(lambda connection: connection.run_sync(up_to, "0018"))
        assert await rows(database, "SELECT id, stage, psu_id, login_hash, authorisation_id FROM journeys ORDER BY id") == [
            ("at-choice", "password", None, None, "at-choice"),
            ("at-code", "password", None, None, "at-code"),
            ("at-login", "password", None, "at-login", "at-login"),
            ("inside", "password", None, None, "inside"),
            ("over", "done", "p", "over", "a-over"),
        ]
        new = "SELECT subject_kind, subject_id, status, password_failures, code_failures, sent, expires_at FROM authorisations"
        for journey_id in ("at-choice", "at-code", "at-login"):
            assert await rows(database, f"{new} WHERE id = '{journey_id}'") == [("consent", "k", "received", 1, 2, 3, 5 + DAY)]
        assert await rows(database, f"{new} WHERE id = 'inside'") == [("visit", "inside", "received", 1, 2, 3, 5 + DAY)]
        old = "SELECT id, status, challenge, code_failures, ended_at, expires_at FROM authorisations WHERE id LIKE 'a-%' ORDER BY id"
        assert await rows(database, old) == [
            ("a-choice", "failed", None, 4, 6, None),
            ("a-code", "failed", None, 4, 6, None),
            ("a-embedded", "method_selected", None, 4, None, None),
            ("a-over", "succeeded", None, 4, 6, None),
        ]
        asked = (
            "SELECT r.id, a.status, a.psu_id FROM backchannel_requests r LEFT JOIN authorisations a ON a.id = r.authorisation_id"
        )
        assert await rows(database, f"{asked} ORDER BY r.id") == [
            ("approved", None, None),
            ("pending", "psu_identified", "p"),
        ]
