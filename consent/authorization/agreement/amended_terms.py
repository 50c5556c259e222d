"""The terms that a PSU agrees to when a client asks to change a grant: a merge adds to it, a replacement takes its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.authentication.consent_subject import AsLodged, Terms
from consent.authorization.authorize.amendment import Amendment, terms_of
from kernel.banking.consents import Consent


@dataclass(frozen=True, slots=True)
class AmendedTerms:
    amendment: Amendment

    def changes(self, consent: Consent, now: datetime) -> Mapping[str, Any]:
        """Raises what `terms_of` raises."""
        return terms_of(consent, self.amendment, now)

    def covered(self, consent: Consent, upstream_ids: tuple[str, ...]) -> tuple[str, ...]:
        """A merge never takes an account away."""
        if self.amendment.action == "replace":
            return upstream_ids
        return tuple(dict.fromkeys((*(account.upstream_id for account in consent.accounts), *upstream_ids)))


def agreed_terms(amendment: Amendment | None) -> Terms:
    return AsLodged() if amendment is None else AmendedTerms(amendment)
