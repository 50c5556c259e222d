"""The rules of every dialect: tables are total, refusals fit the official document, and each folder is in the list."""

import re
import uuid
from enum import Enum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import openapi
from kernel import errors, json
from kernel.banking.accounts import AccountCategory, AccountStatus, AccountType, BalanceType, Scheme, TransactionStatus
from kernel.banking.authorisations import AuthorisationStatus
from kernel.banking.consents import ConsentKind, ConsentState, Permission
from kernel.banking.orders import RailStatus, Reason
from kernel.banking.records.direct_debits import Collection
from kernel.banking.records.mandates import Frequency, MandateStatus
from kernel.banking.records.offers import OfferKind
from kernel.banking.records.parties import AccountRole, AddressKind, Holding, LegalForm
from kernel.banking.records.products import InterestPeriod, ProductKind
from kernel.banking.records.scheduled_payments import Due
from kernel.banking.records.statements import (
    BenefitKind,
    FeeKind,
    InterestKind,
    RateKind,
    StatementDay,
    StatementFigure,
    StatementKind,
)
from kernel.errors import Problem
from kernel.operations import Operation
from openapi import DIALECTS
from openapi.berlin_group.v1_3 import codes as berlin_group
from openapi.dialect import Dialect, Row
from openapi.uk_obie.v4_0.aisp.codes import accounts as uk
from openapi.uk_obie.v4_0.aisp.codes import arrangements as uk_arrangements
from openapi.uk_obie.v4_0.aisp.codes import consents as uk_consents
from openapi.uk_obie.v4_0.aisp.codes import parties as uk_parties
from openapi.uk_obie.v4_0.aisp.codes import products as uk_products
from openapi.uk_obie.v4_0.aisp.codes import statements as uk_statements
from openapi.uk_obie.v4_0.pisp.codes import statuses as uk_payments
from tests.official import STANDARDS, TEXT_ALONE, document_of, document_with, unreadable, validate_answer

PROBLEMS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Problem)]
OPERATIONS = [(dialect, row) for dialect in DIALECTS for row in dialect.rows]

by_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)


@by_dialect
def test_every_problem_has_a_row_of_its_own(dialect: Dialect) -> None:
    """And for no other's: a standard may tell problems apart that are its own."""
    own = {kind for kind in dialect.errors.table if kind.__module__.startswith(f"openapi.{dialect.name.split('/')[0]}.")}
    assert set(dialect.errors.table) - own == set(PROBLEMS)


@by_dialect
@pytest.mark.parametrize("kind", PROBLEMS, ids=lambda kind: kind.__name__)
def test_every_refusal_satisfies_the_official_document(dialect: Dialect, kind: type[Problem]) -> None:
    for row in dialect.rows:
        status, media_type, body = dialect.errors.render(kind(), row, str(uuid.uuid4()), None)
        assert (media_type is None) == (body is None)
        assert status == dialect.errors.wire_of(kind, row).status
        headers = {dialect.headers.interaction_header: str(uuid.uuid4())} | ({"Content-Type": media_type} if media_type else {})
        if row.signed and body is not None and dialect.signatures is not None:
            headers[dialect.signatures.header] = "the gateway signs what leaves it"
        if kind is errors.OperationUnknown:
            continue  # not an answer of any operation: see below
        if (status == 415 and row.request is None) or (kind is errors.IdempotencyConflict and not row.idempotent):
            continue
        if status == 404 and dialect.name == "uk_obie/v4.0":
            continue
        validate_answer(dialect.name, row.method, row.path, status, headers, body)


@by_dialect
def test_an_unknown_operation_is_not_found(dialect: Dialect) -> None:
    assert dialect.errors.render(errors.OperationUnknown(), None, "id", None)[0] == 404


@pytest.mark.parametrize("dialect", [each for each in DIALECTS if each.name in STANDARDS], ids=lambda dialect: dialect.name)
def test_a_row_takes_an_idempotency_key_where_its_document_demands_one(dialect: Dialect) -> None:
    if unreadable(dialect.name):
        pytest.skip("the official documents are absent")
    for row in (row for row in dialect.rows if not row.path.startswith(TEXT_ALONE)):
        assert row.idempotent == any("idempotency-key" in name for name in _parameters_of(dialect, row)), row.path


def test_a_uk_row_is_signed_where_its_document_demands_it() -> None:
    dialect = DIALECTS[0]
    if unreadable(dialect.name):
        pytest.skip("the official documents are absent")
    for row in dialect.services[1].rows:
        demands = any("x-jws-signature" in name for name in _parameters_of(dialect, row))
        assert row.signed
        assert (row.request is not None) == demands, row.path


def _parameters_of(dialect: Dialect, row: Row) -> list[str]:
    """The names, or references, of an operation's parameters in the official document."""
    name = document_with(dialect.name, row.path)
    path = document_of(name)["paths"][STANDARDS[name].path_prefix + row.path]
    parameters = [*path.get("parameters", ()), *path[row.method.lower()].get("parameters", ())]
    return [str(parameter.get("$ref") or parameter.get("name")).lower() for parameter in parameters]


class Surprise(Problem):
    code, public = "surprise", "Words that were not approved."


class TokenGone(errors.TokenRevoked):
    code, public = "token_gone", "Words that were not approved."


@by_dialect
def test_a_problem_that_the_table_lacks_is_unexpected_and_says_nothing(dialect: Dialect) -> None:
    status, _, body = dialect.errors.render(Surprise("secret detail"), None, "id", None)
    assert status == 500
    assert b"approved" not in (body or b"")
    assert b"secret" not in (body or b"")


@by_dialect
def test_a_kind_of_a_known_problem_looks_like_it(dialect: Dialect) -> None:
    shown = dialect.errors.render(TokenGone(), None, "id", None)
    assert shown[0] == dialect.errors.table[errors.TokenRevoked].status


@by_dialect
@given(st.sampled_from(PROBLEMS), st.text(max_size=900), st.text(max_size=900))
def test_a_refusal_names_its_path_and_never_its_detail(dialect: Dialect, kind: type[Problem], detail: str, path: str) -> None:
    problem = kind("DETAIL" + detail)
    problem.path = path
    _, _, body = dialect.errors.render(problem, None, "x" * 90, None)
    assert b"DETAIL" not in (body or b"")


def test_a_uk_refusal_has_an_id_a_code_a_message_and_a_path() -> None:
    _, _, body = DIALECTS[0].errors.render(errors.FieldInvalid(path="Data.Permissions[0]"), None, "e-1", None)
    assert json.decode(body or b"", dict) == {
        "Id": "e-1",
        "Errors": [{"ErrorCode": "U002", "Message": "A field has an invalid value.", "Path": "Data.Permissions[0]"}],
    }


def test_a_uk_cursor_is_refused_at_the_page_parameter() -> None:
    _, _, body = DIALECTS[0].errors.render(errors.CursorInvalid(), None, "e-1", None)
    assert json.decode(body or b"", dict)["Errors"][0]["Path"] == "page"


@pytest.mark.parametrize(
    ("table", "enum"),
    [
        (uk_consents.PERMISSION_CODES, Permission),
        (uk_consents.ACCOUNT_CONSENT_STATUSES, ConsentState),
        (uk_consents.ACCOUNT_CONSENT_REASONS, ConsentState),
        (uk.ACCOUNT_STATUSES, AccountStatus),
        (uk.ACCOUNT_CATEGORIES, AccountCategory),
        (uk.ACCOUNT_TYPES, AccountType),
        (uk.SCHEMES, Scheme),
        (uk.BALANCE_TYPES, BalanceType),
        (uk.TRANSACTION_STATUSES, TransactionStatus),
        (uk.TRANSACTION_MUTABILITIES, TransactionStatus),
        (uk.SWITCH_STATUSES, bool),
        (uk_arrangements.MANDATE_STATUSES, MandateStatus),
        (uk_arrangements.FREQUENCIES, Frequency),
        (uk_arrangements.COLLECTIONS, Collection),
        (uk_arrangements.DUES, Due),
        (uk_parties.LEGAL_FORMS, LegalForm),
        (uk_parties.ADDRESS_KINDS, AddressKind),
        (uk_parties.HOLDINGS, Holding),
        (uk_parties.ACCOUNT_ROLES, AccountRole),
        (uk_products.PRODUCT_KINDS, ProductKind),
        (uk_products.OFFER_KINDS, OfferKind),
        (uk_products.WORDS.periods, InterestPeriod),
        (uk_products.CODES.periods, InterestPeriod),
        (uk_statements.STATEMENT_KINDS, StatementKind),
        (uk_statements.FIGURES, StatementFigure),
        (uk_statements.FEE_KINDS, FeeKind),
        (uk_statements.INTEREST_KINDS, InterestKind),
        (uk_statements.BENEFIT_KINDS, BenefitKind),
        (uk_statements.DAYS, StatementDay),
        (uk_statements.RATE_KINDS, RateKind),
        (uk_payments.CONSENT_STATUSES, ConsentState),
        (uk_payments.CONSENT_REASONS, ConsentState),
        (uk_payments.PAYMENT_STATUSES, RailStatus),
        (uk_payments.REASON_CODES, Reason),
        (berlin_group.CONSENT_STATUSES, ConsentState),
        (berlin_group.SCA_STATUSES, AuthorisationStatus),
        (berlin_group.ACCOUNT_STATUSES, AccountStatus),
        (berlin_group.USAGES, AccountCategory),
        (berlin_group.CASH_ACCOUNT_TYPES, AccountType),
        (berlin_group.BALANCE_TYPES, BalanceType),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_a_mapping_table_has_every_member(table: dict[Enum, object], enum: type[Enum]) -> None:
    assert set(table) == ({False, True} if enum is bool else set(enum))


@pytest.mark.parametrize(
    ("table", "schema"),
    [
        (uk.SWITCH_STATUSES, "OBInternalSwitchStatusCode"),
        (uk_parties.LEGAL_FORMS, "OBInternalLegalStructureType1Code"),
        (uk_parties.ACCOUNT_ROLES, "OBInternalAccountRole1Code"),
        (uk_statements.FIGURES, "OBInternalStatementAmountType1Code"),
        (uk_statements.FEE_KINDS, "OBInternalStatementFeeType1Code"),
        (uk_statements.INTEREST_KINDS, "OBInternalStatementInterestType1Code"),
        (uk_statements.BENEFIT_KINDS, "OBInternalStatementBenefitType1Code"),
        (uk_statements.DAYS, "OBInternalStatementDateTimeType1Code"),
        (uk_statements.RATE_KINDS, "OBInternalStatementRateType1Code"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_namespaced_code_is_one_of_the_standards(table: dict[Enum, str], schema: str) -> None:
    """The official schema lists these next to the type, so that its validator does not see them."""
    if unreadable("uk_obie/v4.0"):
        pytest.skip("the official documents are absent")
    assert set(table.values()) <= set(document_of("uk_obie/v4.0")["components"]["schemas"][schema]["x-namespaced-enum"])


def test_other_products_are_those_without_a_place_of_their_own() -> None:
    others = {kind for kind, code in uk_products.PRODUCT_KINDS.items() if code == "Other"}
    assert set(uk_products.OTHER_PRODUCTS) == others


def test_every_wire_permission_means_one_canonical_permission() -> None:
    assert len(uk_consents.PERMISSIONS) == len(set(uk_consents.PERMISSIONS.values())) == len(Permission)


def test_every_folder_of_a_dialect_stands_in_the_list() -> None:
    root = Path(openapi.__file__).parent
    folders = {path.parent.relative_to(root).as_posix() for path in root.glob("*/*/dialect.py")}
    assert {dialect.name.replace(".", "_") for dialect in DIALECTS} == folders
    services = [service for dialect in DIALECTS for service in dialect.services]
    assert len({service.base_path for service in services}) == len(services)
    assert len({dialect.name for dialect in DIALECTS}) == len(DIALECTS)


@pytest.mark.parametrize(("dialect", "row"), OPERATIONS, ids=[f"{row.method} {d.name}{row.path}" for d, row in OPERATIONS])
def test_a_row_says_all_that_the_chain_needs(dialect: Dialect, row: Row) -> None:
    assert row.summary
    assert (row.encode is None) == (row.success == 204 or row.operation in WITHOUT_CONTENT)
    assert (row.response is not None) + bool(row.media_types) == (row.encode is not None)
    assert (row.method in {"POST", "PUT"}) == (row.request is not None)
    assert row.consent_kind or row.other_scopes
    assert row.credential == "certificate" or (row.scope and row.grant)
    assert bool(row.permissions) == (row.grant == "authorization_code" and row.consent_kind == "accounts")
    assert not row.signed or dialect.signatures is not None
    assert hash(row)


WITHOUT_CONTENT = {Operation.UPLOAD_PAYMENT_FILE}  # whose standard has 200 for a success that says nothing


@by_dialect
def test_operations_are_named_once(dialect: Dialect) -> None:
    assert len({(row.method, re.sub(r"\{[^}]*\}", "{}", row.path)) for row in dialect.rows}) == len(dialect.rows)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda each: each.name)
def test_every_kind_of_consent_has_a_scope(dialect: Dialect):
    """Also one that the standard does not know, whose scope no known kind has: a new kind changes no dialect."""
    known = {dialect.authorization.scope_of(kind) for kind in ConsentKind}
    assert known == {"accounts", "payments", "fundsconfirmations"}
    assert dialect.authorization.scope_of("errand") == "errand"
