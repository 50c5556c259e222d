"""Indexes that begin with the brand, for what is swept and looked up; a used code expires when its family ends.

Until then it has no expiry: no sweep looks at it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

WIDENED = (
    ("authorisations_by_status", "authorisations", ("status", "started_at")),
    ("consents_by_validity", "consents", ("state", "valid_until")),
    ("attempts_by_expiry", "attempts", ("expires_at",)),
    ("codes_by_expiry", "codes", ("expires_at",)),
    ("decisions_by_expiry", "decisions", ("expires_at",)),
    ("denied_tokens_by_expiry", "denied_tokens", ("expires_at",)),
    ("journeys_by_expiry", "journeys", ("expires_at",)),
    ("pushed_requests_by_expiry", "pushed_requests", ("expires_at",)),
)


def upgrade() -> None:
    with op.batch_alter_table("codes") as codes:
        codes.alter_column("expires_at", existing_type=sa.BigInteger(), nullable=True)
    op.execute(
        "UPDATE codes SET expires_at = NULL WHERE taken AND EXISTS (SELECT 1 FROM token_families"
        " WHERE token_families.brand = codes.brand AND token_families.id = codes.family_id AND token_families.state = 'active')"
    )
    for name, table, columns in WIDENED:
        op.drop_index(name, table)
        op.create_index(name, table, ["brand", *columns], unique=False)
    op.create_index("codes_by_family", "codes", ["brand", "family_id"], unique=False)
    op.create_index("consents_by_age", "consents", ["brand", "state", "created_at"], unique=False)
    op.create_index("account_references_by_upstream", "account_references", ["brand", "upstream_blind"], unique=False)
