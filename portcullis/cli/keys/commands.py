"""The commands of the keys that sign tokens and answers, and of those that seal data."""

import asyncio
from pathlib import Path

from cyclopts import App
from rich.console import Console

from portcullis.cli.configuration.production_settings import production_settings
from portcullis.cli.requests import HERE, Flag, Where

keys = App(name="keys", help="The keys that sign tokens and answers, and those that seal data.")
console = Console(highlight=False)


@keys.command
def rotate(*, overlap: Flag = False, where: Where = HERE) -> None:
    """Use other signing keys at once, and refuse everything that the present ones signed: in an emergency.

    Parameters
    ----------
    overlap
        publish the next keys now, and use them when everyone has seen them; nothing is refused.
    """
    done = where.ask("/keys/publish" if overlap else "/keys/rotate")
    what = "the next keys are published and will be used" if overlap else "other keys sign; what those before signed is refused"
    for name, version in done.items():
        console.print(f"[bold]{name}[/]  version {version} of its key set: {what}", soft_wrap=True)


@keys.command
def wrap(*, config: Path) -> None:
    """Print the file of sealing keys with each key wrapped by the configured key store. Write it to another file: this one is read.

    Parameters
    ----------
    config
        the TOML file of a production server; its sealing_keys may be plain, or wrapped before.
    """
    from portcullis.compose.keys.key_store import wrap_sealing_keys  # noqa: PLC0415  a command loads what it needs

    print(asyncio.run(wrap_sealing_keys(production_settings(config))), end="")
