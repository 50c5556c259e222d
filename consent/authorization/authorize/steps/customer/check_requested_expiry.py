"""Settle how long the customer has to answer: as long as the client asks for, within our limit. CIBA section 7.1 (requested_expiry).

It may be a JSON number or a string of digits.
"""

import re

from consent.authorization.authorize.request import AuthorizationRequest
from consent.settings import BACKCHANNEL_SECONDS_MAX
from kernel.errors import FieldInvalid

_SECONDS = re.compile(r"[1-9][0-9]{0,8}")


async def check_requested_expiry(asked: AuthorizationRequest) -> None:
    wanted = asked.parameters.get("requested_expiry", str(asked.services.settings.backchannel_seconds))
    if not _SECONDS.fullmatch(wanted):
        raise FieldInvalid(
            "not seconds", path="requested_expiry", public="The requested_expiry must be a positive whole number of seconds."
        )
    asked.seconds = min(int(wanted), BACKCHANNEL_SECONDS_MAX)
