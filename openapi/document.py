"""The OpenAPI document of each service of a dialect, generated from its rows, wire types and tables, so that no contract changes unseen.

`python -m openapi.document` writes each service's document into its folder; a test fails when one is out of date. OpenAPI 3.1.0.
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from kernel.access import Grant
from kernel.errors import Problem
from openapi import DIALECTS
from openapi.addresses import USUAL, Addresses
from openapi.dialect import Dialect, Row, Service
from openapi.examples import answer_of, refusal_of
from openapi.parameters import HeaderParameter, QueryParameter
from openapi.possible_refusals import may_refuse

JsonObject = dict[str, Any]


_PATH_PARAMETER = re.compile(r"\{([^}]+)\}")
_REF_TEMPLATE = "#/components/schemas/{name}"
_INTERACTION_ID = {"description": "The caller's, or ours.", "required": True, "schema": {"type": "string", "format": "uuid"}}
_FLOWS = {"client_credentials": "clientCredentials", "authorization_code": "authorizationCode"}


def document_of(dialect: Dialect, service: Service, addresses: Addresses = USUAL) -> JsonObject:
    """The document as JSON values, in a fixed order. `addresses`: where the operations are served, unless its reader says otherwise."""
    _, schemas = msgspec.json.schema_components(_wire_types(dialect, service), ref_template=_REF_TEMPLATE)
    paths: dict[str, JsonObject] = {}
    for versions in _versions_of(service):
        newest = versions[-1]
        operation = _operation(dialect, service, newest, addresses)
        if newest.version is not None:
            earlier = {str(row.version): _operation(dialect, service, row, addresses) for row in versions[:-1]}
            operation |= {"x-version": newest.version} | ({"x-earlier-versions": earlier} if earlier else {})
        paths.setdefault(newest.path, {})[newest.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": service.title, "version": dialect.version or "0"},
        "servers": [_mtls_server(service, addresses)],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "headers": {dialect.headers.interaction_header: _INTERACTION_ID},
            "securitySchemes": _security_schemes(service),
        },
    }


def render_document(dialect: Dialect, service: Service) -> bytes:
    """The bytes that are committed."""
    return (json.dumps(document_of(dialect, service), indent=2, ensure_ascii=False) + "\n").encode()


def document_path(dialect: Dialect, service: Service) -> Path:
    """Where they are committed: in the service's folder."""
    return Path(__file__).parent / dialect.name.replace(".", "_") / service.name / "document.json"


def write_documents(dialects: Iterable[Dialect] = DIALECTS) -> None:
    for dialect in dialects:
        for service in dialect.services:
            document_path(dialect, service).write_bytes(render_document(dialect, service))


def _versions_of(service: Service) -> list[list[Row]]:
    """The rows of each operation, the newest version last: OpenAPI knows one operation of a method and path."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in service.rows:
        found.setdefault((row.method, row.path), []).append(row)
    return [sorted(rows, key=lambda row: row.version or 0) for rows in found.values()]


def _mtls_server(service: Service, addresses: Addresses) -> JsonObject:
    return _server(service, addresses.mtls, "The listener that asks for client certificates.", "mtls_url")


def _public_server(service: Service, addresses: Addresses) -> JsonObject:
    return _server(service, addresses.public, "The public listener.", "issuer")


def _server(service: Service, url: str, description: str, setting: str) -> JsonObject:
    host = {"default": urlsplit(url).netloc, "description": f"Host and port of `{setting}`."}
    return {"url": f"https://{{host}}{service.base_path}", "description": description, "variables": {"host": host}}


def _wire_types(dialect: Dialect, service: Service) -> list[type]:
    kinds = [kind for row in service.rows for kind in (row.request, row.response)] + [dialect.errors.body]
    return list(dict.fromkeys(kind for kind in kinds if kind not in (None, bytes)))


def _operation(dialect: Dialect, service: Service, row: Row, addresses: Addresses) -> JsonObject:
    operation: JsonObject = {
        "operationId": _name_of(service, row),
        "summary": row.summary,
        "security": _security(row),
        "parameters": _parameters(dialect, row),
    }
    if row.credential == "none":  # such an operation alone is served on both listeners
        operation["servers"] = [_public_server(service, addresses), _mtls_server(service, addresses)]
    if row.conditional:
        operation["x-conditional"] = True
    if row.permissions:
        operation["x-permissions-any-of"] = sorted(row.permissions)
    if row.request is not None:
        operation["requestBody"] = _request_body(dialect, row, row.request)
    success = _success(dialect, service, row, addresses)
    operation["responses"] = {str(status): success for status in (row.success, *row.other_successes)} | _refusals(dialect, row)
    return operation


def _name_of(service: Service, row: Row) -> str:
    """Of an operation that several products of a service share, all but the first name theirs; without a product, their collection."""
    first = next(each for each in service.rows if each.operation is row.operation)
    return (
        row.operation.value
        if row is first
        else f"{row.operation.value}_{row.consent_kind or row.path.split('/')[1].replace('-', '_')}"
    )


def _request_body(dialect: Dialect, row: Row, kind: type) -> JsonObject:
    media_types = dialect.request_media_types_of(row)
    if kind is bytes:
        content: JsonObject = {media_type: {} for media_type in media_types}  # as OpenAPI 3.1 says it
    else:
        content = _content(media_types, kind, row.example and json.loads(row.example))
    bounds = {} if row.body_bytes_max is None else {"description": f"At most {row.body_bytes_max:,} bytes."}
    return bounds | {"required": True, "content": content}


def _parameters(dialect: Dialect, row: Row) -> list[JsonObject]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in _PATH_PARAMETER.findall(row.path)
    ]
    in_header = [
        _header_parameter(each)
        for each in {each.name: each for each in (*dialect.headers.parameters, *_of_version(dialect, row), *row.headers)}.values()
        if row.grant is not Grant.CLIENT_CREDENTIALS or not each.only_with_consent
    ]
    return in_path + [_query_parameter(each) for each in row.query] + in_header


def _of_version(dialect: Dialect, row: Row) -> tuple[HeaderParameter, ...]:
    return dialect.versions.parameters if dialect.versions is not None and row.version is not None else ()


def _query_parameter(parameter: QueryParameter) -> JsonObject:
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.summary,
        "schema": dict(parameter.schema),
    }


def _header_parameter(parameter: HeaderParameter) -> JsonObject:
    return {
        "name": parameter.name,
        "in": "header",
        "required": parameter.required,
        "description": parameter.summary,
        "schema": {"type": "string"} | ({"format": parameter.format} if parameter.format else {}),
    }


def _success(dialect: Dialect, service: Service, row: Row, addresses: Addresses) -> JsonObject:
    own = {each.name: {"description": each.summary, "schema": {"type": "string"}} for each in row.answer_headers}
    answer: JsonObject = {"description": "Done.", "headers": _headers(dialect, row) | own}
    if row.response is not None:
        answer["content"] = _content(dialect.media_types_of(row), row.response, answer_of(dialect, service, row, addresses))
    elif row.media_types:
        answer["content"] = {media_type: {} for media_type in row.media_types}  # bytes, as OpenAPI 3.1 says it
    return answer


def _refusals(dialect: Dialect, row: Row) -> dict[str, JsonObject]:
    """One answer per status, which lists the refusals behind it."""
    by_status: dict[int, list[type[Problem]]] = {}
    for kind in dialect.errors.table:
        if may_refuse(dialect, row, kind):
            by_status.setdefault(dialect.errors.wire_of(kind, row).status, []).append(kind)
    return {str(status): _refusal(dialect, row, kinds) for status, kinds in sorted(by_status.items())}


def _refusal(dialect: Dialect, row: Row, kinds: list[type[Problem]]) -> JsonObject:
    codes = {kind: dialect.errors.wire_of(kind, row).code for kind in kinds}
    lines = [f"- `{code}` {_describe(kind)}" if code else f"- {_describe(kind)}" for kind, code in codes.items()]
    answer: JsonObject = {"description": "\n".join(lines), "headers": _headers(dialect, row)}
    coded = [kind for kind, code in codes.items() if code]
    if dialect.errors.body is not None and coded:
        answer["content"] = _content((dialect.media_type,), dialect.errors.body, refusal_of(dialect, row, coded[0]))
    return answer


def _describe(kind: type[Problem]) -> str:
    return "Anything unexpected." if kind is Problem else kind.public


def _content(media_types: tuple[str, ...], kind: type, example: object | None) -> JsonObject:
    content: JsonObject = {"schema": {"$ref": _REF_TEMPLATE.format(name=kind.__name__)}}
    if example is not None:
        content["example"] = example
    return dict.fromkeys(media_types, content)


def _headers(dialect: Dialect, row: Row) -> JsonObject:
    name = dialect.headers.interaction_header
    headers: JsonObject = {name: {"$ref": f"#/components/headers/{name}"}}
    if dialect.versions is not None and row.version is not None:
        headers[dialect.versions.wanted] = {"description": "The version that answers.", "schema": {"type": "integer"}}
    return headers


def _security(row: Row) -> list[JsonObject]:
    """Every operation but a public one needs the client's certificate; one with a token needs both."""
    if row.credential == "none":
        return []
    if row.credential == "certificate" or row.grant is None:
        return [{"certificate": []}]
    if row.scope is None:
        return [{row.grant.value: [], "certificate": []}]
    return [{row.grant.value: [scope], "certificate": []} for scope in (row.scope, *row.other_scopes)]


def _security_schemes(service: Service) -> JsonObject:
    """Token and authorization endpoints are the issuer's, found through its metadata; the URLs here are relative to it."""
    scopes: dict[str, dict[str, str]] = {}
    for row in service.rows:
        if row.grant is not None and row.scope is not None:
            scopes.setdefault(row.grant.value, {}).update(dict.fromkeys((row.scope, *row.other_scopes), ""))
    schemes: JsonObject = {"certificate": {"type": "mutualTLS"}}
    for grant, named in sorted(scopes.items()):
        flow: JsonObject = {"tokenUrl": "/token", "scopes": named}
        if _FLOWS[grant] == "authorizationCode":
            flow["authorizationUrl"] = "/authorize"
        schemes[grant] = {"type": "oauth2", "flows": {_FLOWS[grant]: flow}}
    return schemes


if __name__ == "__main__":
    write_documents()
