"""The order in which the tables of settlement are locked."""

import sqlalchemy as sa

from kernel.commands.locks import Rank
from orders.settlement.tables import returns, settlements

TABLES: tuple[tuple[sa.Table, Rank], ...] = ((settlements, Rank.ORDER), (returns, Rank.NAME))
