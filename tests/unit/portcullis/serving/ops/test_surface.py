"""A server that is busy is not a server that is ill: what its operator and its cluster ask of the database has connections of its own."""

from contextlib import AsyncExitStack, suppress

from kernel.errors import Overloaded
from kernel.storage import database as kernel_database
from portcullis.compose.composition import compose
from portcullis.serving.ops.surface import ops_of
from portcullis.serving.production import open_parts
from tests.unit.portcullis.cli.test_operator_commands import production_url, quick_keys, settings  # noqa: F401  its fixtures


async def test_the_server_stays_ready_when_requests_have_every_connection(settings, monkeypatch):  # noqa: F811
    monkeypatch.setattr(kernel_database, "ACQUIRE_TIMEOUT_SECONDS", 0.05)
    async with AsyncExitStack() as stack:
        parts = await open_parts(stack, settings)
        composition = await stack.enter_async_context(compose(parts))
        busy = await stack.enter_async_context(AsyncExitStack())
        with suppress(Overloaded):
            while True:
                await busy.enter_async_context(parts.database.read())
        await composition.versions.confirm()
        assert await ops_of(parts, composition).check() == {"listeners": False, "database": True, "hot_state": True}
