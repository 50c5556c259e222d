"""Texts for the person in front of the browser, of a refusal whose own words are for the client that sent them there."""

from collections.abc import Mapping
from types import MappingProxyType

from consent.errors import RequestUriInvalid
from kernel.errors import Overloaded, Problem, RateExceeded, UpstreamFailed, UpstreamTimedOut

UNUSABLE = "We could not use the request that brought you here. Nothing was shared or paid. Please go back to the app or website you came from and start again."
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
