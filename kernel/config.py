"""Read configuration once: a TOML file, overridden by the environment, into one frozen struct.

Unknown keys, wrong types and missing values refuse to boot, naming the key. A part gets its own piece and nothing else.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

FILE_BYTES_MAX = 1 << 20  # of the settings file; a larger one is not read


class ConfigurationRefused(Exception):
    """The configuration cannot be used. The message names the key and says what to change."""


def read_file(path: Path) -> dict[str, Any]:
    """The members of a TOML file. Raises ConfigurationRefused."""
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise ConfigurationRefused(f"{path}: larger than {FILE_BYTES_MAX} bytes")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationRefused(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationRefused(f"{path}: is not TOML ({error})") from None


def overlay(members: dict[str, Any], environment: Mapping[str, str], names: Mapping[str, str]) -> dict[str, Any]:
    """`members` with every variable of `names` (variable -> key) that is set. Whole numbers are read as such.

    A variable that starts with PORTCULLIS_ and is not in `names` is a mistyped setting: refused.
    """
    for variable in environment:
        if variable.startswith("PORTCULLIS_") and variable not in names:
            raise ConfigurationRefused(f"{variable}: is not a setting; known are {', '.join(sorted(names))}")
    merged = dict(members)
    for variable, key in names.items():
        if variable in environment:
            value = environment[variable]
            merged[key] = int(value) if value.isascii() and value.isdigit() else value
    return merged


def build(members: Mapping[str, Any], into: type[T]) -> T:
    """The struct, strictly. Raises ConfigurationRefused naming the key."""
    try:
        return msgspec.convert(members, into, strict=True, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise ConfigurationRefused(str(error)) from None


def _decode(kind: type, value: Any) -> Any:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(f"no reading of {kind}")
