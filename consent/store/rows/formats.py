"""Numbered formats of stored documents: a reader accepts the present one and the one before it, so that two releases can run
at the same time."""


class FormatUnreadable(Exception):
    """A stored document is of a format that this release cannot read: an older release still runs, or a migration was skipped."""


def check_format(what: str, stored: int, *, present: int, oldest: int | None = None) -> None:
    """`oldest` where a reader knows more than one earlier format. Raises FormatUnreadable. The first format is 1."""
    oldest = max(1, present - 1) if oldest is None else oldest
    if not oldest <= stored <= present:
        raise FormatUnreadable(f"{what} has format {stored}, readable are {oldest} to {present}")
