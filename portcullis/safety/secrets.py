"""The secrets of a configuration: tokens that are none, and files that others of this machine may read."""

import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from portcullis.safety.finding import Finding, refuse, warn
from portcullis.settings.schema import Settings

TOKEN_CHARACTERS_MIN = 16  # of a configured token: a shorter one may be guessed
OTHERS, GROUP = stat.S_IRWXO | stat.S_IWGRP, stat.S_IRGRP


def judge_tokens(settings: Settings, _now: datetime) -> Iterator[Finding]:
    sender = settings.code_sender
    named = {
        "code_sender.token": sender.token if sender else None,
        "core_bank_token": settings.core_bank_token or None,
        "core_bank_notice_token": settings.core_bank_notice_token or None,
        "vault_token": settings.vault_token or None,
        **{f"sinks.{sink.name}": secret for sink in settings.sinks for secret in sink.secrets},
    }
    for key, token in named.items():
        if token is None:
            continue
        if not token.strip():
            yield refuse(key, "is empty, so that anyone is believed; set the token that both sides know")
        elif len(token) < TOKEN_CHARACTERS_MIN:
            yield warn(key, f"is shorter than {TOKEN_CHARACTERS_MIN} characters, and may be guessed")


def judge_key_files(settings: Settings, _now: datetime) -> Iterator[Finding]:
    """Modes alone; that the files can be used is judged by who opens them."""
    vault, bank = settings.vault_transit, settings.core_bank_tls
    named = {
        "tls.private_key": settings.tls.private_key if settings.tls else None,
        "sealing_keys": settings.sealing_keys,
        "vault_transit.token_file": vault.token_file if vault else None,
        "core_bank_tls.private_key": bank.private_key if bank else None,
    }
    for key, file in named.items():
        mode = _mode_of(file)
        if mode & OTHERS:
            yield refuse(key, f"{file} is open to others of this machine; run chmod 600 on it")
        elif mode & GROUP:
            yield warn(key, f"{file} is readable by its group; run chmod 600 on it unless the group is the server's own")


def judge_settings_file(settings: Settings, file: Path) -> Iterator[Finding]:
    """The file of the settings, where a secret stands in it."""
    urls = [urlsplit(url) for url in (settings.database_url, settings.migration_url, settings.redis_url) if url]
    tokens = [
        settings.core_bank_token,
        settings.core_bank_notice_token,
        settings.vault_token,
        settings.code_sender.token if settings.code_sender else "",
    ]
    tokens += [secret for sink in settings.sinks for secret in sink.secrets]
    if _mode_of(file) & OTHERS and (any(tokens) or any(url.password for url in urls)):
        yield warn(str(file), "is readable by others of this machine and holds tokens or passwords; run chmod 600 on it")


def _mode_of(file: Path | None) -> int:
    try:
        return 0 if file is None else file.stat().st_mode
    except OSError:
        return 0
