"""portcullis/compose/composition.py: the state that a composed server reports."""

import re

from kernel.clock import SystemClock
from kernel.ids import RandomIds
from kernel.observability.telemetry import Telemetry
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.key_stores.sealing_file import SealingFile
from plugins.upstreams.built_in import BuiltInBank
from portcullis.compose.composition import Parts, compose
from portcullis.compose.contexts import upgrade_contexts
from portcullis.settings.schema import Settings
from tests.harness.addresses import Addresses
from tests.harness.statuses import Statuses


async def test_every_departure_from_the_ordinary_has_a_gauge(sqlite_url):
    clock, sealer, telemetry = SystemClock(), Sealer({1: b"k" * 32}), Telemetry()
    async with Database.open(sqlite_url) as database:
        await upgrade_contexts(database, sandbox=False)
        bank = BuiltInBank(database, sealer, clock)
        parts = Parts(
            settings=Settings(),
            brands=(),
            database=database,
            clock=clock,
            ids=RandomIds(),
            sealer=sealer,
            key_store=SealingFile(sealer),
            identity=None,
            customer_accounts=bank,
            accounts=bank,
            fetcher=Addresses(),
            directories=(),
            certificate_status=Statuses(),
            telemetry=telemetry,
        )
        async with compose(parts) as composition:
            composition.versions.asked_database += 3
            composition.versions.limited_locally += 2
            shown = dict(re.findall(r"^portcullis_(\S+) (\S+)$", telemetry.render().decode(), re.MULTILINE))
    assert shown["hot_state_trusted"] == "1.0"
    assert shown["hot_state_asked_database"] == "3.0"
    assert shown["limits_kept_locally"] == "2.0"
    for queue in ("tokens", "access"):
        assert shown[f'records_waiting{{queue="{queue}"}}'] == "0.0"
        assert shown[f'records_refused{{queue="{queue}"}}'] == "0.0"
