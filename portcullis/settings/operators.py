"""Operators: the people who may give a running server commands that change money or consents, each known by a key of their own."""

import re

import msgspec

from kernel.config import ConfigurationRefused
from kernel.jose.jwt import JwtInvalid, JwtKey, import_key

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,31}")  # of an operator: part of commands, file names and records
COMMANDS = (  # of operators, as they are typed after `portcullis`
    "orders hold",
    "orders decide",
    "orders approve",
    "recalls ask",
    "recalls agree",
    "recalls approve",
    "recalls refuse",
    "recalls give-up",
    "reconcile import",
    "reconcile run",
    "reconcile assign",
    "reconcile propose",
    "reconcile discard",
    "reconcile approve",
    "events release",
    "events forget",
    "events resend",
)
GROUPS = tuple(dict.fromkeys(command.partition(" ")[0] for command in COMMANDS))


class OperatorSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`public_key` is the Ed25519 key that `portcullis operators key` prints; `commands` are whole commands, or groups of them."""

    name: str
    public_key: str
    commands: tuple[str, ...]

    def key(self) -> JwtKey:
        """Raises JwtInvalid."""
        key = import_key({"kty": "OKP", "crv": "Ed25519", "x": self.public_key}, kid="", alg="EdDSA")
        return JwtKey(key.key.thumbprint(), key.alg, key.key)

    def may(self, command: str) -> bool:
        return command in self.commands or command.partition(" ")[0] in self.commands


def check_operators(operators: tuple[OperatorSettings, ...]) -> None:
    """Refuse two operators of one name or key: each decision names one person. Raises ConfigurationRefused."""
    names: set[str] = set()
    keys: dict[str, str] = {}
    for operator in operators:
        if not NAME.fullmatch(operator.name):
            raise ConfigurationRefused(
                f"operators.name: {operator.name!r} must be 1 to 32 lower-case letters, digits, points or hyphens"
            )
        if operator.name in names:
            raise ConfigurationRefused(f"operators.name: two operators are {operator.name}")
        names.add(operator.name)
        try:
            key = operator.key().kid
        except JwtInvalid as error:
            raise ConfigurationRefused(
                f"operators.public_key: of {operator.name} must be as `portcullis operators key` prints it ({error})"
            ) from None
        if key in keys:
            raise ConfigurationRefused(f"operators.public_key: {operator.name} and {keys[key]} have the same key")
        keys[key] = operator.name
        unknown = set(operator.commands) - {*COMMANDS, *GROUPS}
        if unknown or not operator.commands:
            named = f"unknown are {', '.join(sorted(unknown))}; " if unknown else ""
            raise ConfigurationRefused(
                f"operators.commands: of {operator.name}: {named}name some of {', '.join((*GROUPS, *COMMANDS))}"
            )
