"""The checks of the hot state as its library on the server reads them, and its answers as verdicts (library.lua)."""

from collections.abc import Iterator, Sequence
from typing import Any

from kernel.hot_state.checks import (
    Allowed,
    Check,
    Current,
    Exceeded,
    FirstUse,
    Fresh,
    Moved,
    Replayed,
    Unknown,
    Verdict,
    VersionIs,
    WithinCount,
    WithinRate,
)
from kernel.hot_state.redis_connection import Word

Question = tuple[str, tuple[Word, Word, Word, Word]]  # a key, and its arguments


def subject_key(subject: str) -> str:
    return f"portcullis:subject:{subject}"


def ask(check: Check) -> Iterator[Question]:
    """The questions of one check: one, and another about the share of a first use."""
    match check:
        case VersionIs():
            yield subject_key(check.subject), ("version", check.version, "", "")
        case WithinRate():
            yield f"portcullis:rate:{check.key}", ("rate", check.limit, check.window_seconds, check.cost)
        case WithinCount():
            yield f"portcullis:count:{check.key}", ("count", check.limit, check.window_seconds, "")
        case FirstUse():
            issued_at = "" if check.issued_at is None else check.issued_at
            yield f"portcullis:first_use:{check.key}", ("first_use", check.ttl_seconds, issued_at, "")
            if check.share is not None:
                yield f"portcullis:share:{check.share.owner}", ("share", check.share.limit, check.ttl_seconds, "")


def parse_verdicts(checks: Sequence[Check], replies: Sequence[list[Any]]) -> Iterator[Verdict]:
    """One verdict per check: a first use is fresh if its share has room too."""
    answers = map(_parse_verdict, replies)
    for check in checks:
        verdict = next(answers)
        if isinstance(check, FirstUse) and check.share is not None:
            of_share = next(answers)
            yield of_share if isinstance(verdict, Fresh) else verdict
        else:
            yield verdict


def _parse_verdict(reply: list[Any]) -> Verdict:
    match reply:
        case [1]:
            return Current()
        case [2, version]:
            return Moved(version)
        case [3, token]:
            return Unknown(token.decode() or None)
        case [4, limit, remaining, reset_seconds]:
            return Allowed(limit, remaining, reset_seconds)
        case [5, limit, retry_after]:
            return Exceeded(limit, retry_after)
        case [6]:
            return Fresh()
        case [7]:
            return Replayed()
        case _:
            raise AssertionError(f"a verdict of the library is unknown: {reply!r}")
