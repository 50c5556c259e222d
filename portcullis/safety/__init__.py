"""Rules about production configurations that a server could use, and that are unsafe or not what was meant."""

from collections.abc import Callable, Iterator
from datetime import datetime

from portcullis.safety.certificate import judge_certificate
from portcullis.safety.finding import Finding
from portcullis.safety.proxies import judge_proxies
from portcullis.safety.rules import judge_rules
from portcullis.safety.secrets import judge_key_files, judge_tokens
from portcullis.safety.transports import judge_transports
from portcullis.settings.schema import Settings

JUDGES: tuple[Callable[[Settings, datetime], Iterator[Finding]], ...] = (
    judge_proxies,
    judge_tokens,
    judge_key_files,
    judge_transports,
    judge_certificate,
    judge_rules,
)
