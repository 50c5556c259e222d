"""The settings of a production server, from the file that a command names."""

from pathlib import Path
from typing import TYPE_CHECKING

from portcullis.settings import sources
from portcullis.settings.log_level import LogLevel

if TYPE_CHECKING:
    from portcullis.settings.schema import Settings


def production_settings(file: Path, workers: int | None = None, log_level: LogLevel | None = None) -> "Settings":
    from portcullis.settings.checks import check_production  # noqa: PLC0415  a command loads what it needs

    settings = sources.load(file, workers=workers, log_level=log_level)
    check_production(settings)
    return settings
