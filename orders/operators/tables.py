"""The requests of operators that were taken, for as long as they would be accepted: in the database, so that all servers know of each."""

import sqlalchemy as sa

from kernel.storage.database import Instant
from orders.tables import BRAND, ID, WORD, metadata

operator_requests = sa.Table(
    "operator_requests",
    metadata,
    sa.Column("brand", BRAND, primary_key=True),  # the first of those that the request is about
    sa.Column("key", WORD, primary_key=True),  # thumbprint of the key that signed
    sa.Column("nonce", ID, primary_key=True),
    sa.Column("expires_at", Instant, nullable=False),  # protocol time
)
