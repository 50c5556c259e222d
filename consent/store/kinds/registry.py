"""The kind of a consent, by its name. A name that no kind has is a broken build, never the caller's doing."""

from consent.store.kinds import KINDS
from consent.store.kinds.kind import Kind
from kernel.banking.consents import Consent


def map_kinds(kinds: tuple[Kind, ...]) -> dict[str, Kind]:
    """Raises ValueError for a name that two kinds have."""
    by_name = {kind.name: kind for kind in kinds}
    if len(by_name) != len(kinds):
        raise ValueError("two kinds of consent have one name")
    return by_name


BY_NAME = map_kinds(KINDS)


def kind_of(consent: Consent) -> Kind:
    return BY_NAME[consent.kind]
