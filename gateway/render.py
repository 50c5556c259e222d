"""Turn a refusal into the dialect's answer, with the headers that HTTP itself demands with it.

RFC 9110 sections 11.6.1 (WWW-Authenticate on 401), 10.2.1 (Allow on 405) and 10.2.3 (Retry-After).
"""

from http import HTTPStatus

from multidict import CIMultiDict

from kernel.errors import MethodNotAllowed, Problem, ScopeInsufficient
from kernel.http.message import Response
from kernel.http.retry_after import add_retry_after
from kernel.tokens.challenges import add_challenges
from openapi.dialect import Dialect, Row


def render_problem(dialect: Dialect, row: Row | None, problem: Problem, interaction_id: str, accept: str | None) -> Response:
    """The dialect's answer to `problem` at `row` (None: no operation was found). One that its table lacks is its unexpected error."""
    status, media_type, body = dialect.errors.render(problem, row, interaction_id, accept)
    headers: CIMultiDict[str] = CIMultiDict()
    if media_type is not None:
        headers["Content-Type"] = media_type
    if _is_challenged(row) and (status == HTTPStatus.UNAUTHORIZED or isinstance(problem, ScopeInsufficient)):
        add_challenges(headers, problem, status)
    elif isinstance(problem, MethodNotAllowed):
        headers["Allow"] = ", ".join(problem.allowed)
    return add_retry_after(Response(status, body, headers), problem)


def _is_challenged(row: Row | None) -> bool:
    """No scheme of HTTP asks for a certificate of the connection, and where it alone counts no token would help."""
    return row is None or row.credential == "token"
