"""One MetaData for the consent context, and its journal and outbox.

The tables of OAuth stand in tables_oauth.py, those of consents and PSU journeys in tables_consents.py.
"""

import sqlalchemy as sa

from kernel.journal import journal_table, outbox_table

metadata = sa.MetaData()

journal = journal_table(metadata)
outbox = outbox_table(metadata)
