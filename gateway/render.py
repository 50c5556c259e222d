"""Turn a refusal into the dialect's answer, with the headers that HTTP itself demands beside it.

RFC 9110 sections 11.6.1 (WWW-Authenticate on 401) and 10.2.1 (Allow on 405), RFC 6585 section 4 (Retry-After).
"""

from http import HTTPStatus

from multidict import CIMultiDict

from kernel.errors import MethodNotAllowed, Problem, RateExceeded, ScopeInsufficient
from kernel.http.challenges import add_challenges
from kernel.http.message import Response
from openapi.dialect import Dialect

RETRY_AFTER_SECONDS = 1


def render_problem(dialect: Dialect, problem: Problem, interaction_id: str, accept: str | None) -> Response:
    """The dialect's answer to `problem`. One that its table lacks is its unexpected error."""
    status, media_type, body = dialect.errors.render(problem, interaction_id, accept)
    headers: CIMultiDict[str] = CIMultiDict()
    if media_type is not None:
        headers["Content-Type"] = media_type
    if status == HTTPStatus.UNAUTHORIZED or isinstance(problem, ScopeInsufficient):
        add_challenges(headers, problem, status)
    elif isinstance(problem, MethodNotAllowed):
        headers["Allow"] = ", ".join(problem.allowed)
    elif isinstance(problem, RateExceeded):
        headers["Retry-After"] = str(problem.retry_after)
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return Response(status, body, headers)
