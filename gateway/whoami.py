"""The plain dialect: what a brand serves outside any standard's base path. One operation, GET /whoami, returns to the
bearer of a valid token what the token says; every other path is answered here with a plain refusal.
"""

from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from gateway.describe_token import TokenDescription
from kernel import json
from kernel.banking.commands import DescribeToken
from kernel.errors import (
    BodyTooLarge,
    CertificateBlocked,
    CertificateExpired,
    CertificateForeign,
    CertificateInvalid,
    CertificateMissing,
    CertificateRevoked,
    CertificateUnchecked,
    ClientInactive,
    HeaderInvalid,
    HeaderMissing,
    MediaTypeUnacceptable,
    MediaTypeUnsupported,
    MethodNotAllowed,
    OperationUnknown,
    Overloaded,
    Problem,
    ProofInvalid,
    ProofMissing,
    ProofNonceRequired,
    RateExceeded,
    RequestMalformed,
    TokenExpired,
    TokenInvalid,
    TokenMissing,
    TokenNotBound,
    TokenRevoked,
)
from kernel.operations import Operation
from openapi.codec import Rendering, WireRequest
from openapi.dialect import Dialect, Row, Service, WireError

_STATUSES: dict[HTTPStatus, tuple[type[Problem], ...]] = {
    HTTPStatus.BAD_REQUEST: (RequestMalformed, HeaderInvalid, HeaderMissing),
    HTTPStatus.UNAUTHORIZED: (
        CertificateMissing,
        CertificateInvalid,
        CertificateExpired,
        CertificateForeign,
        CertificateRevoked,
        CertificateBlocked,
        TokenMissing,
        TokenInvalid,
        TokenExpired,
        TokenRevoked,
        TokenNotBound,
        ProofMissing,
        ProofInvalid,
        ProofNonceRequired,
    ),
    HTTPStatus.FORBIDDEN: (ClientInactive,),
    HTTPStatus.NOT_FOUND: (OperationUnknown,),
    HTTPStatus.METHOD_NOT_ALLOWED: (MethodNotAllowed,),
    HTTPStatus.NOT_ACCEPTABLE: (MediaTypeUnacceptable,),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (BodyTooLarge,),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (MediaTypeUnsupported,),
    HTTPStatus.TOO_MANY_REQUESTS: (RateExceeded,),
    HTTPStatus.SERVICE_UNAVAILABLE: (Overloaded, CertificateUnchecked),
}
_UNEXPECTED = WireError(HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected")


class WhoAmI(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `consent_id` is absent under client credentials."""

    client_id: str
    client_name: str
    scope: str
    grant: str
    consent_id: str | msgspec.UnsetType = msgspec.UNSET


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """`id` is the interaction id: quote it when asking for help."""

    id: str
    error: str
    message: str


class PlainErrors:
    table: Mapping[type[Problem], WireError] = {
        kind: WireError(int(status), kind.code) for status, kinds in _STATUSES.items() for kind in kinds
    }
    body: type | None = Refusal

    def wire_of(self, kind: type[Problem], row: Row | None) -> WireError:
        return self.table.get(kind, _UNEXPECTED)

    def render(
        self, problem: Problem, row: Row | None, error_id: str, accept: str | None
    ) -> tuple[int, str | None, bytes | None]:
        error = self.wire_of(type(problem), row)
        refusal = Refusal(id=error_id, error=error.code or "", message=problem.public)
        return error.status, "application/json", json.encode(refusal)


def _decode(_: WireRequest) -> DescribeToken:
    return DescribeToken()


def _encode(described: TokenDescription, _: Rendering) -> WhoAmI:
    token = described.token
    return WhoAmI(
        client_id=token.client_id,
        client_name=described.caller.name,
        scope=" ".join(sorted(token.scope)),
        grant=token.grant.value,
        consent_id=token.consent_id or msgspec.UNSET,
    )


WHOAMI = Row(
    method="GET",
    path="/whoami",
    operation=Operation.DESCRIBE_TOKEN,
    decode=_decode,
    encode=_encode,
    response=WhoAmI,
    summary="Say whose token this is",
)


def plain_dialect(neighbour: Dialect) -> Dialect:
    """The brand's plain dialect. It names its headers as `neighbour` does, so that a caller has one way to correlate."""
    return Dialect(
        name="plain",
        services=(Service("", "Plain", "", (WHOAMI,)),),
        audience_path="",
        headers=neighbour.headers,
        errors=PlainErrors(),
        authorization=neighbour.authorization,
        rules=neighbour.rules,
    )
