"""One ASPSP to the outside: issuer, host names, zone, look. Every aggregate, cache key and journal entry belongs to a brand.

A brand is resolved by host name against configuration before routing, never from a token; an unknown host is refused.
"""

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

from kernel.cut_offs import CutOffRule
from kernel.operations import Operation

CertificateDemand = Literal["when_bound", "always"]
NonceDemand = Literal["off", "required"]
Endpoints = Literal["public", "mtls"]
FUNDS_CHECKS_PER_DAY = 50  # checks of funds a day under one consent: more than a card pays, too few to follow a balance by
PLANNED_DAYS_MAX = 365  # ahead: as far as customers plan a payment


@dataclass(frozen=True, slots=True)
class Brand:
    """`issuer` and `mtls_url` are absolute https URLs without a trailing slash, from configuration, never from a request."""

    name: str  # our key, e.g. "main"
    display_name: str  # what customers read
    issuer: str
    mtls_url: str
    zone: ZoneInfo
    dialects: tuple[str, ...]
    resource_audience: str  # `aud` of access tokens: the resource base
    organisation_id: str = ""  # the ASPSP's own id in the directory
    colour: str = "#1d4d8f"  # accent of the pages
    country: str = "GB"
    sca_required_after_days: int | None = None  # since the PSU's last authentication (business time); None: never
    sca_recent_minutes: int | None = None  # maximum age of that authentication for what has no exemption; None: any age
    certificate: CertificateDemand = "when_bound"  # of resource calls: for what is bound to one, or always
    dpop_nonce: NonceDemand = "off"  # whether DPoP proofs must contain a nonce of ours
    top_level_endpoints: Endpoints = "public"  # what the metadata names in addition to the aliases, for clients that know none
    frequency_per_day_max: int = 4  # unattended accesses that a consent may be granted (RTS art. 36(5)(b))
    funds_checks_per_day: int = FUNDS_CHECKS_PER_DAY  # under one consent, by its card issuer
    operations_off: frozenset[Operation] = frozenset()  # conditional ones that this ASPSP does not offer
    cut_off: CutOffRule | None = None  # of payments; None: they are taken and made at any hour
    planned_days_max: int = PLANNED_DAYS_MAX  # from today to the day of a payment that is planned
    members_on: frozenset[str] = frozenset()  # of answers, which a later edition of a standard brought (Dialect.later_members)

    def granted_frequency(self, asked: int | None) -> int | None:
        """Unattended accesses a day that a consent has which asks for so many: no more than the brand allows. None asks for no number,
        and has the server's usual one."""
        return None if asked is None else min(asked, self.frequency_per_day_max)
