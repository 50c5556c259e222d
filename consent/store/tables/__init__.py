"""One MetaData for the consent context: its journal, its outbox and the lanes of that, the hot state's epoch, the leases of its singletons,
its named locks and the idempotency keys that were used.

The tables of OAuth stand in oauth.py, those of consents and PSU journeys in consents.py.
"""

import sqlalchemy as sa

from kernel.commands.idempotency import idempotency_table
from kernel.commands.locks import locks_table
from kernel.hot_state.epoch import epoch_table
from kernel.outbox.tables import Outbox, lanes_table, sinks_table
from kernel.storage.journal import journal_table, outbox_table
from kernel.storage.lease import lease_table

metadata = sa.MetaData()

journal = journal_table(metadata)
outbox = outbox_table(metadata)
OUTBOX = Outbox(outbox, lanes_table(metadata), sinks_table(metadata))
epoch = epoch_table(metadata)
lease = lease_table(metadata)
locks = locks_table(metadata)
idempotency_keys = idempotency_table(metadata)
