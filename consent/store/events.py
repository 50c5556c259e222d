"""The events of the consent context, named in the past tense. Delivered at least once, in order of (consent, version)."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from consent.store.lifecycle import ConsentEvent
from kernel.banking.consents import Consent
from kernel.storage.journal import Event

CONSENT_LODGED = "consent.lodged"

FACTS = MappingProxyType(
    {
        ConsentEvent.UPLOAD: "consent.file_uploaded",
        ConsentEvent.AUTHORISE_PARTIALLY: "consent.partially_authorised",
        ConsentEvent.AUTHORISE: "consent.authorised",
        ConsentEvent.AMEND: "consent.amended",
        ConsentEvent.REJECT: "consent.rejected",
        ConsentEvent.SUSPEND: "consent.suspended",
        ConsentEvent.RESUME: "consent.resumed",
        ConsentEvent.CONSUME: "consent.consumed",
        ConsentEvent.SUPERSEDE: "consent.superseded",
        ConsentEvent.REVOKE: "consent.revoked",
        ConsentEvent.WITHDRAW: "consent.withdrawn",
        ConsentEvent.EXPIRE: "consent.expired",
        ConsentEvent.LAPSE: "consent.rejected",
        ConsentEvent.REMOVE_ACCOUNT: "consent.accounts_changed",
    }
)


def render_event(fact: str, consent: Consent, event_id: str, at: datetime, details: Mapping[str, str]) -> Event:
    """`consent` is the version that the fact made; `details` are added to the body."""
    return Event(
        brand=consent.brand,
        id=event_id,
        kind=fact,
        aggregate_id=consent.id,
        aggregate_version=consent.version,
        at=at,
        body={
            "consent_id": consent.id,
            "kind": consent.kind,
            "state": consent.state,
            "client_id": consent.client_id,
            "organisation_id": consent.organisation_id,
            "lodged_as": consent.lodged_as,
            **details,
        },
    )
