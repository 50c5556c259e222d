"""Refuse a binding message that a customer could not compare on two devices: long, or of characters that screens show differently.

CIBA section 7.1 and 13 (invalid_binding_message).
"""

import re

from consent.authorization.authorize.request import AuthorizationRequest
from consent.errors import BindingMessageInvalid

CHARS_MAX = 40  # of binding_message, which a customer compares on two screens
_MESSAGE = re.compile(rf"[A-Za-z0-9 .:_/#+-]{{1,{CHARS_MAX}}}")


async def check_binding_message(asked: AuthorizationRequest) -> None:
    message = asked.parameters.get("binding_message")
    if message is not None and not _MESSAGE.fullmatch(message):
        raise BindingMessageInvalid(f"{len(message)} characters")
    asked.binding_message = message
