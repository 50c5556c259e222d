"""Settings that work and are seldom meant."""

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from plugins.certificates.standing import Revocation
from portcullis.safety.finding import LOOPBACK, Finding, warn
from portcullis.settings.schema import Settings

UNATTENDED_MAX = 4  # accesses a day without the PSU that a setting may allow: RTS (EU) 2018/389 article 36(5)(b)


def judge_rules(settings: Settings, _now: datetime) -> Iterator[Finding]:
    if settings.certificates.revocation is Revocation.OFF:
        yield warn("certificates.revocation", "is off: a certificate that its authority revoked stays good here")
    if settings.rates.unattended_per_day > UNATTENDED_MAX:
        yield warn(
            "rates.unattended_per_day",
            f"more than {UNATTENDED_MAX} reads a day without the customer need an agreement (RTS art. 36(5)(b))",
        )
    for brand in settings.resolved_brands():
        for key in ("issuer", "mtls_url"):
            if urlsplit(getattr(brand, key)).hostname in LOOPBACK:
                yield warn(f"brands.{key}", f"{getattr(brand, key)} leads every caller to their own machine")
