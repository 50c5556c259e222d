"""The parameters for listing payees, direct debits, standing orders and scheduled payments."""

from kernel.banking.commands import ReadRecords
from openapi.codec import WireRequest
from openapi.uk_obie.v4_0.aisp.filters import PAGE, PAGE_PARAMETER, single

QUERY = (PAGE_PARAMETER,)


def decode_list(request: WireRequest) -> ReadRecords:
    return ReadRecords(cursor=single(request.query, PAGE))


def decode_read(request: WireRequest) -> ReadRecords:
    return ReadRecords(request.path["AccountId"], single(request.query, PAGE))
