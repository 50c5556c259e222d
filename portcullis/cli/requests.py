"""The parts that the commands to a running server share: the server, the operator who gives them, and the answer as it is printed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape

from portcullis.cli.control_client import ServerRefused

AsJson = Annotated[bool, Parameter(name="--json", negative="")]
Flag = Annotated[bool, Parameter(negative="")]
NOTHING: Mapping[str, str] = MappingProxyType({})

_console = Console(highlight=False)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """The operator who gives a command.

    Parameters
    ----------
    operator
        who you are, as the configuration names you.
    key
        the file of your private key; in a sandbox, the one in its state directory.
    """

    operator: str
    key: Path | None = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The server to which a command goes.

    Parameters
    ----------
    config
        the TOML file of a production server; without it, the running sandbox.
    brand
        of this brand alone.
    """

    config: Path | None = None
    brand: str = ""

    def ask(self, path: str, asked: Mapping[str, str] = NOTHING) -> dict[str, Any]:
        """The answer of each brand, by its name, to a command that the sealing keys sign. Raises as `operator_commands.command`."""
        from portcullis.cli.operator_commands import command  # noqa: PLC0415  a command loads what it needs

        return command(path, self.config, self.brand, asked)

    def act(self, path: str, asked: Mapping[str, str], who: Who, *, document: bytes = b"") -> dict[str, Any]:
        """As `ask`, of a command of an operator, whose key signs it."""
        from portcullis.cli.operator_commands import act  # noqa: PLC0415  a command loads what it needs

        return act(path, self.config, self.brand, asked, who=who, document=document)


HERE = Where()  # the sandbox that runs


def answer_of_one(answers: Mapping[str, Any], missing: str) -> dict[str, Any]:
    """The answer of the brand that has what was named. Raises ServerRefused with `missing` if none has it."""
    found: dict[str, Any] | None = next((each for each in answers.values() if each is not None), None)
    if found is None:
        raise ServerRefused(missing)
    return found


def print_answer(document: object, lines: Iterable[str], *, as_json: bool) -> None:
    """The document, or its `lines` for people."""
    if as_json:
        print(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        print_lines(lines)


def print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        _console.print(escape(line), soft_wrap=True)
