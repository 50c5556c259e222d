"""The generated OpenAPI documents: up to date, closed and deterministic."""

import json
import re

import pytest

from openapi import DIALECTS
from openapi.dialect import Dialect
from openapi.document import document_of, document_path, render_document, write_documents

by_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


@by_dialect
def test_the_committed_document_is_up_to_date(dialect: Dialect) -> None:
    """`python -m openapi.document` writes it anew."""
    assert document_path(dialect).read_bytes() == render_document(dialect)


@by_dialect
def test_writing_changes_nothing(dialect: Dialect) -> None:
    before = document_path(dialect).stat().st_size
    write_documents([dialect])
    assert document_path(dialect).stat().st_size == before


@by_dialect
def test_every_row_is_published(dialect: Dialect) -> None:
    paths = document_of(dialect)["paths"]
    published = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    assert published == {(row.method, row.path) for row in dialect.rows}


@by_dialect
def test_every_reference_leads_somewhere(dialect: Dialect) -> None:
    document = document_of(dialect)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        node = document
        for step in reference.split("/"):
            node = node[step]


@by_dialect
def test_only_answers_that_have_a_body_publish_one(dialect: Dialect) -> None:
    coded = {wire.status for wire in dialect.errors.table.values() if wire.code}
    for path, operations in document_of(dialect)["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert ("content" in answer) == (int(status) in coded), f"{method} {path} {status}"


def test_a_consent_header_is_demanded_where_a_consent_opens_the_operation() -> None:
    uk, berlin_group = (document_of(dialect) for dialect in DIALECTS)
    [operation] = [operation for operations in berlin_group["paths"].values() for operation in operations.values()]
    assert {(each["name"], each["required"]) for each in operation["parameters"] if each["in"] == "header"} == {
        ("X-Request-ID", True),
        ("Consent-ID", True),
        ("PSU-IP-Address", False),
    }
    assert uk["paths"]["/account-access-consents"]["post"]["requestBody"]["required"]
