"""The commands of a production server: start it, and bring its database up to date."""

from pathlib import Path

from cyclopts import App
from rich.console import Console

from portcullis.cli.configuration.production_settings import production_settings
from portcullis.cli.event_loop import run
from portcullis.cli.uncollected import uncollected
from portcullis.settings import sources
from portcullis.settings.log_level import LogLevel

database = App(name="db", help="The database.")
console = Console(highlight=False)


def serve(*, config: Path, workers: int | None = None, log_level: LogLevel | None = None) -> None:
    """Start a production server.

    Parameters
    ----------
    config
        the TOML file; docs/configuration.md lists every setting.
    workers
        processes that share the ports (overrides the file).
    log_level
        debug, info, warning or error (overrides the file).
    """
    with uncollected():
        from portcullis.serving.production import serve_production  # noqa: PLC0415  a command loads what it needs

    run(serve_production(production_settings(config, workers, log_level)))


@database.command
def upgrade(*, config: Path | None = None) -> None:
    """Bring the database to this version's tables. A server does it by itself at start, unless `migration_url` names another role.

    Parameters
    ----------
    config
        the TOML file of a production server; without it, the sandbox's database.
    """
    from portcullis.compose.contexts import upgrade_all  # noqa: PLC0415  a command loads what it needs

    settings = production_settings(config) if config else sources.load(None)
    run(upgrade_all(settings.database(), sandbox=config is None, migration_url=settings.migration_url))
    console.print("the database is up to date")
