"""Tables that a role of their own owns: the application's role finds them ready, or the server does not start."""

import pytest

from kernel.config import ConfigurationRefused
from kernel.storage.database import Database
from portcullis.compose.contexts import check_contexts, upgrade_contexts


async def test_a_server_that_owns_no_table_starts_only_when_there_is_nothing_to_change(database_url):
    async with Database.open(database_url) as database:
        with pytest.raises(ConfigurationRefused, match=r"^migration_url: .*db upgrade"):
            await check_contexts(database)
        await upgrade_contexts(database, sandbox=False)
        before = database.statements
        await check_contexts(database)
        assert database.statements > before
