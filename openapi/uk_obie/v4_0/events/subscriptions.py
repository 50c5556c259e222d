"""Subscribe to events, read, change and end the subscription. OBIE R/W 4.0, Event Subscriptions."""

from urllib.parse import urlsplit

from msgspec import UNSET, UnsetType

from kernel import json
from kernel.banking.commands import ChangeSubscription, EndSubscription, ReadSubscriptions, Subscribe
from kernel.banking.notices import NoticeKind, Subscription, SubscriptionForm, SubscriptionTerms
from kernel.errors import FieldInvalid, NoticeKindUnsupported
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.shared.dates import render_date_time
from openapi.uk_obie.v4_0.events.types import CALLBACK_END, EVENT_TYPES, KINDS
from openapi.uk_obie.v4_0.events.wire import (
    CallbackStanding,
    OBEventSubscription1,
    OBEventSubscription1Data,
    OBEventSubscriptionResponse1,
    OBEventSubscriptionResponse1Data,
    OBEventSubscriptionsResponse1,
    OBEventSubscriptionsResponse1Data,
)
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/event-subscriptions"
VERSIONS = ("4.0", "v4.0")
CALLBACK_URL, VERSION, EVENT_TYPES_PATH = "Data.CallbackUrl", "Data.Version", "Data.EventTypes"
ID = "Data.EventSubscriptionId"

EXAMPLE = (
    b'{"Data": {"CallbackUrl": "https://tpp.example/open-banking/v4.0/event-notifications", "Version": "4.0",'
    b' "EventTypes": ["urn:uk:org:openbanking:events:consent-authorization-revoked"]}}'
)
CHANGE_EXAMPLE = (
    b'{"Data": {"EventSubscriptionId": "5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55", "Version": "4.0",'
    b' "EventTypes": ["urn:uk:org:openbanking:events:resource-update"]}}'
)


def decode_subscribe(request: WireRequest) -> Subscribe:
    """Raises RequestMalformed, the Field problems and NoticeKindUnsupported, with the path of the member."""
    return Subscribe(_terms_of(json.decode(request.body, OBEventSubscription1).data), CALLBACK_URL)


def decode_read(_request: WireRequest) -> ReadSubscriptions:
    return ReadSubscriptions(SubscriptionForm.EVENTS)


def decode_change(request: WireRequest) -> ChangeSubscription:
    """As `decode_subscribe`; the body names the subscription of the path."""
    data = json.decode(request.body, OBEventSubscriptionResponse1).data
    subscription_id = request.path["EventSubscriptionId"]
    if data.event_subscription_id != subscription_id:
        raise FieldInvalid("another subscription than the path's", path=ID)
    return ChangeSubscription(subscription_id, _terms_of(data), CALLBACK_URL)


def decode_end(request: WireRequest) -> EndSubscription:
    return EndSubscription(request.path["EventSubscriptionId"], SubscriptionForm.EVENTS)


def encode_subscription(subscription: Subscription, rendering: Rendering) -> OBEventSubscriptionResponse1:
    return OBEventSubscriptionResponse1(
        data=_data_of(subscription),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{subscription.id}"),
        meta=MetaData(),
    )


def encode_subscriptions(found: Subscription | None, rendering: Rendering) -> OBEventSubscriptionsResponse1:
    """A collection of one, or of none."""
    return OBEventSubscriptionsResponse1(
        data=OBEventSubscriptionsResponse1Data([] if found is None else [_data_of(found)]),
        links=Links(self=f"{rendering.base_url}{COLLECTION}"),
        meta=MetaData(),
    )


def parse_version(version: str) -> str:
    """Raises FieldInvalid."""
    if version not in VERSIONS:
        raise FieldInvalid("not a version of these notifications", public="The version must be 4.0.", path=VERSION)
    return version


def parse_callback(url: str, path: str) -> str:
    """An address as the standard wants it. Whether it may be asked is for others to say. Raises FieldInvalid."""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise FieldInvalid("not a URL", path=path) from None
    is_plain = parts.scheme == "https" and has_host and "@" not in parts.netloc and not parts.query and not parts.fragment
    if not is_plain or not url.endswith(CALLBACK_END):
        public = f"The address must be https, and end with {CALLBACK_END}."
        raise FieldInvalid("not a callback address", public=public, path=path)
    return url


def _terms_of(data: OBEventSubscription1Data | OBEventSubscriptionResponse1Data) -> SubscriptionTerms:
    return SubscriptionTerms(
        form=SubscriptionForm.EVENTS,
        lodged_as=NAME,
        stated_version=parse_version(data.version),
        callback_url=None if data.callback_url is UNSET else parse_callback(data.callback_url, CALLBACK_URL),
        kinds=_kinds_of(data.event_types),
    )


def _kinds_of(names: list[str] | UnsetType) -> tuple[NoticeKind, ...]:
    if names is UNSET:
        return ()
    for place, name in enumerate(names):
        if name not in KINDS:
            raise NoticeKindUnsupported(name, path=f"{EVENT_TYPES_PATH}[{place}]")
    if not names or len(set(names)) != len(names):
        raise FieldInvalid("none, or one of them twice", path=EVENT_TYPES_PATH)
    return tuple(KINDS[name] for name in names)


def _data_of(subscription: Subscription) -> OBEventSubscriptionResponse1Data:
    terms, given_up = subscription.terms, subscription.unresponsive_since
    return OBEventSubscriptionResponse1Data(
        event_subscription_id=subscription.id,
        callback_url=UNSET if terms.callback_url is None else terms.callback_url,
        version=terms.stated_version,
        event_types=[EVENT_TYPES[kind] for kind in terms.kinds] or UNSET,
        supplementary_data=UNSET if given_up is None else CallbackStanding(render_date_time(given_up)),
    )
