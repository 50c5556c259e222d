"""kernel/http/admission/refusal_log.py: what a caller without a name sends, the log names without being filled by it."""

from structlog.testing import capture_logs

from kernel.http.admission.refusal_log import LOG_SECONDS, OTHERS, SHARES_MAX, RefusalLog


class Minutes:
    """A timer whose minutes pass when a test says so."""

    def __init__(self) -> None:
        self._due = []

    def later(self, seconds, callback) -> None:
        assert seconds == LOG_SECONDS
        self._due.append(callback)

    def pass_one(self) -> int:
        due, self._due = self._due, []
        for callback in due:
            callback()
        return len(due)


def test_refusals_without_end_are_one_line_a_minute_of_each_kind_and_peer():
    minutes = Minutes()
    refusals = RefusalLog(minutes.later)
    with capture_logs() as lines:
        for _ in range(50):
            refusals.note("LineTooLong", 431, "192.0.2.1")
            refusals.note("NoRoomForHead", 503, "192.0.2.1")
            refusals.note("LineTooLong", 431, "192.0.2.2")
        assert [line["count"] for line in lines] == [1, 1, 1]
        minutes.pass_one()
        assert [(line["event"], line["error"], line["share"], line["count"]) for line in lines[3:]] == [
            ("http_refused", "LineTooLong", "192.0.2.1", 49),
            ("http_refused", "NoRoomForHead", "192.0.2.1", 49),
            ("http_refused", "LineTooLong", "192.0.2.2", 49),
        ]
        minutes.pass_one()
        assert len(lines) == 6
        assert minutes.pass_one() == 0  # nothing is kept of those who are quiet


def test_peers_without_end_are_counted_together():
    minutes = Minutes()
    refusals = RefusalLog(minutes.later)
    with capture_logs() as lines:
        for number in range(10 * SHARES_MAX):
            refusals.note("LineTooLong", 431, f"2001:db8:0:{number:x}::/64")
        assert len(lines) == SHARES_MAX + 1
        minutes.pass_one()
        assert [(line["share"], line["count"]) for line in lines[SHARES_MAX + 1 :]] == [(OTHERS, 9 * SHARES_MAX - 1)]
