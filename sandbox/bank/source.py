"""The source of a sandbox's bank: a seed, or a file that was exported or written by hand."""

from dataclasses import dataclass
from pathlib import Path

from kernel.brand import Brand
from kernel.clock import Clock
from kernel.config import ConfigurationRefused
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from sandbox.bank.file.reader import import_bank
from sandbox.bank.seed import Progress, seed_bank, settle_seed, silent


def check_source(seed: int | None, file: Path | None) -> None:
    """Raises ConfigurationRefused for what cannot be a bank's source, before anything is made for it."""
    if file is None:
        return
    if seed is not None:
        raise ConfigurationRefused("--seed, --import: a bank comes from one of them")
    try:
        file.open("rb").close()
    except OSError as error:
        raise ConfigurationRefused(f"--import: {file} cannot be read ({error.strerror})") from None


async def settle_source(database: Database, brand: Brand, seed: int | None, file: Path | None) -> "Source":
    """`seed` None: that of the bank that is there, or the usual one. Raises ConfigurationRefused for another than its."""
    return Source(await settle_seed(database, brand.name, seed), file)


@dataclass(frozen=True, slots=True)
class Source:
    """The file, if there is one, comes before the seed."""

    seed: int
    file: Path | None = None

    @property
    def description(self) -> str:
        """The source in words, for a log line or a banner."""
        return f"of seed {self.seed}" if self.file is None else f"of {self.file}"

    async def make(self, database: Database, sealer: Sealer, clock: Clock, brand: Brand, *, progress: Progress = silent) -> None:
        """Make the bank, or what is missing of it. Raises ConfigurationRefused for a file that cannot be imported."""
        if self.file is None:
            await seed_bank(database, sealer, clock, str(self.seed), brand, progress)
        else:
            await import_bank(database, sealer, clock, self.file, brand, progress)
