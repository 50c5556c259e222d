"""The commands of a configuration: check it, and list the limits that it sets."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console

from portcullis.cli.configuration.production_settings import production_settings
from portcullis.settings import sources

config = App(name="config", help="The configuration.")
console = Console(highlight=False)


@config.command
def check(file: Path, *, connect: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Say whether a production server would start on a configuration, without starting it. Exits with 1 if it would not.

    Parameters
    ----------
    file
        the TOML file; docs/configuration.md lists every setting.
    connect
        also try what can be tried: database, hot state, key store, core bank, code sender, directories, sinks, ports, certificate.
    """
    from kernel.clock import SystemClock  # noqa: PLC0415
    from kernel.observability import log  # noqa: PLC0415  a command loads what it needs
    from portcullis.cli.configuration.check_report import report_check  # noqa: PLC0415

    log.configure(SystemClock(), level=logging.ERROR)  # the lines say what a log would
    if not asyncio.run(report_check(console, production_settings(file), file, connect=connect)):
        sys.exit(1)


@config.command
def limits(file: Path | None = None) -> None:
    """List every limit of a server: its value and unit, what it bounds, and the setting that changes it, if one does.

    Parameters
    ----------
    file
        a TOML file whose values to show in place of the defaults.
    """
    from portcullis.cli.configuration.limits import print_limits  # noqa: PLC0415  it loads all there is

    print_limits(console, sources.load(file) if file else None)
