"""Make the bank that a file describes, in one transaction: all of it or nothing. docs/sandbox-data.md describes the file.

The file is read twice, line by line: once to check that it is whole and sound, once to write. A refusal names the number of the line
that is wrong: an unsound record could not be rendered by any standard later.
"""

import asyncio
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec
from sqlalchemy.exc import IntegrityError, StatementError

from gateway.upstream_guard.answer_checks import check_ids
from kernel.banking.records.parties import AccountParty
from kernel.brand import Brand
from kernel.clock import Clock
from kernel.config import ConfigurationRefused
from kernel.errors import Problem
from kernel.storage.database import Database
from kernel.storage.outages import refuses_values
from kernel.storage.sealed import Sealer
from openapi.core_bank.v1.soundness import check_sound
from plugins.ledger.postings.entries import LedgerEntry
from plugins.ledger.refusals import EntryRefused, EntryRepeated
from sandbox.bank.file.lines import (
    FORMAT,
    IMPORTED,
    AccountLine,
    BankLine,
    CustomerLine,
    EntryLine,
    Line,
    OfferLine,
    PartyLine,
    PendingLine,
    ProductLine,
    RecordLine,
)
from sandbox.bank.seed import Progress
from sandbox.bank.stories.tale import Tale, count_lines
from sandbox.bank.tale_writer import Writer, load_made

LINE_BYTES_MAX = 8 * 1024 * 1024  # one entry with all its legs
LEGS_PER_POST = 4000
DIGEST_DIGITS = 16
_NAME = re.compile(r"[!-~]{1,64}", re.ASCII)

_decode = msgspec.json.Decoder(Line).decode
Kind = TypeVar("Kind")


class LineRefused(Exception):
    """The message says which line, and why."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A file that was read to its end once."""

    bank: BankLine
    head: tuple[Line, ...]
    transactions: int
    digest: str


async def import_bank(  # noqa: PLR0917  what every start has at hand, as seed_bank
    database: Database, sealer: Sealer, clock: Clock, file: Path, brand: Brand, progress: Progress
) -> None:
    """Nothing happens if this very file was imported before. Raises ConfigurationRefused for a file that cannot be read, and for a
    bank that is there already."""
    try:
        contents = await asyncio.to_thread(read_contents, file)
        tale = _tale(file, contents)
    except OSError as error:
        raise ConfigurationRefused(f"{file}: cannot be read ({error.strerror})") from None
    except LineRefused as error:
        raise ConfigurationRefused(f"{file}: {error}") from None
    made = await load_made(database, brand.name)
    if made == {tale.name}:
        return
    if made:
        raise ConfigurationRefused(f"{file}: there is a bank already; import into a new state directory")
    writer = Writer(database, sealer, clock, brand, anchor=contents.bank.anchor)
    try:
        await writer.write(tale, lambda written: progress(written, tale.size, file.name))
    except (IntegrityError, EntryRefused, EntryRepeated):
        raise ConfigurationRefused(f"{file}: an id, a number or a user name occurs twice") from None
    except (Problem, LineRefused) as error:
        raise ConfigurationRefused(f"{file}: {error}") from None
    except StatementError as error:
        if not refuses_values(error):
            raise
        raise ConfigurationRefused(f"{file}: it holds a value that the database cannot keep") from None


def read_contents(file: Path) -> Contents:
    """Everything but the entries, and that those can be read too. Raises LineRefused, OSError."""
    head: list[Line] = []
    bank: BankLine | None = None
    transactions = 0
    digest = hashlib.sha256()
    for number, text, line in _lines(file):
        _check_sound(number, line)
        digest.update(text)
        if bank is None:
            bank = _first(line)
        elif isinstance(line, BankLine):
            raise LineRefused(f"line {number}: a second bank")
        elif isinstance(line, EntryLine):
            transactions += count_lines(line.record)
        else:
            head.append(line)
    if bank is None:
        raise LineRefused("the file is empty")
    return Contents(bank, tuple(head), transactions, digest.hexdigest()[:DIGEST_DIGITS])


def _check_sound(number: int, line: Line) -> None:
    """Check a line by the rules for a bank's answers over HTTP. Raises LineRefused."""
    checked = line
    if isinstance(line, ProductLine) and not line.record.account_id:  # not sold yet; in an answer it always names an account
        checked = ProductLine(msgspec.structs.replace(line.record, account_id=line.record.id))
    try:
        check_sound(checked, type(checked))
        check_ids(_ids_leaving(line))
    except Problem as problem:
        place = f"{problem.path}: " if problem.path else ""
        raise LineRefused(f"line {number}: {place}{problem.detail}") from None
    if isinstance(line, CustomerLine) and not all(
        _NAME.fullmatch(name) for name in (line.record.username, line.record.customer_id, line.record.psu_id)
    ):
        raise LineRefused(f"line {number}: user names and customers' ids have 1 to 64 visible ASCII characters")


def _ids_leaving(line: Line) -> list[str]:
    """Ids of the line that leave the bank."""
    match line:
        case EntryLine():
            return [leg.line.id for leg in line.record.legs if leg.line is not None]
        case BankLine() | CustomerLine() | AccountLine() | OfferLine():
            return []
        case _:
            return [line.record.id]


def _first(line: Line) -> BankLine:
    if not isinstance(line, BankLine) or line.format != FORMAT:
        raise LineRefused(f"line 1: not a bank of format {FORMAT}")
    return line


def _tale(file: Path, contents: Contents) -> Tale:
    accounts = _of(contents, AccountLine)
    parties = {line.record.id: line.record for line in _of(contents, PartyLine)}
    unknown = {link.party_id for account in accounts for link in account.parties} - parties.keys()
    if unknown:
        raise LineRefused(f"there is no party {min(unknown)}")
    pending = tuple(line.record for line in _of(contents, PendingLine))
    return Tale(
        name=f"{IMPORTED}{contents.digest}",
        origin=(contents.bank.seed, contents.bank.anchor),
        logins=tuple(line.record for line in _of(contents, CustomerLine)),
        products=tuple(line.record for line in _of(contents, ProductLine)),
        parties=tuple((line.record, line.customer_id) for line in _of(contents, PartyLine)),
        accounts=tuple(account.record for account in accounts),
        account_parties=tuple(
            AccountParty(account_id=account.record.id, party=parties[link.party_id], holding=link.holding, role=link.role)
            for account in accounts
            for link in account.parties
        ),
        entries=partial(_entries, file),
        pending=pending,
        changes={account.record.id: account.changed for account in accounts if account.changed is not None},
        records=tuple(line.record for line in contents.head if isinstance(line, RecordLine)),
        offers=tuple(line.record for line in _of(contents, OfferLine)),
        issues_statements=False,
        size=contents.transactions + len(pending),
    )


def _of(contents: Contents, kind: type[Kind]) -> list[Kind]:
    return [line for line in contents.head if isinstance(line, kind)]


def _entries(file: Path) -> Iterator[list[LedgerEntry]]:
    chunk: list[LedgerEntry] = []
    legs = 0
    for _, _, line in _lines(file):
        if isinstance(line, EntryLine):
            chunk.append(msgspec.structs.replace(line.record, captures=()))  # a file has no holds to capture
            legs += len(line.record.legs)
        if legs >= LEGS_PER_POST:
            yield chunk
            chunk, legs = [], 0
    if chunk:
        yield chunk


def _lines(file: Path) -> Iterator[tuple[int, bytes, Line]]:
    """Raises LineRefused for a line that is too long or not what a bank consists of."""
    with file.open("rb") as opened:
        number = 0
        while text := opened.readline(LINE_BYTES_MAX + 1):
            number += 1
            if len(text) > LINE_BYTES_MAX:
                raise LineRefused(f"line {number}: longer than {LINE_BYTES_MAX:,} bytes")
            try:
                yield number, text, _decode(text)
            except msgspec.DecodeError as error:
                raise LineRefused(f"line {number}: {error}") from None
            except UnicodeDecodeError:
                raise LineRefused(f"line {number}: not UTF-8") from None
