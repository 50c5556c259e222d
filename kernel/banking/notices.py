"""Notices to TPPs: a TPP's wish to hear of facts about its consents and payments, and one such fact, made into a notice for one client.

How a notice looks on the wire, and what a resource is called there, is the dialect's (openapi/faces.py: NoticeFace).
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

import msgspec


class NoticeKind(StrEnum):
    """The kinds of facts that TPPs are notified of."""

    RESOURCE_UPDATED = "resource_updated"  # the status of a payment has changed
    CONSENT_STOPPED = "consent_stopped"  # its customer, or the bank, has ended the authorisation of a consent
    ACCOUNT_REMOVED = "account_removed"  # an account of a consent to account information has gone
    PAYING_ACCOUNT_REMOVED = "paying_account_removed"  # likewise, of a consent to variable payments


class SubjectKind(StrEnum):
    """The kinds of resources that a notice is about."""

    CONSENT = "consent"
    ORDER = "order"  # or an instruction of several executions


class SubscriptionForm(StrEnum):
    """The resource by which a client subscribed. It has one subscription, whichever the form."""

    EVENTS = "events"
    CALLBACK = "callback"  # an address alone, without a choice of kinds


class SubscriptionTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a subscription that its client chooses. Without `callback_url` the client polls; without `kinds` it hears of every kind
    that its dialect has, those of later versions included."""

    form: SubscriptionForm
    lodged_as: str
    stated_version: str
    callback_url: str | None = None
    kinds: tuple[NoticeKind, ...] = ()

    def wants(self, kind: NoticeKind) -> bool:
        return kind in (self.kinds or _OF_FORM[self.form])


_OF_FORM: Mapping[SubscriptionForm, frozenset[NoticeKind]] = MappingProxyType(
    {
        SubscriptionForm.EVENTS: frozenset(NoticeKind),
        SubscriptionForm.CALLBACK: frozenset({NoticeKind.RESOURCE_UPDATED}),
    }
)


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """One client's subscription. Instants are protocol time. `unresponsive_since`: the address was given up, until it is changed or a
    person sends again."""

    id: str
    client_id: str
    terms: SubscriptionTerms
    created_at: datetime
    unresponsive_since: datetime | None = None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One fact for one client. Its id is that of the event that it was made of: however often it is given, it is the same."""

    id: str
    client_id: str
    kind: NoticeKind
    subject: SubjectKind
    subject_id: str
    subject_version: int
    product: str  # the kind of the consent (ConsentKind), of an order: of its consent
    occurred_at: datetime  # protocol time
    made_at: datetime  # protocol time
    reason: str | None = None  # why an account has gone
    lodged_as: str  # of the subscription


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """A client's poll: it wants at most so many notices, has `acknowledged` some notices and could not take `refused` (why, by notice)."""

    most: int
    waits: bool = False
    acknowledged: tuple[str, ...] = ()
    refused: Mapping[str, str] = MappingProxyType({})


class PolledNotices(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a poll: notices that the client has not acknowledged, the oldest first."""

    notices: tuple[Notice, ...]
    has_more: bool
