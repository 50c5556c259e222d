"""Register, read, change and remove a callback URL: the older form of a subscription, to updates of resources alone. OBIE R/W 4.0, Callback
URL."""

from kernel import json
from kernel.banking.commands import ChangeSubscription, EndSubscription, ReadSubscriptions, Subscribe
from kernel.banking.notices import Subscription, SubscriptionForm, SubscriptionTerms
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.v4_0.events.subscriptions import parse_callback, parse_version
from openapi.uk_obie.v4_0.events.wire import (
    OBCallbackUrl1,
    OBCallbackUrlResponse1,
    OBCallbackUrlResponse1Data,
    OBCallbackUrlsResponse1,
    OBCallbackUrlsResponse1Data,
)
from openapi.uk_obie.v4_0.name import NAME
from openapi.uk_obie.v4_0.wire import Links, MetaData

COLLECTION = "/callback-urls"
URL = "Data.Url"

EXAMPLE = b'{"Data": {"Url": "https://tpp.example/open-banking/v4.0/event-notifications", "Version": "4.0"}}'


def decode_register(request: WireRequest) -> Subscribe:
    """Raises RequestMalformed and the Field problems."""
    return Subscribe(_terms_of(request), URL)


def decode_read(_request: WireRequest) -> ReadSubscriptions:
    return ReadSubscriptions(SubscriptionForm.CALLBACK)


def decode_change(request: WireRequest) -> ChangeSubscription:
    return ChangeSubscription(request.path["CallbackUrlId"], _terms_of(request), URL)


def decode_remove(request: WireRequest) -> EndSubscription:
    return EndSubscription(request.path["CallbackUrlId"], SubscriptionForm.CALLBACK)


def encode_callback(subscription: Subscription, rendering: Rendering) -> OBCallbackUrlResponse1:
    return OBCallbackUrlResponse1(
        data=_data_of(subscription),
        links=Links(self=f"{rendering.base_url}{COLLECTION}/{subscription.id}"),
        meta=MetaData(),
    )


def encode_callbacks(found: Subscription | None, rendering: Rendering) -> OBCallbackUrlsResponse1:
    """A collection of one, or of none."""
    return OBCallbackUrlsResponse1(
        data=OBCallbackUrlsResponse1Data([] if found is None else [_data_of(found)]),
        links=Links(self=f"{rendering.base_url}{COLLECTION}"),
        meta=MetaData(),
    )


def _terms_of(request: WireRequest) -> SubscriptionTerms:
    data = json.decode(request.body, OBCallbackUrl1).data
    return SubscriptionTerms(
        form=SubscriptionForm.CALLBACK,
        lodged_as=NAME,
        stated_version=parse_version(data.version),
        callback_url=parse_callback(data.url, URL),
    )


def _data_of(subscription: Subscription) -> OBCallbackUrlResponse1Data:
    terms = subscription.terms
    return OBCallbackUrlResponse1Data(callback_url_id=subscription.id, url=terms.callback_url or "", version=terms.stated_version)
