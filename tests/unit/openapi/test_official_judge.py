"""The judge itself: it must refuse what a document does not have, or nothing it accepts means anything."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import official

ID = "93bac548-d2de-4546-b106-880a5018460d"
HEADERS = {"x-fapi-interaction-id": ID, "content-type": "application/json"}
UK = "uk_obie/v4.0"

DOCUMENT = {
    "openapi": "3.0.0",
    "paths": {
        "/accounts": {
            "get": {
                "responses": {
                    "200": {"$ref": "#/components/responses/Read"},
                    "401": {"description": "no body", "headers": {"x-fapi-interaction-id": {"required": True}}},
                    "429": {"description": "no body", "headers": {"Retry-After": {"required": True}}},
                }
            }
        },
        "/accounts/{AccountId}": {"get": {"responses": {"200": {"$ref": "#/components/responses/Read"}}}},
        "/accounts/mine": {"get": {"responses": {"204": {"description": "no body"}}}},
    },
    "components": {
        "responses": {
            "Read": {
                "headers": {"x-fapi-interaction-id": {"required": True}},
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Read"}}},
            }
        },
        "schemas": {
            "OBErrorResponse1": {"type": "object", "required": ["Errors"]},
            "Read": {
                "type": "object",
                "required": ["Data"],
                "additionalProperties": False,
                "properties": {
                    "Data": {"type": "string", "nullable": True, "maxLength": 5},
                    "At": {"type": "string", "format": "date-time"},
                    "Amount": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
                },
            },
        },
    },
}


@pytest.fixture(autouse=True)
def own_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A small document in place of the official one, and counts of our own."""
    path = tmp_path / official.STANDARDS[UK].file
    path.parent.mkdir()
    path.write_text(json.dumps(DOCUMENT))
    monkeypatch.setenv("PORTCULLIS_SPECS", str(tmp_path))
    monkeypatch.setattr(official, "COUNTS", official.Counts())
    official.document_of.cache_clear()
    official._validator.cache_clear()
    yield
    official.document_of.cache_clear()
    official._validator.cache_clear()


def judge(
    status: int = 200,
    body: bytes | None = b'{"Data":"x"}',
    path: str = "/accounts",
    method: str = "GET",
    headers: dict[str, str] | None = None,
) -> None:
    official.validate_answer(UK, method, path, status, HEADERS if headers is None else headers, body)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts",
        "/accounts/{AccountId}",
        "/accounts/a-1",
        "/accounts/a-1/",
        "/open-banking/v4.0/aisp/accounts/a-1?x=1",
        "/open-banking/v4.0/aisp/accounts/",
    ],
)
def test_accepts_a_fitting_answer_by_template_or_path(path: str) -> None:
    judge(path=path)
    assert official.COUNTS.validated == 1


def test_prefers_a_literal_path_to_a_template() -> None:
    judge(204, None, "/accounts/mine", headers={"x-fapi-interaction-id": ID})
    with pytest.raises(AssertionError, match="no 200"):
        judge(path="/accounts/mine")


@pytest.mark.parametrize(
    "body", [b'{"Data":null}', b'{"Data":"x","At":"2026-01-01T00:00:00+00:00"}', b'{"Data":"x","Amount":0.1}']
)
def test_reads_schemas_as_openapi_means_them(body: bytes) -> None:
    judge(body=body)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"Data":1}',
        b'{"Data":"longer"}',
        b'{"Data":"x","More":1}',
        b'{"Data":"x","At":"yesterday"}',
        b'{"Data":"x","At":null}',
        b'{"Data":"x","Amount":0}',
        b"[]",
        b"",
        None,
    ],
)
def test_refuses_a_body_that_the_schema_refuses(body: bytes | None) -> None:
    with pytest.raises(AssertionError):
        judge(body=body)
    assert official.COUNTS.validated == 0


def test_refuses_a_status_that_the_operation_does_not_have() -> None:
    with pytest.raises(AssertionError, match="no 418"):
        judge(418)


def test_refuses_a_body_where_the_document_defines_none() -> None:
    with pytest.raises(AssertionError, match="defines none"):
        judge(401, b'{"Data":"x"}')


def test_refuses_a_content_type_without_a_body() -> None:
    with pytest.raises(AssertionError, match="Content-Type without a body"):
        judge(401, None)


@pytest.mark.parametrize("content_type", ["text/html", "application/problem+json", ""])
def test_refuses_another_content_type(content_type: str) -> None:
    with pytest.raises(AssertionError, match="Content-Type"):
        judge(headers=HEADERS | {"content-type": content_type})


def test_accepts_a_charset() -> None:
    judge(headers=HEADERS | {"content-type": "application/json;charset=utf-8"})


@pytest.mark.parametrize("headers", [{}, {"X-FAPI-Interaction-ID": "not-a-uuid"}])
def test_refuses_an_answer_without_an_interaction_id(headers: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match="interaction-id"):
        judge(401, None, headers=headers)


def test_refuses_an_answer_without_a_required_header() -> None:
    with pytest.raises(AssertionError, match="Retry-After"):
        judge(429, None, headers={"x-fapi-interaction-id": ID})
    judge(429, None, headers={"x-fapi-interaction-id": ID, "Retry-After": "1"})


def test_an_unknown_path_is_404_and_an_unknown_method_405() -> None:
    judge(404, None, "/nothing")
    judge(405, None, method="DELETE")
    with pytest.raises(AssertionError, match="no such operation"):
        judge(404, None, method="DELETE")
    with pytest.raises(AssertionError, match="no such operation"):
        judge(200, path="/nothing")


def test_a_listed_deviation_is_exempt_only_as_far_as_its_row_says() -> None:
    expired = b'{"Errors":[{"ErrorCode":"TKXP"}]}'
    judge(401, expired)
    assert (official.COUNTS.validated, official.COUNTS.deviating) == (0, 1)
    with pytest.raises(AssertionError, match="defines none"):
        judge(401, b'{"Errors":[{"ErrorCode":"U002"}]}')
    with pytest.raises(AssertionError, match="Errors"):
        judge(401, b'{"Wrong":[{"ErrorCode":"TKXP"}]}')


def test_counts_as_skipped_where_the_documents_are_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTCULLIS_SPECS", str(tmp_path / "another"))
    judge(418)
    assert sum(official.COUNTS.skipped.values()) == 1
    assert "absent" in next(iter(official.COUNTS.skipped))


def test_every_deviation_names_a_dialect_and_a_reason() -> None:
    for row in official.deviations():
        assert row.dialect in official.STANDARDS
        assert row.reason.endswith(".")
