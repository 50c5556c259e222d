"""Refuse every response type but code, and every response mode but query. FAPI2-SP-FINAL 5.3.2.2-1."""

from consent.authorize.asking import Asking
from consent.errors import ResponseTypeUnsupported
from kernel.errors import FieldInvalid, FieldMissing


async def check_response_type(asking: Asking) -> None:
    response_type = asking.parameters.get("response_type")
    if response_type is None:
        raise FieldMissing(path="response_type", public="The response_type is missing.")
    if response_type != "code":
        raise ResponseTypeUnsupported("not code")
    if asking.parameters.get("response_mode", "query") != "query":
        raise FieldInvalid("not query", path="response_mode", public="The only response_mode is query.")
