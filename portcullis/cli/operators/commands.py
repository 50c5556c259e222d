"""The command of operators: make the key by which one of the bank's own people signs what they command."""

from pathlib import Path

from cyclopts import App
from rich.console import Console

operators = App(name="operators", help="The bank's own people who may give commands that change money or consents.")
console = Console(highlight=False)


@operators.command(name="key")
def make_key(name: str, file: Path) -> None:
    """Make the key of an operator: the private key into a file that its owner alone can read, and what the configuration needs on the screen.

    Parameters
    ----------
    name
        of the operator, as the configuration and all records will have it.
    file
        for the private key; it must not be there yet, and never leaves its owner.
    """
    from kernel.config import ConfigurationRefused  # noqa: PLC0415  a command loads what it needs
    from portcullis.compose.keys.operator_keys import make_operator_key, operator_of  # noqa: PLC0415
    from portcullis.settings.operators import NAME, check_operators  # noqa: PLC0415

    if not NAME.fullmatch(name):
        raise ConfigurationRefused(f"name: {name!r} must be 1 to 32 lower-case letters, digits, points or hyphens")
    operator = operator_of(name, make_operator_key(file))
    check_operators((operator,))
    listed = ", ".join(f'"{command}"' for command in operator.commands)
    print(f"# the private key is in {file}; add this to the configuration of every server, and start them again")
    print(f'[[operators]]\nname = "{operator.name}"\npublic_key = "{operator.public_key}"\ncommands = [{listed}]')
