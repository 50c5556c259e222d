"""`open_sealed`: what is sealed opens and says what stands in clear; what an insider changed behind it is found and named."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from kernel.banking.orders import RailStatus
from kernel.banking.records.parties import Party
from kernel.storage.database import Database
from orders.commands.receive import Report
from orders.instructions.rows import load_instruction
from orders.ports import Progress
from orders.tables import inbox, instructions, orders
from orders.tables import metadata as orders_metadata
from plugins.ledger import tables as ledger
from plugins.ledger.documents import seal_document
from portcullis.cli.ledger import sealed_rows
from portcullis.cli.ledger.commands import verify
from portcullis.cli.ledger.sealed_rows import CHECKS, NAMED_MAX, open_sealed
from portcullis.compose.keys.sealing_keys import ensure_sealing_keys, load_sealer
from tests.harness.apart import run_apart
from tests.unit.orders.instructions.test_instructions import place as place_standing_order
from tests.world.brands import BRAND
from tests.world.orders import OrdersWorld, orders_world

UNSEALED = {ledger.products.name, "ledger_journal", "ledger_outbox"}  # the price list; ids and kinds of facts alone
PLACE = (ledger.parties.name, "document", BRAND.name)


@pytest.fixture
async def both_world(migrated_url: str) -> AsyncIterator[OrdersWorld]:
    async with orders_world(migrated_url) as made:
        yield made


def party(sealer, name):
    document = seal_document(sealer, Party(id=name, name=name), *PLACE, name)
    return ledger.parties.insert().values(brand=BRAND.name, id=name, customer_id=f"c-{name}", document=document)


async def populate(world):
    """Two payments of which a rail has reported, a standing order and a customer."""
    placed = [await world.place() for _ in range(2)]
    for number, order in enumerate(placed):
        await world.work_out(order.id)
        progress = Progress(status=RailStatus.SETTLED, at=world.clock.now())
        report = Report(source="rail", message_id=f"m-{number}", uetr=order.uetr, progress=progress, message=b"<pacs.002/>")
        await world.orders.receive(BRAND, report)
    instruction = await place_standing_order(world, "standing")
    await world.database.write(lambda connection: connection.execute(party(world.room.sealer, "erin")))
    return placed, instruction


async def opened(world):
    async with world.database.snapshot() as connection:
        return await open_sealed(connection, world.room.sealer, BRAND.name)


def test_every_sealed_column_has_a_check():
    sealed = {
        table.name
        for metadata in (ledger.metadata, orders_metadata)
        for table in metadata.tables.values()
        if any(isinstance(column.type, sa.LargeBinary) for column in table.c)
    }
    assert {table.name for table in CHECKS} == sealed - UNSEALED


@pytest.mark.parametrize("page", [1, 500])
async def test_what_is_sealed_opens_in_pages_of_any_size(both_world, monkeypatch, page):
    await populate(both_world)
    monkeypatch.setattr(sealed_rows, "PAGE_ROWS", page)
    found = await opened(both_world)
    assert (found.wrong, found.named) == (0, [])
    rows = [await both_world.rows(table) for table in CHECKS]
    assert found.rows == sum(map(len, rows)) > 8


async def test_each_change_behind_the_seals_is_found_and_named(both_world):
    world = both_world
    (first, second), instruction = await populate(world)
    async with world.database.read() as connection:
        other = (await connection.execute(sa.select(orders.c.details).where(orders.c.id == second.id))).scalar_one()
        assert await load_instruction(connection, world.room.sealer, BRAND.name, instruction.id) is not None
    damages = {
        (orders.name, first.id): [
            orders.update().where(orders.c.id == first.id).values(details=other),
            orders.update().where(orders.c.id == first.id).values(amount_minor=1),
            orders.update().where(orders.c.id == first.id).values(psu_id="psu-another"),
            orders.update().where(orders.c.id == first.id).values(signing=b"\x01forged"),
        ],
        (instructions.name, instruction.id): [
            instructions.update().where(instructions.c.id == instruction.id).values(signing=b"\x01forged"),
            instructions.update().where(instructions.c.id == instruction.id).values(client_id="another"),
            instructions.update().where(instructions.c.id == instruction.id).values(document=b"forged"),
        ],
        (inbox.name, "rail/m-0"): [inbox.update().where(inbox.c.message_id == "m-0").values(message=b"forged")],
        (ledger.parties.name, "erin"): [ledger.parties.update().values(document=b"forged")],
    }
    for (table, key), statements in damages.items():
        for statement in statements:
            found = await damaged(world, statement)
            assert [(each.id, table in each.what) for each in found.named] == [(key, True)], (table, statement)
            assert found.wrong == 1
    assert (await opened(world)).wrong == 0


async def damaged(world, statement):
    """The findings after a change that is undone."""
    found = []

    async def change(connection):
        await connection.execute(statement)
        found.append(await open_sealed(connection, world.room.sealer, BRAND.name))
        raise Undone

    with pytest.raises(Undone):
        await world.database.write(change)
    return found[-1]


class Undone(Exception):
    """The change is rolled back."""


async def test_of_many_findings_some_are_named_and_all_are_counted(both_world):
    world, number = both_world, NAMED_MAX + 3
    for count in range(number):
        row = {"brand": BRAND.name, "id": f"p-{count:03}", "customer_id": f"c-{count}", "document": b"forged"}
        await world.database.write(lambda connection, row=row: connection.execute(ledger.parties.insert().values(**row)))
    found = await opened(world)
    assert (found.wrong, len(found.named)) == (number, NAMED_MAX)


def test_the_command_opens_what_is_sealed_and_fails_where_it_cannot(migrated_sqlite_url, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PORTCULLIS_DATABASE_URL", migrated_sqlite_url)
    monkeypatch.setenv("PORTCULLIS_STATE_DIR", str(tmp_path))
    run_apart(verify)
    assert "no sealed document was opened: this sandbox has no keys yet" in capsys.readouterr().out
    keys = tmp_path / "keys" / "sealing.keys"
    ensure_sealing_keys(keys)
    sealer = load_sealer(keys)

    async def write(statement):
        async with Database.open(migrated_sqlite_url) as database:
            await database.write(lambda connection: connection.execute(statement))

    run_apart(lambda: asyncio.run(write(party(sealer, "erin"))))
    run_apart(verify)
    assert "1 rows with sealed documents opened" in (said := capsys.readouterr().out)
    assert "all of them open, and say what stands in clear" in said
    run_apart(lambda: asyncio.run(write(ledger.parties.update().values(document=b"forged"))))
    with pytest.raises(SystemExit) as ended:
        run_apart(verify)
    assert ended.value.code == 1
    assert "1 sealed rows are wrong" in capsys.readouterr().out
