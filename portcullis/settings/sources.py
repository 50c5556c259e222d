"""Settings as a command takes them: defaults, then a file, then the environment, then the command line, the last word last.

The settings themselves, which know every dialect, are imported when they are loaded: `portcullis version` has no use for them.
"""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from kernel.config import ConfigurationRefused, build, overlay, read_file

if TYPE_CHECKING:
    from portcullis.settings.schema import Settings

VARIABLES = {
    "PORTCULLIS_STATE_DIR": "state_dir",
    "PORTCULLIS_BIND": "bind",
    "PORTCULLIS_PUBLIC_PORT": "public_port",
    "PORTCULLIS_MTLS_PORT": "mtls_port",
    "PORTCULLIS_OPS_PORT": "ops_port",
    "PORTCULLIS_ISSUER": "issuer",
    "PORTCULLIS_MTLS_URL": "mtls_url",
    "PORTCULLIS_DATABASE_URL": "database_url",
    "PORTCULLIS_MIGRATION_URL": "migration_url",
    "PORTCULLIS_REDIS_URL": "redis_url",
    "PORTCULLIS_WORKERS": "workers",
    "PORTCULLIS_SANDBOX_TOKEN": "sandbox_token",
    "PORTCULLIS_SPECS": "specs",
    "PORTCULLIS_LOG_LEVEL": "log_level",
    "PORTCULLIS_OUTBOUND_AUTHORITIES": "outbound_authorities",
    "PORTCULLIS_UPSTREAM": "upstream",
    "PORTCULLIS_CORE_BANK_URL": "core_bank_url",
    "PORTCULLIS_CORE_BANK_TOKEN": "core_bank_token",
    "PORTCULLIS_CORE_BANK_NOTICE_TOKEN": "core_bank_notice_token",
    "PORTCULLIS_CORE_BANK_PORT": "core_bank_port",
    "PORTCULLIS_VAULT_TOKEN": "vault_token",
}


@cache
def _types() -> Mapping[str, Any]:
    from portcullis.settings.schema import Settings  # noqa: PLC0415  see above

    return get_type_hints(Settings)


def _is_path(key: str) -> bool:
    return _types()[key] in {Path, Path | None}


def load(
    file: Path | None, environment: Mapping[str, str] = os.environ, *, workers: int | None = None, log_level: str | None = None
) -> "Settings":
    """`file` None: defaults alone; `workers` and `log_level` as the command line has them. Raises ConfigurationRefused naming the key, and the variable that sets it."""
    from portcullis.settings.checks import check_safe  # noqa: PLC0415  see above
    from portcullis.settings.schema import Settings  # noqa: PLC0415

    members = overlay(read_file(file) if file else {}, environment, VARIABLES)
    members |= {
        key: _read(variable, key, environment[variable]) for variable, key in VARIABLES.items() if variable in environment
    }
    for key, value in members.items():
        if value == "" and key in _types() and _is_path(key):
            raise ConfigurationRefused(f"{key}: names no path")
    given = {"workers": workers, "log_level": log_level}
    members |= {key: value for key, value in given.items() if value is not None}
    try:
        settings = build(members, Settings)
        check_safe(settings)
    except ConfigurationRefused as refused:
        raise ConfigurationRefused(_named(str(refused), environment)) from None
    return settings


def _read(variable: str, key: str, text: str) -> Any:
    """As the setting is typed: a token of digits stays text, and an empty path is not the working directory."""
    if _types()[key] is int:
        if not (text.isascii() and text.isdigit()):
            from portcullis.settings.checks import PORT_MAX, PORTS  # noqa: PLC0415  see above

            accepted = f"a port, 1 to {PORT_MAX}" if key in PORTS else "a whole number"
            raise ConfigurationRefused(f"{variable}: must be {accepted}, not {text!r}")
        return int(text)
    if _is_path(key) and not text.strip():
        raise ConfigurationRefused(f"{variable}: is empty, and names no path. Unset it, or name one")
    return text


def _named(refusal: str, environment: Mapping[str, str]) -> str:
    """The refusal, with the variable added to the key that it set."""
    key, _, rest = refusal.partition(":")
    set_by = next((variable for variable, sets in VARIABLES.items() if sets == key and variable in environment), None)
    return refusal if set_by is None else f"{key} ({set_by}):{rest}"
