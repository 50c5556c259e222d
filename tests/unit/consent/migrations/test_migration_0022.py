"""From the release before: keys that were used answer for the rest of their day, under the endpoints of the product that had them."""

import sqlalchemy as sa

from gateway.pipeline.idempotency import endpoint_of
from kernel.operations import Operation
from kernel.storage.database import Database
from openapi.uk_obie.v4_0.dialect import DIALECT
from openapi.uk_obie.v4_0.pisp.domestic.rows import ROWS
from tests.unit.consent.migrations.test_migration_0004 import rows, up_to

KEY = (
    "INSERT INTO idempotency_keys (brand, client_id, operation, key_hash, fingerprint, resource_id, outcome, expires_at) VALUES"
    " ('main', 'c', :operation, 'h', :fingerprint, :operation, 'made', 5)"
)
OPERATIONS = (Operation.LODGE_PAYMENT_CONSENT, Operation.PLACE_PAYMENT)


async def fill(connection):
    for operation in OPERATIONS:
        await connection.execute(sa.text(KEY), {"operation": operation.value, "fingerprint": b"before"})


async def test_keys_move_to_the_endpoints_of_their_operations(database_url: str):
    async with Database.open(database_url) as database:
        await database.write(lambda connection: connection.run_sync(up_to, "0021"))
        await database.write(fill)
        await database.write(lambda connection: connection.run_sync(up_to, "0022"))
        moved = await rows(database, "SELECT endpoint, resource_id FROM idempotency_keys ORDER BY resource_id")
        now = sorted(
            (row.operation.value, endpoint_of(DIALECT, row)) for row in ROWS if row.operation in OPERATIONS and row.idempotent
        )
        assert moved == [(endpoint, operation) for operation, endpoint in now]
