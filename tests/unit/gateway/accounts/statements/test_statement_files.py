"""A statement's file is made once for all who ask, and kept within bounds."""

import asyncio
from dataclasses import replace

import msgspec

from gateway.accounts.statements.statement_files import KEPT_SECONDS, StatementFiles
from kernel.banking.records.statements import PDF, StatementFile
from tests.world.gateway.dialect import BRAND
from tests.world.gateway.records import statement


class Printer:
    """Makes files of one size, on demand."""

    def __init__(self, size: int = 100) -> None:
        self.size = size
        self.made: list[str] = []
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    def of(self, each):
        async def ask() -> StatementFile:
            self.made.append(each.id)
            self.begun.set()
            await self.go_on.wait()
            return StatementFile(PDF, b"%PDF-" + b"x" * (self.size - 5))

        return ask


async def test_a_statement_is_printed_once_and_kept():
    files, printer, one = StatementFiles(), Printer(), statement(1)
    first = await files.load(BRAND, one, PDF, printer.of(one))
    assert await files.load(BRAND, one, PDF, printer.of(one)) is first
    assert printer.made == [one.id]


async def test_many_who_ask_at_once_wait_for_one_printing():
    files, printer, one = StatementFiles(), Printer(), statement(1)
    printer.go_on.clear()
    async with asyncio.TaskGroup() as callers:
        calls = [callers.create_task(files.load(BRAND, one, PDF, printer.of(one))) for _ in range(5)]
        await printer.begun.wait()
        calls[0].cancel()
        printer.go_on.set()
    assert printer.made == [one.id]
    assert len({call.result() for call in calls[1:]}) == 1


async def test_a_printing_that_no_one_waits_for_is_given_up():
    files, printer, one = StatementFiles(), Printer(), statement(1)
    printer.go_on.clear()
    call = asyncio.create_task(files.load(BRAND, one, PDF, printer.of(one)))
    await printer.begun.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
    printer.go_on.set()
    await files.load(BRAND, one, PDF, printer.of(one))
    assert printer.made == [one.id, one.id]


async def test_another_account_version_brand_or_form_is_another_file():
    files, printer, one = StatementFiles(), Printer(), statement(1)
    others = [
        (BRAND, msgspec.structs.replace(one, account_id="another"), PDF),
        (BRAND, msgspec.structs.replace(one, reference="0002"), PDF),
        (replace(BRAND, name="second"), one, PDF),
        (BRAND, one, "text/csv"),
    ]
    for brand, each, media_type in [(BRAND, one, PDF), *others]:
        await files.load(brand, each, media_type, printer.of(each))
    assert len(printer.made) == 5


async def test_what_is_kept_is_bounded_and_the_least_used_leaves_first():
    files, printer = StatementFiles(bytes_max=250), Printer()
    one, two, three = (statement(number) for number in (1, 2, 3))
    for each in (one, two, one, three):
        await files.load(BRAND, each, PDF, printer.of(each))
    assert files.bytes == 200
    await files.load(BRAND, one, PDF, printer.of(one))
    assert printer.made == [one.id, two.id, three.id]
    large = Printer(300)
    await files.load(BRAND, two, PDF, large.of(two))
    assert files.bytes == 200


async def test_a_file_is_not_kept_for_ever():
    now = [0.0]
    files, printer, one = StatementFiles(seconds_now=lambda: now[0]), Printer(), statement(1)
    await files.load(BRAND, one, PDF, printer.of(one))
    now[0] += KEPT_SECONDS
    await files.load(BRAND, one, PDF, printer.of(one))
    assert (len(printer.made), files.bytes) == (2, 100)
