"""The tables of notices to TPPs: who wants to hear of what, and each fact that one client is to hear of.

Journal, leases and outbox are those of the consent context. Nothing here names a customer or an account: a notice holds ids, kinds and instants.
"""

import sqlalchemy as sa

from kernel.storage.database import Instant

BRAND = sa.String(64)
ID = sa.String(128)
WORD = sa.String(64)
ERROR_CHARACTERS_MAX = 200  # of the reason of the last failure, and of a client's refusal

metadata = sa.MetaData()

# One of a client: the row is also the lock of its notices.
subscriptions = sa.Table(
    "notice_subscriptions",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("client_id", ID, primary_key=True),
    sa.Column("id", ID, nullable=False),
    sa.Column("form", WORD, nullable=False),
    sa.Column("lodged_as", WORD, nullable=False),
    sa.Column("stated_version", sa.String(10), nullable=False),
    sa.Column("callback_url", sa.String(2048), nullable=True),  # as long as the fetcher takes; null: its client polls
    sa.Column("kinds", sa.String(512), nullable=False),  # with a blank between two; empty: all
    sa.Column("created_at", Instant, nullable=False),  # protocol time, as all instants here: earlier facts are not its business
    sa.Column("due_at", Instant, nullable=True),  # when its address may be asked; null: there is nothing to send
    sa.Column("attempts", sa.Integer, nullable=False),  # that failed since the last success
    sa.Column("failing_since", Instant, nullable=True),
    sa.Column("unresponsive_since", Instant, nullable=True),
    sa.Column("last_error", sa.String(ERROR_CHARACTERS_MAX), nullable=False),
    sa.Index("notice_subscriptions_due", "brand", "due_at"),
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("id", ID, primary_key=True),  # of the event that it was made of
    sa.Column("client_id", ID, nullable=False),
    sa.Column("kind", WORD, nullable=False),
    sa.Column("lodged_as", WORD, nullable=False),
    sa.Column("subject", WORD, nullable=False),
    sa.Column("subject_id", ID, nullable=False),
    sa.Column("subject_version", sa.Integer, nullable=False),
    sa.Column("product", WORD, nullable=False),
    sa.Column("reason", WORD, nullable=True),
    sa.Column("occurred_at", Instant, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("ended_at", Instant, nullable=True),  # null: its client has not got it
    sa.Column("ended_as", WORD, nullable=True),
    sa.Column("error", sa.String(ERROR_CHARACTERS_MAX), nullable=False),  # of a notice that its client could not take
    sa.Column("expires_at", Instant, nullable=False),
    sa.Index(
        "notices_pending",
        "brand",
        "client_id",
        "made_at",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    ),
    sa.Index("notices_by_client", "brand", "client_id", "occurred_at"),
    sa.Index("notices_by_expiry", "brand", "expires_at"),
)
