"""Where a sandbox's bank comes from: a seed, or a file that somebody exported or wrote."""

from dataclasses import dataclass
from pathlib import Path

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.database import Database
from kernel.sealed import Sealer
from sandbox.bank.importing import import_bank
from sandbox.bank.seeding import Progress, seed_bank, silent


@dataclass(frozen=True, slots=True)
class Source:
    """The file, if there is one, comes before the seed."""

    seed: int
    file: Path | None = None

    async def make(self, database: Database, sealer: Sealer, clock: Clock, brand: Brand, *, progress: Progress = silent) -> None:
        """Make the bank, or what is missing of it. Raises ConfigurationRefused for a file that cannot be imported."""
        if self.file is None:
            await seed_bank(database, sealer, clock, str(self.seed), brand, progress)
        else:
            await import_bank(database, sealer, clock, self.file, brand, progress)
