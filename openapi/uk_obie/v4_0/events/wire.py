"""The wire types of event subscriptions, callback URLs, polls and event notifications. OBIE R/W 4.0, Event Notification API.

What the document leaves open takes members that it does not name.
"""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

from openapi.uk_obie.v4_0.wire import DateTime, Links, Max40Text, Max256Text, MetaData, Uri

Version = Annotated[str, Meta(min_length=1, max_length=10)]
Jti = Annotated[str, Meta(min_length=1, max_length=128)]


class OBEventSubscription1Data(Struct, rename="pascal", kw_only=True):
    callback_url: Uri | UnsetType = UNSET
    version: Version
    event_types: list[str] | UnsetType = UNSET


class OBEventSubscription1(Struct, rename="pascal", forbid_unknown_fields=True):
    data: OBEventSubscription1Data


class CallbackStanding(Struct, rename="pascal"):
    """Of a callback address that was given up."""

    callback_unresponsive_since: DateTime


class OBEventSubscriptionResponse1Data(Struct, rename="pascal", kw_only=True):
    """`SupplementaryData` is ours, as the standard leaves room for it; in the body of a change it means nothing."""

    event_subscription_id: Max40Text
    callback_url: Uri | UnsetType = UNSET
    version: Version
    event_types: list[str] | UnsetType = UNSET
    supplementary_data: CallbackStanding | UnsetType = UNSET


class OBEventSubscriptionResponse1(Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    """The answer, and the body of a change."""

    data: OBEventSubscriptionResponse1Data
    links: Links | UnsetType = UNSET
    meta: MetaData | UnsetType = UNSET


class OBEventSubscriptionsResponse1Data(Struct, rename="pascal"):
    event_subscription: list[OBEventSubscriptionResponse1Data]


class OBEventSubscriptionsResponse1(Struct, rename="pascal", kw_only=True):
    data: OBEventSubscriptionsResponse1Data
    links: Links
    meta: MetaData


class OBCallbackUrl1Data(Struct, rename="pascal", kw_only=True):
    url: Uri
    version: Version


class OBCallbackUrl1(Struct, rename="pascal", forbid_unknown_fields=True):
    data: OBCallbackUrl1Data


class OBCallbackUrlResponse1Data(Struct, rename="pascal", kw_only=True):
    callback_url_id: Max40Text
    url: Uri
    version: Version


class OBCallbackUrlResponse1(Struct, rename="pascal", kw_only=True):
    data: OBCallbackUrlResponse1Data
    links: Links
    meta: MetaData


class OBCallbackUrlsResponse1Data(Struct, rename="pascal"):
    callback_url: list[OBCallbackUrlResponse1Data]


class OBCallbackUrlsResponse1(Struct, rename="pascal", kw_only=True):
    data: OBCallbackUrlsResponse1Data
    links: Links
    meta: MetaData


class OBEventPollingError(Struct):
    err: Max40Text
    description: Max256Text


class OBEventPolling1(Struct, rename="camel", kw_only=True, forbid_unknown_fields=True):
    max_events: int | UnsetType = UNSET
    return_immediately: bool | UnsetType = UNSET
    ack: list[Jti] | UnsetType = UNSET
    set_errs: dict[str, OBEventPollingError] | UnsetType = UNSET


class OBEventPollingResponse1(Struct, rename="camel", kw_only=True):
    more_available: bool
    sets: dict[str, str]


class OBEventLink1(Struct):
    version: Version
    link: str


class OBEventSubject1(Struct, kw_only=True):
    subject_type: str
    rid: str = field(name="http://openbanking.org.uk/rid")
    rty: str = field(name="http://openbanking.org.uk/rty")
    rlk: list[OBEventLink1] = field(name="http://openbanking.org.uk/rlk")


class OBEvent1(Struct, kw_only=True, omit_defaults=True):
    """`reason` is of an account that has gone."""

    reason: str | UnsetType = UNSET
    subject: OBEventSubject1


class OBEventNotification1(Struct, kw_only=True):
    """The claims of a SET. RFC 8417 section 2."""

    iss: str
    iat: int
    jti: Jti
    aud: str
    sub: Uri
    txn: str
    toe: int
    events: dict[str, Any]
