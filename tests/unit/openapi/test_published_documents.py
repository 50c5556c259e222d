"""The generated OpenAPI documents: up to date, closed and deterministic."""

import json
import re
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator

from openapi import DIALECTS
from openapi.addresses import Addresses
from openapi.dialect import Dialect, Service
from openapi.document import document_of, document_path, render_document, write_documents
from openapi.examples import ERROR_ID
from openapi.uk_obie.v4_0.aisp.consents import EXAMPLE, decode_lodgement
from tests.dialects.toy.dialect import DIALECT as TOY
from tests.official import validate_answer

SERVICES = [(dialect, service) for dialect in DIALECTS for service in dialect.services]
by_service = pytest.mark.parametrize(("dialect", "service"), SERVICES, ids=[f"{d.name}/{s.name}" for d, s in SERVICES])


@by_service
def test_the_committed_document_is_up_to_date(dialect: Dialect, service: Service) -> None:
    """`python -m openapi.document` writes it again."""
    assert document_path(dialect, service).read_bytes() == render_document(dialect, service)


@by_service
def test_writing_changes_nothing(dialect: Dialect, service: Service) -> None:
    before = document_path(dialect, service).stat().st_size
    write_documents([dialect])
    assert document_path(dialect, service).stat().st_size == before


@by_service
def test_every_row_is_published(dialect: Dialect, service: Service) -> None:
    paths = document_of(dialect, service)["paths"]
    published = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    assert published == {(row.method, row.path) for row in service.rows}


@by_service
def test_every_reference_leads_somewhere(dialect: Dialect, service: Service) -> None:
    document = document_of(dialect, service)
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        node = document
        for step in reference.split("/"):
            node = node[step]


@by_service
def test_only_answers_that_have_a_body_publish_one(dialect: Dialect, service: Service) -> None:
    rows = {(row.method.lower(), row.path): row for row in service.rows}
    for path, operations in document_of(dialect, service)["paths"].items():
        for method, operation in operations.items():
            wires = [dialect.errors.wire_of(kind, rows[method, path]) for kind in dialect.errors.table]
            coded = {wire.status for wire in wires if wire.code}
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert ("content" in answer) == (int(status) in coded), f"{method} {path} {status}"


def test_a_consent_header_is_demanded_where_a_consent_opens_the_operation() -> None:
    uk, *_, berlin_group = (document_of(dialect, service) for dialect, service in SERVICES)
    operation = berlin_group["paths"]["/accounts/{account-id}"]["get"]
    assert {(each["name"], each["required"]) for each in operation["parameters"] if each["in"] == "header"} == {
        ("X-Request-ID", True),
        ("Consent-ID", True),
        ("PSU-IP-Address", False),
    }
    assert uk["paths"]["/account-access-consents"]["post"]["requestBody"]["required"]


FILES = {  # that are sent as they are
    "post /file-payment-consents/{ConsentId}/file request",
    "get /file-payment-consents/{ConsentId}/file 200",
    "get /file-payments/{FilePaymentId}/report-file 200",
}


def bodies(dialect: Dialect, service: Service):
    """Each body of the document, with its operation and what it is of."""
    for path, operations in document_of(dialect, service)["paths"].items():
        for method, operation in operations.items():
            answers = {f"{method} {path} {status}": answer for status, answer in operation["responses"].items()}
            for name, holder in {f"{method} {path} request": operation.get("requestBody", {}), **answers}.items():
                for media_type, body in holder.get("content", {}).items():
                    yield name, media_type, body


@by_service
def test_every_body_has_an_example_that_its_schema_allows(dialect: Dialect, service: Service) -> None:
    document = document_of(dialect, service)
    examined = 0
    for name, media_type, body in bodies(dialect, service):
        if "schema" not in body or body["schema"].get("format") == "binary":  # a file, in whichever form
            assert name in FILES or media_type == "application/pdf", name
            continue
        schema = {**body["schema"], "components": document["components"]}
        errors = list(Draft202012Validator(schema).iter_errors(body["example"]))
        assert errors == [], name
        examined += 1
    assert examined


def test_an_example_of_a_request_is_understood() -> None:
    for dialect in DIALECTS:
        for row in dialect.rows:
            assert (row.request in {None, bytes}) == (row.example is None)
    assert decode_lodgement(EXAMPLE).data.permissions


@by_service
def test_no_example_shows_what_the_bank_calls_its_accounts(dialect: Dialect, service: Service) -> None:
    """`acc-7f3c` is the upstream's id in the examples of the core-bank contract."""
    assert "acc-7f3c" not in render_document(dialect, service).decode()


@by_service
def test_a_document_says_where_its_operations_are_served(dialect: Dialect, service: Service) -> None:
    [server] = document_of(dialect, service, Addresses(mtls="https://api.bank.example"))["servers"]
    assert server["url"] == "https://{host}" + service.base_path
    assert server["variables"]["host"]["default"] == "api.bank.example"
    assert document_of(dialect, service)["servers"][0]["variables"]["host"]["default"] == "localhost:8444"


def test_public_data_is_served_on_the_public_listener_too() -> None:
    listed = next(row for row in TOY.rows if row.path == "/accounts")
    public = replace(listed, path="/catalogue", credential="none", scope=None, grant=None, permissions=frozenset(), version=None)
    service = replace(TOY.services[0], rows=(listed, public))
    addresses = Addresses(mtls="https://api.bank.example", public="https://bank.example:444")
    document = document_of(replace(TOY, services=(service,)), service, addresses)
    operation = document["paths"]["/catalogue"]["get"]
    assert [(server["url"], server["variables"]["host"]["default"]) for server in operation["servers"]] == [
        ("https://{host}/toy/v1", "bank.example:444"),
        ("https://{host}/toy/v1", "api.bank.example"),
    ]
    assert operation["security"] == []
    assert "servers" not in document["paths"]["/accounts"]["get"]
    [server] = document["servers"]
    assert server["variables"]["host"]["default"] == "api.bank.example"


def test_a_document_lists_refusals_of_versions_and_pages_where_an_operation_has_them() -> None:
    paths = document_of(TOY, TOY.services[0])["paths"]
    shown = {
        path: {
            code for answer in paths[path]["get"]["responses"].values() for code in re.findall(r"`(\w+)`", answer["description"])
        }
        for path in ("/accounts", "/accounts/{accountId}/entries", "/agreements/{agreementId}")
    }
    of_versions, of_pages = {"version_invalid", "version_unsupported"}, {"page_unknown", "page_size_invalid"}
    ours = {path: codes & (of_versions | of_pages) for path, codes in shown.items()}
    assert list(ours.values()) == [of_versions, of_pages, set()]


def test_the_example_of_a_page_by_its_number_is_counted() -> None:
    operation = document_of(TOY, TOY.services[0])["paths"]["/accounts/{accountId}/entries"]["get"]
    example = operation["responses"]["200"]["content"]["application/json"]["example"]
    assert example["meta"] == {"totalRecords": len(example["entries"]), "totalPages": 1}
    assert example["links"]["self"].startswith("https://localhost:8444/toy/v1/accounts/")


@by_service
def test_the_examples_of_answers_are_what_the_official_document_allows(dialect: Dialect, service: Service) -> None:
    for path, operations in document_of(dialect, service)["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                for media_type, body in answer.get("content", {}).items():
                    if "example" in body and int(status) < 400:
                        headers = {dialect.headers.interaction_header: ERROR_ID, "Content-Type": media_type}
                        if dialect.signatures is not None:
                            headers[dialect.signatures.header] = "the gateway signs what leaves it"
                        content = json.dumps(body["example"]).encode()
                        validate_answer(dialect.name, method.upper(), path, int(status), headers, content)
