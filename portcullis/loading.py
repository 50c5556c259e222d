"""Settings as a command takes them: defaults, then a file, then the environment, then the command line, the last word last."""

import os
from collections.abc import Mapping
from pathlib import Path

from kernel.config import build, overlay, read_file
from portcullis.checks import check_safe
from portcullis.settings import Settings

VARIABLES = {
    "PORTCULLIS_STATE_DIR": "state_dir",
    "PORTCULLIS_BIND": "bind",
    "PORTCULLIS_PUBLIC_PORT": "public_port",
    "PORTCULLIS_MTLS_PORT": "mtls_port",
    "PORTCULLIS_OPS_PORT": "ops_port",
    "PORTCULLIS_ISSUER": "issuer",
    "PORTCULLIS_MTLS_URL": "mtls_url",
    "PORTCULLIS_DATABASE_URL": "database_url",
    "PORTCULLIS_REDIS_URL": "redis_url",
    "PORTCULLIS_WORKERS": "workers",
    "PORTCULLIS_SANDBOX_TOKEN": "sandbox_token",
    "PORTCULLIS_SPECS": "specs",
    "PORTCULLIS_OUTBOUND_AUTHORITIES": "outbound_authorities",
    "PORTCULLIS_UPSTREAM": "upstream",
    "PORTCULLIS_CORE_BANK_URL": "core_bank_url",
    "PORTCULLIS_CORE_BANK_TOKEN": "core_bank_token",
    "PORTCULLIS_CORE_BANK_PORT": "core_bank_port",
    "PORTCULLIS_VAULT_TOKEN": "vault_token",
}


def load(file: Path | None, environment: Mapping[str, str] = os.environ, *, workers: int | None = None) -> Settings:
    """`file` None: defaults alone. Raises ConfigurationRefused naming the key."""
    members = overlay(read_file(file) if file else {}, environment, VARIABLES)
    if workers is not None:
        members["workers"] = workers
    settings = build(members, Settings)
    check_safe(settings)
    return settings
