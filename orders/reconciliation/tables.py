"""The tables of reconciliation: statements as they came, matches, breaks, and all that happened to a break.

Documents are sealed: a statement names those who pay and are paid.
"""

import sqlalchemy as sa

from kernel.storage.database import Instant
from orders.tables import BRAND, ID, WORD, metadata

statements = sa.Table(
    "statements",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("key", WORD, primary_key=True),  # blind: the keeper's name of it
    sa.Column("digest", WORD, primary_key=True),  # of all that it says
    sa.Column("account", WORD, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("closes_on", sa.Date, nullable=False),
    sa.Column("verdict", WORD, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("imported_at", Instant, nullable=False),  # protocol time
    sa.Index("statements_by_account", "brand", "account", "currency", "closes_on"),
    sa.Index("statements_by_verdict", "brand", "verdict", "imported_at"),
)

# Append-only. Each item once, and each line once, but for a line that several items make up.
matches = sa.Table(
    "matches",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("item_id", ID, primary_key=True),  # the entry of the bank's own books
    sa.Column("line_id", ID, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),  # of the item on its line: 1, 2 ...
    sa.Column("account", WORD, nullable=False),
    sa.Column("rule", WORD, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),  # of the rules
    sa.Column("by", sa.String(160), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.UniqueConstraint("brand", "line_id", "position", name="matches_by_line"),
)

breaks = sa.Table(
    "breaks",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("id", WORD, primary_key=True),
    sa.Column("account", WORD, nullable=False),
    sa.Column("kind", WORD, nullable=False),
    sa.Column("state", WORD, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("opened_at", Instant, nullable=False),
    sa.Index("breaks_by_state", "brand", "state", "opened_at"),
)

# Append-only.
break_events = sa.Table(
    "break_events",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("break_id", WORD, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),  # of the break: 1, 2 ...
    sa.Column("event", WORD, nullable=False),
    sa.Column("by", sa.String(160), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False),  # sealed: the break as it was then
)

# The differences that one operator resolved without another, in sum: under the lock of the brand's breaks.
resolved_alone = sa.Table(
    "resolved_alone",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),
    sa.Column("operator", WORD, primary_key=True),
    sa.Column("key", WORD, primary_key=True),  # thumbprint of the key that signed
    sa.Column("currency", sa.String(3), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),  # of business time, in the brand's zone
    sa.Column("minor", sa.BigInteger, nullable=False),
)
