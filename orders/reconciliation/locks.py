"""The order in which the tables of reconciliation are locked: its commands hold a name before, so that none waits for another's rows."""

import sqlalchemy as sa

from kernel.commands.locks import Rank
from orders.reconciliation.tables import breaks, statements

TABLES: tuple[tuple[sa.Table, Rank], ...] = ((statements, Rank.NAME), (breaks, Rank.NAME))
