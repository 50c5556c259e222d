"""Retry-After on the answers that ask a caller to come again. RFC 9110 section 10.2.3, RFC 6585 section 4."""

from http import HTTPStatus
from typing import Final

from kernel.errors import Problem, RateExceeded
from kernel.http.message import Response

PROGRAM_SECONDS: Final = 1  # after which a refused program may call again
PERSON_SECONDS: Final = 5  # after which a person may load a refused page again
AGAIN: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


def add_retry_after(response: Response, problem: Problem, *, seconds: int = PROGRAM_SECONDS) -> Response:
    """The answer with the seconds after which there is room again: a limit names its own, `seconds` is for everything else."""
    if response.status in AGAIN:
        response.headers["Retry-After"] = str(problem.retry_after if isinstance(problem, RateExceeded) else seconds)
    return response
