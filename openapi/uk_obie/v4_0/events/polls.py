"""Poll for events, acknowledge them, or say that they could not be taken. OBIE R/W 4.0, Aggregated Polling; RFC 8936.

Members have the defaults of RFC 8936 section 2.2: a poll without `returnImmediately` waits.
"""

from types import MappingProxyType

from msgspec import UNSET

from kernel import json
from kernel.banking.commands import PollNotices
from kernel.banking.notices import Poll
from kernel.banking.results import SignedNotices
from kernel.errors import FieldInvalid
from openapi.codec import Rendering, WireRequest
from openapi.uk_obie.v4_0.events.wire import OBEventPolling1, OBEventPollingResponse1

EVENTS_PER_ANSWER_MAX = 25  # of one poll: each is signed for it
EXAMPLE = b'{"maxEvents": 10, "returnImmediately": true, "ack": ["5e3c4a7a-21d5-4b0e-9d2e-1f6f0b7c8a55"], "setErrs": {}}'


def decode_poll(request: WireRequest) -> PollNotices:
    """Raises RequestMalformed and the Field problems."""
    asked = json.decode(request.body, OBEventPolling1)
    most = EVENTS_PER_ANSWER_MAX if asked.max_events is UNSET else asked.max_events
    if most < 0:
        raise FieldInvalid("less than none", path="maxEvents")
    acknowledged = () if asked.ack is UNSET else tuple(dict.fromkeys(asked.ack))
    errors = {} if asked.set_errs is UNSET else asked.set_errs
    if both := next((jti for jti in acknowledged if jti in errors), None):
        raise FieldInvalid("acknowledged, and refused as well", path=f"setErrs.{both}")
    return PollNotices(
        Poll(
            most=min(most, EVENTS_PER_ANSWER_MAX),
            waits=asked.return_immediately is not True,
            acknowledged=acknowledged,
            refused=MappingProxyType({jti: f"{error.err}: {error.description}" for jti, error in errors.items()}),
        )
    )


def encode_poll(polled: SignedNotices, _rendering: Rendering) -> OBEventPollingResponse1:
    return OBEventPollingResponse1(more_available=polled.has_more, sets=dict(polled.tokens))
