"""An authorisation is of a subject, which may be something else than a consent, and may begin before its PSU is known. What is under way
in it is kept in its row: the challenge, how often it failed, how often something was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE authorisations RENAME COLUMN consent_id TO subject_id")
    with op.batch_alter_table("authorisations") as authorisations:
        authorisations.alter_column("psu_id", existing_type=sa.String(length=128), nullable=True)
        authorisations.add_column(sa.Column("subject_kind", sa.String(length=64), nullable=False, server_default="consent"))
        authorisations.add_column(sa.Column("challenge", sa.LargeBinary(), nullable=True))
        authorisations.add_column(sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
        authorisations.add_column(sa.Column("sent", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("authorisations_by_consent", table_name="authorisations")
    op.create_index(
        "authorisations_by_subject", "authorisations", ["brand", "subject_kind", "subject_id", "started_at"], unique=False
    )
    # "started" is a challenge under way from now on; until now it was a PSU known by password
    op.execute("UPDATE authorisations SET status = 'psu_authenticated' WHERE status = 'started'")
