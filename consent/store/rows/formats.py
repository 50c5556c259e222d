"""Numbered formats of stored documents: a reader accepts the present one and the one before it, so that two releases can run beside
each other."""


class FormatUnreadable(Exception):
    """A stored document is of a format that this release cannot read: an older release still runs, or a migration was skipped."""


def check_format(what: str, stored: int, *, present: int) -> None:
    """Raises FormatUnreadable. The first format is 1."""
    if not max(1, present - 1) <= stored <= present:
        raise FormatUnreadable(f"{what} has format {stored}, readable are {max(1, present - 1)} to {present}")
