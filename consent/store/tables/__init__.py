"""One MetaData for the consent context: its journal and outbox, the hot state's epoch, and the leases of its singletons.

The tables of OAuth stand in tables_oauth.py, those of consents and PSU journeys in tables_consents.py.
"""

import sqlalchemy as sa

from kernel.hot_state.epoch import epoch_table
from kernel.storage.journal import journal_table, outbox_table
from kernel.storage.lease import lease_table

metadata = sa.MetaData()

journal = journal_table(metadata)
outbox = outbox_table(metadata)
epoch = epoch_table(metadata)
lease = lease_table(metadata)
