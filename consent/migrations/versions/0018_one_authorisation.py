"""Move the state of an authentication from journeys and backchannel requests to the authorisation, which each of them names.

A journey of a PSU who has not logged in goes on. A journey that was further begins again at its login page, and its authorisation has
failed: its challenge was sealed to the journey. Its counts of failures and of codes sent move with it.
"""

import sqlalchemy as sa
from alembic import op

from kernel.storage.database import Instant

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

JOURNEY_COLUMNS = ("password_failures", "code_failures", "codes_sent", "challenge", "evidence")


def upgrade() -> None:
    with op.batch_alter_table("authorisations") as authorisations:
        authorisations.add_column(sa.Column("password_failures", sa.Integer(), nullable=False, server_default="0"))
        authorisations.alter_column("failures", new_column_name="code_failures", existing_type=sa.Integer())
        authorisations.add_column(sa.Column("expires_at", Instant, nullable=True))
    op.create_index("authorisations_by_expiry", "authorisations", ["brand", "expires_at"], unique=False)
    op.add_column("backchannel_requests", sa.Column("authorisation_id", sa.String(128), nullable=True))
    # a challenge is sealed together with what it is for from now on
    op.execute("UPDATE authorisations SET status = 'method_selected', challenge = NULL WHERE status = 'started'")
    _begin_again()
    _begin_for_journeys()
    _begin_for_requests()
    with op.batch_alter_table("journeys") as journeys:
        for column in JOURNEY_COLUMNS:
            journeys.drop_column(column)


def _begin_again() -> None:
    op.execute(
        "UPDATE authorisations SET status = 'failed', ended_at = (SELECT seen_at FROM journeys WHERE journeys.brand = authorisations.brand"
        " AND journeys.authorisation_id = authorisations.id) WHERE ended_at IS NULL AND EXISTS (SELECT 1 FROM journeys WHERE"
        " journeys.brand = authorisations.brand AND journeys.authorisation_id = authorisations.id AND stage NOT IN ('password', 'done'))"
    )
    op.execute(
        "UPDATE journeys SET stage = 'password', notice = '', psu_id = NULL, login_hash = NULL WHERE stage NOT IN ('password', 'done')"
    )


def _begin_for_journeys() -> None:
    op.execute(
        "INSERT INTO authorisations (brand, id, subject_kind, subject_id, approach, status, format, password_failures, code_failures,"
        " sent, started_at, expires_at) SELECT brand, id, CASE purpose WHEN 'consent' THEN 'consent' ELSE 'visit' END,"
        " COALESCE(consent_id, id), 'redirect', 'received', 1, password_failures, code_failures, codes_sent, created_at,"
        " created_at + 86400000000 FROM journeys WHERE stage = 'password'"  # a day, in microseconds
    )
    op.execute("UPDATE journeys SET authorisation_id = id WHERE stage = 'password'")


def _begin_for_requests() -> None:
    op.execute(
        "INSERT INTO authorisations (brand, id, subject_kind, subject_id, psu_id, approach, status, format, started_at, expires_at)"
        " SELECT brand, id, 'consent', consent_id, psu_id, 'decoupled', 'psu_identified', 1, created_at, created_at + 86400000000"
        " FROM backchannel_requests WHERE state = 'pending'"
    )
    op.execute("UPDATE backchannel_requests SET authorisation_id = id WHERE state = 'pending'")
