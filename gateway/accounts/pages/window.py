"""The window that a consent opens on the past, narrowed by what a caller asks for. Bounds are inclusive; None is unbounded."""

from datetime import datetime

from kernel.banking.consents import Consent


def window_of(consent: Consent, since: datetime | None, until: datetime | None) -> tuple[datetime | None, datetime | None]:
    """The overlap of the consent's window and the question's. It may be empty: see is_backwards."""
    return later(since, consent.opened_from), earlier(until, consent.data.transactions_to)


def span_of(consent: Consent, first: datetime | None, last: datetime | None) -> tuple[datetime | None, datetime | None]:
    """The part of the bank's records, from `first` to `last`, that the consent opens; None where there are no records."""
    return (
        later(first, consent.opened_from) if first else None,
        earlier(last, consent.data.transactions_to) if last else None,
    )


def is_backwards(since: datetime | None, until: datetime | None) -> bool:
    """True if the window is empty: its start lies after its end."""
    return since is not None and until is not None and since > until


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one is not None and other is not None else one or other
