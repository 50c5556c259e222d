"""Find the operation: every row of a dialect is reachable at its path, and nothing else is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.pipeline.account_path import account_parameter
from gateway.routing import SEGMENTS_MAX, Routing
from kernel.errors import MethodNotAllowed, OperationUnknown
from kernel.operations import Operation
from openapi import DIALECTS
from openapi.versions import HeaderVersions
from tests.world.gateway.dialect import BRAND, DIALECT, ROW_OF, ROWS, serving

ROUTING = Routing.build([BRAND], [DIALECT])
SEGMENT = st.text(st.characters(codec="utf-8", exclude_characters="/{}"), min_size=1, max_size=20)


def find(method: str, path: str):
    (row,), parameters = ROUTING.locate(BRAND, path).operation(method, "mtls")
    return row, parameters


@given(row=st.sampled_from(ROWS), values=st.lists(SEGMENT, min_size=1, max_size=1), slash=st.sampled_from(["", "/"]))
def test_every_operation_is_found_with_its_parameters_and_an_optional_slash(row, values, slash):
    names = [segment.strip("{}") for segment in row.path.split("/") if segment.startswith("{")]
    path = row.path
    for name, value in zip(names, values, strict=False):
        path = path.replace(f"{{{name}}}", value)
    found, parameters = find(row.method, f"/book/v1{path}{slash}")
    assert found is row
    assert parameters == dict(zip(names, values, strict=False))


@given(segments=st.lists(st.one_of(SEGMENT, st.sampled_from(["book", "v1", "accounts", "balances", ""])), max_size=20))
def test_any_path_leads_somewhere(segments):
    place = ROUTING.locate(BRAND, "/" + "/".join(segments))
    assert place.dialect.name in {"book", "plain"}


@pytest.mark.parametrize(
    "path",
    [
        "", "/", "//", "/book", "/book/v1", "/book/v1/", "/book/v1//accounts", "/book/v1/accounts//", "/book/v1/accounts//balances",
        "/book/v1/accounts/a1/nothing", "/book/v1/accounts/a1/balances/x", "/book/v1/Accounts", "/BOOK/v1/accounts", "book",
        "/whoami/x", "/" + "x/" * (SEGMENTS_MAX + 1),
    ],
)  # fmt: skip
def test_an_unknown_path_is_unknown(path):
    with pytest.raises(OperationUnknown):
        find("GET", path)


def test_an_unknown_path_below_a_base_path_is_answered_by_its_dialect():
    assert ROUTING.locate(BRAND, "/book/v1/nothing").dialect is DIALECT
    assert ROUTING.locate(BRAND, "/book/nothing").dialect.name == "plain"


def test_another_method_is_refused_with_the_right_ones():
    with pytest.raises(MethodNotAllowed) as refused:
        find("PUT", "/book/v1/consents/1")
    assert refused.value.allowed == ("DELETE", "GET")


def test_a_literal_wins_over_a_parameter_and_gives_way_where_it_leads_nowhere():
    special = replace(ROW_OF[Operation.READ_ACCOUNT], path="/accounts/special")
    rows = (special, *ROWS)
    routing = Routing.build([BRAND], [serving(rows)])
    assert routing.locate(BRAND, "/book/v1/accounts/special").operation("GET", "mtls") == ((special,), {})
    assert routing.locate(BRAND, "/book/v1/accounts/special/balances").operation("GET", "mtls")[1] == {"AccountId": "special"}


def test_the_deepest_base_path_wins():
    deeper = serving((ROW_OF[Operation.LIST_ACCOUNTS],), "/book/v1/deeper", name="deeper")
    routing = Routing.build([replace(BRAND, dialects=("book", "deeper"))], [DIALECT, deeper])
    assert routing.locate(BRAND, "/book/v1/deeper/accounts").dialect is deeper
    assert routing.locate(BRAND, "/book/v1/accounts").dialect is DIALECT


@pytest.mark.parametrize(
    ("dialects", "enabled", "complaint"),
    [
        ([DIALECT, DIALECT], ("book",), "same name"),
        ([DIALECT, replace(DIALECT, name="other")], ("book", "other"), "share a base path"),
        ([serving((*ROWS, replace(ROW_OF[Operation.READ_ACCOUNT], path="/accounts/{Other}")))], ("book",), "ambiguous"),
        ([serving((replace(ROW_OF[Operation.READ_ACCOUNT], path="/{a}/{a}"),))], ("book",), "ambiguous"),
        ([serving((replace(ROW_OF[Operation.READ_ACCOUNT], body_bytes_max=1 << 30),))], ("book",), "larger body"),
        ([DIALECT], ("book", "unknown"), "unknown"),
        ([DIALECT], (), "none"),
    ],
)
def test_what_is_ambiguous_or_unknown_refuses_to_boot(dialects, enabled, complaint):
    with pytest.raises(ValueError, match=complaint):
        Routing.build([replace(BRAND, dialects=enabled)], dialects)


LISTED = ROW_OF[Operation.LIST_ACCOUNTS]
VERSIONED = tuple(replace(LISTED, version=number) for number in (1, 2))
BY_HEADER = HeaderVersions("x-v", "x-min-v")


def test_a_path_leads_to_all_versions_of_its_operation():
    routing = Routing.build([BRAND], [serving(VERSIONED, versions=BY_HEADER)])
    assert routing.locate(BRAND, "/book/v1/accounts").operation("GET", "mtls") == (VERSIONED, {})


@pytest.mark.parametrize(
    ("rows", "versions"),
    [
        (VERSIONED, None),
        (VERSIONED[:1], None),
        ((LISTED, *VERSIONED), BY_HEADER),
        ((*VERSIONED, VERSIONED[0]), BY_HEADER),
        (
            (
                replace(ROW_OF[Operation.READ_ACCOUNT], version=1),
                replace(ROW_OF[Operation.READ_ACCOUNT], path="/accounts/{Id}", version=2),
            ),
            BY_HEADER,
        ),
    ],
    ids=["no header to choose by", "one version, no header", "one without a version", "one version twice", "other parameters"],
)
def test_versions_that_cannot_be_distinguished_refuse_to_boot(rows, versions):
    with pytest.raises(ValueError, match=r"ambiguous|differently"):
        Routing.build([BRAND], [serving(rows, versions=versions)])


def test_only_the_public_versions_of_an_operation_stand_on_the_public_listener():
    public = replace(LISTED, version=3, credential="none")
    routing = Routing.build([BRAND], [serving((*VERSIONED, public), versions=BY_HEADER)])
    assert routing.locate(BRAND, "/book/v1/accounts").operation("GET", "public") == ((public,), {})


def test_a_brand_serves_its_own_dialects_only():
    other = replace(BRAND, name="other", dialects=("another",))
    routing = Routing.build([BRAND, other], [DIALECT, serving(ROWS, "/another", name="another")])
    with pytest.raises(OperationUnknown):
        routing.locate(other, "/book/v1/accounts").operation("GET", "mtls")
    with pytest.raises(OperationUnknown):
        routing.locate(BRAND, "/another/accounts").operation("GET", "mtls")


def test_all_dialects_that_we_ship_stand_side_by_side():
    brand = replace(BRAND, dialects=tuple(dialect.name for dialect in DIALECTS))
    rows = Routing.build([brand], DIALECTS).rows()
    assert len(rows) == sum(len(dialect.rows) for dialect in DIALECTS) + 1


@pytest.mark.parametrize(
    ("path", "name"), [("/accounts/{AccountId}/x", "AccountId"), ("/accounts/{account-id}", "account-id"), ("/a", None)]
)
def test_knows_an_account_in_a_path_however_it_is_spelt(path, name):
    assert account_parameter(replace(ROW_OF[Operation.READ_ACCOUNT], path=path)) == name
