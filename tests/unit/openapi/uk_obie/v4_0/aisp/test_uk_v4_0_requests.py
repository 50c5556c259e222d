"""The requests that the codecs of UK Open Banking v4.0 read, and the refusal of each malformed one: with its code and its path."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import json
from kernel.banking.commands import ReadAccount, ReadBalances, ReadConsent, ReadTransactions, WithdrawConsent
from kernel.banking.consents import ConsentKind, Permission
from kernel.errors import FieldDateInvalid, Problem
from openapi.uk_obie.shared.dates import parse_date_time, render_date_time
from openapi.uk_obie.v4_0.aisp import accounts, balances, consents, transactions
from openapi.uk_obie.v4_0.aisp.codes.consents import PERMISSIONS
from openapi.uk_obie.v4_0.aisp.wire.consents import OBInternalPermissions1Code
from openapi.uk_obie.v4_0.dialect import DIALECT
from tests.official import validate_answer
from tests.unit.openapi.canonical import INTERACTION_ID, a_wire_request


def refusal_of(problem: Problem, method: str = "POST", path: str = "/account-access-consents") -> tuple[int, str, str | None]:
    """Status, code and path of the rendered refusal, once the official document has accepted it."""
    status, media_type, body = DIALECT.errors.render(problem, None, INTERACTION_ID, None)
    assert media_type is not None
    assert body is not None
    validate_answer(
        "uk_obie/v4.0", method, path, status, {"x-fapi-interaction-id": INTERACTION_ID, "content-type": media_type}, body
    )
    [error] = json.decode(body, dict)["Errors"]
    return status, error["ErrorCode"], error.get("Path")


def refused_by(work: Callable[[], object]) -> Problem | None:
    try:
        work()
    except Problem as problem:
        return problem
    return None


def lodge(body: bytes) -> tuple[int, str, str | None]:
    with pytest.raises(Problem) as refused:
        consents.decode_lodge(a_wire_request(body=body))
    return refusal_of(refused.value)


def a_body(*permissions: str, **data: object) -> bytes:
    return json.encode({"Data": {"Permissions": permissions} | data, "Risk": {}})


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        (b"", "U010", None),
        (b"{", "U010", None),
        (b'{"Data":', "U010", None),
        (b"\xff\xfe", "U010", None),
        (b"NaN", "U010", None),
        (b"[" * 50 + b"]" * 50, "U010", None),
        (b"[" * 100_000, "U010", None),
        (b"null", "U002", None),
        (b"[]", "U002", None),
        (b"{}", "U004", "Data"),
        (b'{"Data":{}}', "U004", "Data.Permissions"),
        (b'{"Data":{"Permissions":["ReadAccountsBasic"]}}', "U004", "Risk"),
        (b'{"Data":[],"Risk":{}}', "U002", "Data"),
        (b'{"Data":{"Permissions":"ReadAccountsBasic"},"Risk":{}}', "U002", "Data.Permissions"),
        (b'{"Data":{"Permissions":null},"Risk":{}}', "U002", "Data.Permissions"),
        (b'{"Data":{"Permissions":["ReadAccountsBasic",7]},"Risk":{}}', "U002", "Data.Permissions[1]"),
        (b'{"Data":{"Permissions":["ReadAccountsBasic"]},"Risk":[]}', "U002", "Risk"),
        (b'{"Data":{"Permissions":["ReadAccountsBasic"]},"Risk":null}', "U002", "Risk"),
        (b'{"Data":{"Permissions":["ReadAccountsBasic"]},"Risk":{"A":1}}', "U005", "Risk.A"),
        (b'{"Data":{"Permissions":["ReadAccountsBasic"],"Extra":1},"Risk":{}}', "U005", "Data.Extra"),
        (b'{"Data":{"Permissions":["ReadAccountsBasic"]},"Risk":{},"Extra":1}', "U005", "Extra"),
        (b'{"Data":{"Permissions":["ReadAccountsBasic"]},"Risk":{},"Risk":{}}', "U005", "Risk"),
        (a_body(), "U004", "Data.Permissions"),
        (a_body("ReadAccountsBasic", "ReadAnything"), "U002", "Data.Permissions[1]"),
        (a_body("Readdate"), "U002", "Data.Permissions[0]"),
        (a_body("readaccountsbasic"), "U002", "Data.Permissions[0]"),
        (a_body("ReadBalances"), "U001", "Data.Permissions"),
        (a_body("ReadAccountsBasic", "ReadTransactionsBasic"), "U001", "Data.Permissions"),
        (a_body("ReadAccountsBasic", "ReadTransactionsDetail"), "U001", "Data.Permissions"),
        (a_body("ReadAccountsDetail", "ReadTransactionsCredits"), "U001", "Data.Permissions"),
        (a_body("ReadAccountsDetail", "ReadTransactionsDebits"), "U001", "Data.Permissions"),
        (a_body("ReadAccountsBasic", ExpirationDateTime="soon"), "U003", "Data.ExpirationDateTime"),
        (a_body("ReadAccountsBasic", ExpirationDateTime=""), "U003", "Data.ExpirationDateTime"),
        (a_body("ReadAccountsBasic", ExpirationDateTime="2027-02-30T00:00:00Z"), "U003", "Data.ExpirationDateTime"),
        (a_body("ReadAccountsBasic", ExpirationDateTime="2027-01-01T25:00:00Z"), "U003", "Data.ExpirationDateTime"),
        (a_body("ReadAccountsBasic", ExpirationDateTime="2027-01-01"), "U003", "Data.ExpirationDateTime"),
        (a_body("ReadAccountsBasic", ExpirationDateTime="0001-01-01T00:00:00+14:00"), "U003", "Data.ExpirationDateTime"),
        (a_body("ReadAccountsBasic", ExpirationDateTime="2027-01-01T00:00:00+99:00"), "U003", "Data.ExpirationDateTime"),
        (a_body("ReadAccountsBasic", ExpirationDateTime="２０２７-01-01T00:00:00Z"), "U003", "Data.ExpirationDateTime"),
        (a_body("ReadAccountsBasic", ExpirationDateTime=1), "U002", "Data.ExpirationDateTime"),
        (a_body("ReadAccountsBasic", ExpirationDateTime=None), "U002", "Data.ExpirationDateTime"),
        (a_body("ReadAccountsBasic", TransactionFromDateTime="x"), "U003", "Data.TransactionFromDateTime"),
        (a_body("ReadAccountsBasic", TransactionToDateTime="x"), "U003", "Data.TransactionToDateTime"),
        (
            a_body(
                "ReadAccountsBasic", TransactionFromDateTime="2026-02-01T00:00:00", TransactionToDateTime="2026-01-01T00:00:00"
            ),
            "U003",
            "Data.TransactionToDateTime",
        ),
    ],
)
@pytest.mark.spec("OBIE-RW-4.0-profile")
def test_refuses_a_malformed_lodgement_with_its_code_and_path(body: bytes, code: str, path: str | None) -> None:
    assert lodge(body) == (400, code, path)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    refused = refused_by(lambda: consents.decode_lodge(a_wire_request(body=body)))
    assert refused is None or refusal_of(refused)[0] == 400


@given(st.lists(st.sampled_from(OBInternalPermissions1Code), min_size=1, max_size=30))
def test_a_lodgement_asks_for_exactly_what_was_sent_or_is_refused_whole(codes: list[OBInternalPermissions1Code]) -> None:
    body = a_body(*codes)
    refused = refused_by(lambda: consents.decode_lodge(a_wire_request(body=body)))
    if refused is not None:
        assert refusal_of(refused)[1:] == ("U001", "Data.Permissions")
        return
    lodgement = consents.decode_lodge(a_wire_request(body=body)).lodgement
    assert lodgement.data.permissions == {PERMISSIONS[code] for code in codes}
    assert lodgement.kind is ConsentKind.ACCOUNTS
    assert lodgement.lodged_as == "uk_obie/v4.0"
    assert json.decode(lodgement.document, dict)["Data"] == {"Permissions": list(dict.fromkeys(codes))}


def test_a_lodgement_carries_its_dates_as_instants() -> None:
    body = a_body(
        "ReadAccountsBasic",
        ExpirationDateTime="2027-01-01T00:00:00.5+01:00",
        TransactionFromDateTime="2026-01-01T00:00:00",
        TransactionToDateTime="2026-01-01T00:00:00",
    )
    lodgement = consents.decode_lodge(a_wire_request(body=body)).lodgement
    assert lodgement.valid_until == datetime(2026, 12, 31, 23, 0, 0, 500_000, UTC)
    assert lodgement.data.transactions_from == lodgement.data.transactions_to == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-06-01T12:30:00",
        "2026-06-01T12:30",
        "2026-06-01T12:30:00Z",
        "2026-06-01t12:30:00z",
        "2026-06-01T12:30:00.000Z",
        "2026-06-01T12:30:00,0+00:00",
        "2026-06-01T12:30:00.000000000+00:00",
        "2026-06-01T13:30:00+01:00",
        "2026-06-01T13:30:00+0100",
        "2026-06-01T13:30:00+01",
        "2026-06-01T07:00:00-05:30",
        "20260601T123000.000Z",
        "20260601T1330+0100",
        "20260601T12.5",
        "2026-W23-1T12:30",
        "2026W231T1230Z",
        "2026-152T12:30:00-00:00",
        "2026152T123000",
    ],
)
@pytest.mark.spec("OBIE-RW-4.0-date-formats")
def test_reads_every_form_of_a_date_time_in_bodies_and_in_filters(text: str) -> None:
    """OBIE R/W 4.0 Profile, "Date Formats". A filter's zone is ignored, so its bound is what the clock shows."""
    instant = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)
    lodged = consents.decode_lodge(a_wire_request(body=a_body("ReadAccountsBasic", TransactionFromDateTime=text))).lodgement
    assert lodged.data.transactions_from == instant
    command = transactions.decode_list(a_wire_request(query=(("fromBookingDateTime", text),)))
    shifts = {"+01": 1.0, "+0100": 1.0, "+01:00": 1.0, "-05:30": -5.5}
    ignored = next((hours for zone, hours in shifts.items() if text.endswith(zone)), 0.0)
    assert command.booked_from == instant + timedelta(hours=ignored)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-06-01T24:00:00", datetime(2026, 6, 2, tzinfo=UTC)),
        ("2026-06-01T12", datetime(2026, 6, 1, 12, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
    ],
)
def test_reads_the_end_of_a_day_an_hour_and_a_leap_second(text: str, instant: datetime) -> None:
    assert parse_date_time(text, "At") == instant
    assert transactions.decode_list(a_wire_request(query=(("toBookingDateTime", text),))).booked_to == instant


@given(
    st.datetimes(datetime(1000, 1, 2), datetime(9998, 12, 30)),  # noqa: DTZ001
    st.integers(-14 * 60, 14 * 60),
)
def test_a_rendered_instant_reads_back_as_the_same(local: datetime, minutes: int) -> None:
    instant = local.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    rendered = render_date_time(instant)
    assert rendered.endswith("+00:00")
    assert parse_date_time(rendered, "At") == parse_date_time(instant.isoformat(), "At") == instant


@given(st.text(max_size=40))
def test_any_text_is_a_date_time_or_refused(text: str) -> None:
    refused = refused_by(lambda: parse_date_time(text, "At"))
    assert refused is None or refused.path == "At"


def test_reads_path_parameters() -> None:
    assert consents.decode_read(a_wire_request({"ConsentId": "c"})) == ReadConsent("c")
    assert consents.decode_withdraw(a_wire_request({"ConsentId": "c"})) == WithdrawConsent("c")
    assert accounts.decode_read(a_wire_request({"AccountId": "a"})) == ReadAccount("a")
    assert balances.decode_read(a_wire_request({"AccountId": "a"})) == ReadBalances("a")
    assert balances.decode_list(a_wire_request()) == ReadBalances()


def test_a_listing_without_parameters_is_unbounded() -> None:
    assert transactions.decode_list(a_wire_request()) == ReadTransactions()
    assert transactions.decode_read(a_wire_request({"AccountId": "a"})) == ReadTransactions("a")


@pytest.mark.parametrize("zone", ["", "Z", "+05:00", " 05:00", "-0800", "+01"])
def test_the_zone_of_a_filter_is_ignored(zone: str) -> None:
    query = (("fromBookingDateTime", f"2026-06-01T10:00:00{zone}"), ("toBookingDateTime", f"2026-06-02T10:00:00.5{zone}"))
    command = transactions.decode_list(a_wire_request(query=query))
    assert command.booked_from == datetime(2026, 6, 1, 10, tzinfo=UTC)
    assert command.booked_to == datetime(2026, 6, 2, 10, 0, 0, 500_000, UTC)


@pytest.mark.parametrize("day", ["2026-06-01", "20260601", "2026-W23-1", "2026W231", "2026-152", "2026152"])
def test_a_bare_day_of_a_filter_is_its_first_moment(day: str) -> None:
    command = transactions.decode_list(a_wire_request(query=(("fromBookingDateTime", day),)))
    assert command.booked_from == datetime(2026, 6, 1, tzinfo=UTC)


def test_unknown_parameters_are_ignored_and_the_cursor_is_passed_on() -> None:
    command = transactions.decode_list(a_wire_request(query=(("page", "opaque"), ("x", "1"), ("x", "2"))))
    assert command == ReadTransactions(cursor="opaque")


@pytest.mark.parametrize(
    ("query", "code", "path"),
    [
        ((("fromBookingDateTime", "yesterday"),), "U003", "fromBookingDateTime"),
        ((("fromBookingDateTime", ""),), "U003", "fromBookingDateTime"),
        ((("fromBookingDateTime", "2026-02-30T00:00:00"),), "U003", "fromBookingDateTime"),
        ((("toBookingDateTime", "2026-13-01"),), "U003", "toBookingDateTime"),
        ((("toBookingDateTime", "2026-06"),), "U003", "toBookingDateTime"),
        ((("toBookingDateTime", "0001-01-01T00:00:00+14:00"),), "U003", "toBookingDateTime"),
        ((("toBookingDateTime", "9998-12-31T24:00"),), "U003", "toBookingDateTime"),
        ((("toBookingDateTime", "9999-12-31T24:00"),), "U003", "toBookingDateTime"),
        ((("toBookingDateTime", "2026-06-01T23:59:60+01:00"),), "U003", "toBookingDateTime"),
        (
            (("fromBookingDateTime", "2026-06-02T00:00:00"), ("toBookingDateTime", "2026-06-01T00:00:00")),
            "U003",
            "toBookingDateTime",
        ),
        ((("toBookingDateTime", "2026-06-01"), ("toBookingDateTime", "2026-06-01")), "U005", "toBookingDateTime"),
        ((("page", "a"), ("page", "b")), "U005", "page"),
    ],
)
@pytest.mark.spec("OBIE-RW-4.0-filtering")
def test_refuses_a_malformed_filter_with_its_code_and_parameter(query: tuple[tuple[str, str], ...], code: str, path: str) -> None:
    with pytest.raises(Problem) as refused:
        transactions.decode_list(a_wire_request(query=query))
    assert refusal_of(refused.value, "GET", "/transactions") == (400, code, path)


def test_every_permission_can_be_asked_for_together() -> None:
    assert consents.decode_lodge(a_wire_request(body=a_body(*OBInternalPermissions1Code))).lodgement.data.permissions == set(
        Permission
    )


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+00:00", "0999-12-31T23:59:59Z", "9999-12-31T00:00:00Z"])
def test_a_year_that_not_every_zone_can_say_is_refused(text: str) -> None:
    """It would be shown in the bank's own zone, on a page that could not be rendered."""
    with pytest.raises(FieldDateInvalid):
        parse_date_time(text, "At")


def test_a_lodged_document_holds_each_permission_once_and_nothing_but_what_it_says() -> None:
    """The standard's own tests repeat permissions, so a repetition is no fault; neither is it stored."""
    codes = ["ReadAccountsBasic", "ReadBalances"] * (consents.PERMISSIONS_LISTED_MAX // 2)
    lodged = consents.decode_lodgement(b" " * 30_000 + a_body(*codes) + b"\n" * 30_000)
    assert json.decode(lodged.document, dict) == {"Data": {"Permissions": codes[:2]}, "Risk": {}}
    assert len(lodged.document) < 100


def test_a_list_of_permissions_without_end_is_refused() -> None:
    assert lodge(a_body(*["ReadAccountsBasic"] * 2800)) == (400, "U002", "Data.Permissions")
