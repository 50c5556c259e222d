"""The types of events, one for each kind of notice, and the reasons of an account that has gone. OBIE R/W 4.0, Event Notification."""

from collections.abc import Mapping
from types import MappingProxyType

from kernel.banking.notices import NoticeKind

CALLBACK_END = "/open-banking/v4.0/event-notifications"  # of every address of a client
_PREFIX = "urn:uk:org:openbanking:events:"
EVENT_TYPES: Mapping[NoticeKind, str] = MappingProxyType(
    {
        NoticeKind.RESOURCE_UPDATED: f"{_PREFIX}resource-update",
        NoticeKind.CONSENT_STOPPED: f"{_PREFIX}consent-authorization-revoked",
        NoticeKind.ACCOUNT_REMOVED: f"{_PREFIX}account-access-consent-linked-account-update",
        NoticeKind.PAYING_ACCOUNT_REMOVED: f"{_PREFIX}domestic-vrp-consent-linked-account-update",
    }
)
KINDS: Mapping[str, NoticeKind] = MappingProxyType({name: kind for kind, name in EVENT_TYPES.items()})

REASONS: Mapping[str, str] = MappingProxyType({"closed": "UK.OBIE.AccountClosure", "switched": "UK.OBIE.CASS"})
