"""The operations of event notification, as one table. OBIE R/W 4.0, Event Notification API: a service of no resource group.

Subscriptions and notices are the caller's own business (client credentials), under any scope of the resource groups.
"""

from functools import partial

from kernel.access import Grant
from kernel.operations import Operation
from openapi.dialect import Row
from openapi.uk_obie.v4_0.events import callbacks, polls, subscriptions
from openapi.uk_obie.v4_0.events.wire import (
    OBCallbackUrl1,
    OBCallbackUrlResponse1,
    OBCallbackUrlsResponse1,
    OBEventPolling1,
    OBEventPollingResponse1,
    OBEventSubscription1,
    OBEventSubscriptionResponse1,
    OBEventSubscriptionsResponse1,
)

_row = partial(Row, scope="accounts", other_scopes=("payments", "fundsconfirmations"), grant=Grant.CLIENT_CREDENTIALS)

# fmt: off
ROWS: tuple[Row, ...] = (
    _row("POST", "/event-subscriptions", Operation.SUBSCRIBE,
         subscriptions.decode_subscribe, subscriptions.encode_subscription, success=201, signed=True,
         request=OBEventSubscription1, example=subscriptions.EXAMPLE, response=OBEventSubscriptionResponse1,
         summary="Subscribe to events"),
    _row("GET", "/event-subscriptions", Operation.READ_SUBSCRIPTIONS,
         subscriptions.decode_read, subscriptions.encode_subscriptions, signed=True,
         response=OBEventSubscriptionsResponse1, summary="Read the subscription"),
    _row("PUT", "/event-subscriptions/{EventSubscriptionId}", Operation.CHANGE_SUBSCRIPTION,
         subscriptions.decode_change, subscriptions.encode_subscription, signed=True,
         request=OBEventSubscriptionResponse1, example=subscriptions.CHANGE_EXAMPLE, response=OBEventSubscriptionResponse1,
         summary="Change the subscription"),
    _row("DELETE", "/event-subscriptions/{EventSubscriptionId}", Operation.END_SUBSCRIPTION,
         subscriptions.decode_end, None, success=204, summary="End the subscription"),
    _row("POST", "/callback-urls", Operation.SUBSCRIBE, callbacks.decode_register, callbacks.encode_callback,
         success=201, signed=True, request=OBCallbackUrl1, example=callbacks.EXAMPLE, response=OBCallbackUrlResponse1,
         summary="Register a callback URL"),
    _row("GET", "/callback-urls", Operation.READ_SUBSCRIPTIONS, callbacks.decode_read, callbacks.encode_callbacks,
         signed=True, response=OBCallbackUrlsResponse1, summary="Read the callback URL"),
    _row("PUT", "/callback-urls/{CallbackUrlId}", Operation.CHANGE_SUBSCRIPTION, callbacks.decode_change, callbacks.encode_callback,
         signed=True, request=OBCallbackUrl1, example=callbacks.EXAMPLE, response=OBCallbackUrlResponse1,
         summary="Change the callback URL"),
    _row("DELETE", "/callback-urls/{CallbackUrlId}", Operation.END_SUBSCRIPTION, callbacks.decode_remove, None,
         success=204, summary="Remove the callback URL"),
    _row("POST", "/events", Operation.POLL_NOTICES, polls.decode_poll, polls.encode_poll,
         request=OBEventPolling1, example=polls.EXAMPLE, response=OBEventPollingResponse1,
         summary="Poll for events, and acknowledge them"),
)
# fmt: on
