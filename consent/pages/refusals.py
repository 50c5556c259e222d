"""What the person in front of the browser is told of a refusal whose own words are for the client that sent them there."""

from collections.abc import Mapping
from types import MappingProxyType

from consent.errors import RequestUriInvalid
from kernel.errors import Overloaded, Problem, RateExceeded, UpstreamFailed, UpstreamTimedOut
from kernel.http.message import Response

RETRY_SECONDS = 5  # for a person; a program is told to come sooner
UNUSABLE = "We could not use the request that brought you here. Nothing was shared. Please go back to the app or website you came from and start again."
SPENT = "The link that brought you here has expired, or was used before. Please go back to the app or website you came from and start again."
BUSY = "We have too much to do right now. Please wait a minute, then try again."
SILENT = "We could not get an answer from our own systems. Please try again later."

_TEXTS: Mapping[type[Problem], str] = MappingProxyType(
    {
        RequestUriInvalid: SPENT,
        RateExceeded: BUSY,
        Overloaded: BUSY,
        UpstreamFailed: SILENT,
        UpstreamTimedOut: SILENT,
    }
)


def text_for_person(problem: Problem) -> str:
    return _TEXTS.get(type(problem), UNUSABLE)


def add_retry_after(response: Response, problem: Problem) -> Response:
    """Say when to try again, where that is the way on. RFC 9110 section 10.2.3."""
    if response.status in {429, 503}:
        response.headers["Retry-After"] = str(problem.retry_after if isinstance(problem, RateExceeded) else RETRY_SECONDS)
    return response
