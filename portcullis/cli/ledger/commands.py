"""The command of the ledger: rebuild its balances and compare."""

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
    from plugins.ledger.verify import Counted, Discrepancy

NAMED_MAX = 50  # discrepancies that are named

ledger = App(name="ledger", help="The built-in ledger.")
console = Console(highlight=False)


@ledger.command
def verify(*, config: Path | None = None) -> None:
    """Rebuild balances, versions, holds and the trial balance from what was posted and held, and compare. Exits with 1 if they differ.

    Parameters
    ----------
    config
        the TOML file of a production server; without it, the sandbox's database.
    """
    from plugins.ledger.verify import verify_books  # noqa: PLC0415  a command loads what it needs

    settings = production_settings(config) if config else sources.load(None)
    whole = True
    for brand in settings.resolved_brands():
        counted, found = asyncio.run(verify_books(settings.database(), brand.name))
        whole = whole and not found
        for line in _lines(brand.name, counted, found):
            console.print(line, soft_wrap=True)
    if not whole:
        sys.exit(1)


def _lines(brand: str, counted: "Counted", found: "list[Discrepancy]") -> list[str]:
    compared = (
        f"{brand}: {counted.accounts:,} accounts, {counted.entries:,} entries, {counted.postings:,} postings and {counted.holds:,} holds "
        f"compared; below their floor: {counted.overdrawn:,} accounts"
    )
    named = [f"[red]{escape(each.what)}[/]: {escape(each.id)}" for each in found[:NAMED_MAX]]
    more = [f"and {len(found) - NAMED_MAX:,} more"] if len(found) > NAMED_MAX else []
    return [escape(compared), *named, *more, f"[red]{len(found):,} wrong[/]" if found else "[green]the books agree[/]"]
