"""The order in which the table of operators' requests is locked: its command holds a name before."""

import sqlalchemy as sa

from kernel.commands.locks import Rank
from orders.operators.tables import operator_requests

TABLES: tuple[tuple[sa.Table, Rank], ...] = ((operator_requests, Rank.NAME),)
