"""Every form of ISO 8601 is read, and nothing that is none. ISO 8601:2004 sections 4.1 to 4.3."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.iso_8601 import TEXT_CHARACTERS_MAX, parse_day, parse_iso_8601

DAYS = ("%Y-%m-%d", "%G-W%V-%u", "%Y-%j"), ("%Y%m%d", "%GW%V%u", "%Y%j")  # extended, basic
SECONDS = "%H:%M:%S", "%H%M%S"
MINUTES = "%H:%M", "%H%M"
WHOLE_MINUTES = st.integers(-23 * 60, 23 * 60)
LOCALS = st.datetimes(datetime(1000, 1, 3), datetime(9998, 12, 28))  # noqa: DTZ001  the text names its zone


@pytest.mark.parametrize(
    "text",
    [
        "2016-01-01T10:40:12.345Z",
        "2016-01-01T10:40:12,345Z",
        "20160101T104012.345Z",
        "20160101T104012,345Z",
        "2015-W53-5T10:40:12.345Z",
        "2015W535T104012.345Z",
        "2016-001T10:40:12.345Z",
        "2016001T104012.345Z",
        "2016-01-01T11:40:12.345+01:00",
        "2016-01-01T11:40:12.345+01",
        "20160101T114012.345+0100",
        "2016-01-01T11:40:12.345+0100",
        "2016-01-01T05:10:12.345-05:30",
        "2016-01-01T10:40:12.345-00:00",
        "2016-01-01T10:40:12.345",
        "2016-01-01t10:40:12.345z",
        "2016-01-01T10:40:12.345000999Z",
    ],
)
@pytest.mark.spec("ISO8601-4.3")
def test_reads_every_form_of_one_instant(text):
    assert parse_iso_8601(text).instant == datetime(2016, 1, 1, 10, 40, 12, 345_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2016-01-01T10", datetime(2016, 1, 1, 10, tzinfo=UTC)),
        ("20160101T10Z", datetime(2016, 1, 1, 10, tzinfo=UTC)),
        ("2016-01-01T10+01", datetime(2016, 1, 1, 9, tzinfo=UTC)),
        ("20160101T1040", datetime(2016, 1, 1, 10, 40, tzinfo=UTC)),
        ("2016-01-01T10:40Z", datetime(2016, 1, 1, 10, 40, tzinfo=UTC)),
        ("2016-01-01T10.5", datetime(2016, 1, 1, 10, 30, tzinfo=UTC)),
        ("2016-01-01T10:40,25Z", datetime(2016, 1, 1, 10, 40, 15, tzinfo=UTC)),
        ("20160101T1040.5+0100", datetime(2016, 1, 1, 9, 40, 30, tzinfo=UTC)),
        ("2016-01-01T24:00:00Z", datetime(2016, 1, 2, tzinfo=UTC)),
        ("20160101T240000", datetime(2016, 1, 2, tzinfo=UTC)),
        ("2016-12-31T24:00", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-01-01T24", datetime(2016, 1, 2, tzinfo=UTC)),
        ("2016-01-01T24:00:00.000Z", datetime(2016, 1, 2, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("20161231T235960", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2017-01-01T05:29:60+05:30", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2016-12-31T23:59:60.5Z", datetime(2017, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("2016-W01-1T00:00:00Z", datetime(2016, 1, 4, tzinfo=UTC)),
        ("2016-366T12:00", datetime(2016, 12, 31, 12, tzinfo=UTC)),
    ],
)
@pytest.mark.spec("ISO8601-4.2")
def test_reads_what_stops_early_and_what_ends_a_day(text, instant):
    assert parse_iso_8601(text).instant == instant


@pytest.mark.parametrize(
    "text",
    [
        "", "T", "2016", "2016-01", "2016-01-01", "2016-01-01T", "T10:40:12", "2016-01T10:40", "2016-W01T10:40", "16-01-01T10:40",
        "2016-01-01T1", "2016-01-01T10:4", "2016-01-01T10:40:1", "2016-01-01T10:40:12.", "2016-01-01T.5", "2016-01-01T10:40:12.5.5",
        "20160101T10:40:12Z", "2016-01-01T104012Z", "2016-0101T10:40", "201601-01T1040", "2016W01-1T1040", "2016-W011T10:40",
        "2016-01-01 10:40:12", "2016-01-01T10:40:12 Z", "2016-01-01T10:40:12ZZ", "2016-01-01T10:40:12+1", "2016-01-01T10:40:12+",
        "2016-01-01T10:40:12+24:00", "2016-01-01T10:40:12+01:60", "2016-01-01T10:40:12+01:00:00", "2016-01-01T10:40:12Europe/London",
        "2016-00-01T10:40", "2016-13-01T10:40", "2016-02-30T10:40", "2015-02-29T10:40", "2016-01-00T10:40",
        "2016-000T10:40", "2015-366T10:40", "2016-367T10:40", "2016-W00-1T10:40", "2016-W53-1T10:40", "2016-W54-1T10:40", "2015-W01-0T10:40", "2015-W01-8T10:40",
        "2016-01-01T25:00:00", "2016-01-01T24:00:01", "2016-01-01T24:01", "2016-01-01T24:00:00.1", "2016-01-01T24.5", "2016-01-01T10:60",
        "2016-01-01T10:40:61", "2016-01-01T10:40:60Z", "2016-12-31T22:59:60Z", "2017-01-01T00:59:60Z", "2016-12-31T23:59:60+01:00",
        "+002016-01-01T10:40", "-0001-01-01T10:40", "0000-01-01T10:40", "２０１６-01-01T10:40", "2016-01-01T10:40:12\n", " 2016-01-01T10:40",
        "2016-01-01T10:40:12." + "1" * TEXT_CHARACTERS_MAX,
    ],
)  # fmt: skip
def test_refuses_what_is_no_date_time(text):
    with pytest.raises((ValueError, OverflowError)):
        parse_iso_8601(text)


@given(
    local=LOCALS,
    minutes=st.none() | WHOLE_MINUTES,
    basic=st.integers(0, 1),
    kind=st.integers(0, 2),
    precision=st.sampled_from(["hours", "minutes", "seconds", "fraction"]),
    point=st.sampled_from(".,"),
)
def test_what_was_written_in_any_form_reads_back(local, minutes, basic, kind, precision, point):
    """A day in each of its three forms, with and without separators, to each precision, with and without a zone."""
    time = {
        "hours": "%H",
        "minutes": MINUTES[basic],
        "seconds": SECONDS[basic],
        "fraction": f"{SECONDS[basic]}{point}{local.microsecond:06d}",
    }
    dropped = {"hours": {"minute": 0, "second": 0}, "minutes": {"second": 0}}.get(precision, {})
    if precision != "fraction":
        dropped = dropped | {"microsecond": 0}
    zone = (
        ""
        if minutes is None
        else f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{('', ':')[not basic]}{abs(minutes) % 60:02d}"
    )
    read = parse_iso_8601(local.strftime(f"{DAYS[basic][kind]}T{time[precision]}") + zone)
    shown = local.replace(tzinfo=UTC, **dropped)
    assert read.local == shown
    assert read.offset == (None if minutes is None else timedelta(minutes=minutes))
    assert read.instant == shown - timedelta(minutes=minutes or 0)


@given(LOCALS, st.integers(0, 1), st.integers(0, 2))
@pytest.mark.spec("ISO8601-4.1")
def test_a_day_in_any_form_is_its_first_moment(local, basic, kind):
    assert parse_day(local.strftime(DAYS[basic][kind])) == datetime(local.year, local.month, local.day, tzinfo=UTC)


@given(st.text(max_size=80) | st.from_regex(r"[0-9TWZ:,.+-]{1,40}", fullmatch=True))
def test_any_text_is_read_or_refused(text):
    for parse in (parse_iso_8601, parse_day):
        try:
            parse(text)
        except (ValueError, OverflowError):
            continue
