"""The command of the ledger: rebuild its balances and compare, and open what is sealed."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cyclopts import App
from rich.console import Console
from rich.markup import escape

from portcullis.cli.configuration.production_settings import production_settings
from portcullis.settings import sources

if TYPE_CHECKING:
    from kernel.banking.money import Money
    from kernel.storage.sealed import Sealer
    from plugins.ledger.verify import Counted, Discrepancy
    from portcullis.cli.ledger.sealed_rows import Opened
    from portcullis.settings.schema import Settings

NAMED_MAX = 50  # discrepancies that are named

ledger = App(name="ledger", help="The built-in ledger.")
console = Console(highlight=False)


@ledger.command
def verify(*, config: Path | None = None) -> None:
    """Rebuild balances, versions, holds and the trial balance from what was posted and held, and compare; open what is sealed in the ledger
    and in payment orders, and hold it against what stands in clear. Exits with 1 if anything differs or cannot be opened.

    Parameters
    ----------
    config
        the TOML file of a production server; without it, the sandbox's database.
    """
    from plugins.ledger.verify import load_exchange, verify_books  # noqa: PLC0415  a command loads what it needs

    settings = production_settings(config) if config else sources.load(None)
    whole = True
    for brand in settings.resolved_brands():
        counted, found = asyncio.run(verify_books(settings.database(), brand.name))
        opened = asyncio.run(_open_sealed(settings, brand.name, is_production=config is not None))
        whole = whole and not found and (opened is None or not opened.wrong)
        exchange = asyncio.run(load_exchange(settings.database(), brand.name))
        lines = (*_lines(brand.name, counted, found), *_exchange_lines(brand.name, exchange))
        for line in (*lines, *_sealed_lines(brand.name, opened)):
            console.print(line, soft_wrap=True)
    if not whole:
        sys.exit(1)


async def _open_sealed(settings: "Settings", brand: str, *, is_production: bool) -> "Opened | None":
    """None for a sandbox that has made no keys yet."""
    from kernel.storage.database import Database  # noqa: PLC0415  a command loads what it needs
    from portcullis.cli.ledger.sealed_rows import open_sealed  # noqa: PLC0415
    from portcullis.compose.keys.key_store import open_keys  # noqa: PLC0415
    from portcullis.compose.keys.sealing_keys import load_sealer  # noqa: PLC0415

    async def look(sealer: "Sealer") -> "Opened":
        async with Database.open(settings.database()) as database, database.snapshot() as connection:
            return await open_sealed(connection, sealer, brand)

    if is_production:
        async with open_keys(settings) as keys:
            return await look(keys.sealer)
    file = settings.state_dir / "keys" / "sealing.keys"
    return await look(load_sealer(file)) if file.exists() else None


def _sealed_lines(brand: str, opened: "Opened | None") -> list[str]:
    if opened is None:
        return [escape(f"{brand}: no sealed document was opened: this sandbox has no keys yet")]
    good = "all of them open, and say what stands in clear"
    said = f"[red]{opened.wrong:,} sealed rows are wrong[/]" if opened.wrong else f"[green]{good}[/]"
    return [escape(f"{brand}: {opened.rows:,} rows with sealed documents opened"), *_named(opened.named, opened.wrong), said]


def _exchange_lines(brand: str, exchange: "list[tuple[str, Money]]") -> list[str]:
    """Of the bank's own accounts of exchange, if it has any."""
    said = [f"{name} {'-' if amount.minor < 0 else ''}{amount.decimal()} {amount.currency}" for name, amount in exchange]
    return [escape(f"{brand}: {', '.join(said)}")] if said else []


def _lines(brand: str, counted: "Counted", found: "list[Discrepancy]") -> list[str]:
    compared = (
        f"{brand}: {counted.accounts:,} accounts, {counted.entries:,} entries, {counted.postings:,} postings and {counted.holds:,} holds "
        f"compared; below their floor: {counted.overdrawn:,} accounts"
    )
    said = f"[red]{len(found):,} wrong[/]" if found else "[green]the books agree[/]"
    return [escape(compared), *_named(found[:NAMED_MAX], len(found)), said]


def _named(found: "list[Discrepancy]", number: int) -> list[str]:
    more = [f"and {number - len(found):,} more"] if number > len(found) else []
    return [*(f"[red]{escape(each.what)}[/]: {escape(each.id)}" for each in found), *more]
