"""The kind of a consent, by its name. A name that no kind has is a broken build, never the caller's doing."""

from consent.store.kinds import KINDS
from consent.store.kinds.kind import AnyKind
from kernel.banking.consents import Consent, ConsentLodgement
from kernel.banking.planned.instructions import Placed
from kernel.errors import FieldInvalid


def map_kinds(kinds: tuple[AnyKind, ...]) -> dict[str, AnyKind]:
    """Raises ValueError for a name that two kinds have."""
    by_name = {kind.name: kind for kind in kinds}
    if len(by_name) != len(kinds):
        raise ValueError("two kinds of consent have one name")
    return by_name


BY_NAME = map_kinds(KINDS)


def kind_of(one: Consent | Placed) -> AnyKind:
    """Of a payment order: that of its consent."""
    return BY_NAME[one.kind]


def check_lodgement(lodgement: ConsentLodgement) -> None:
    """Raises FieldInvalid or FieldMissing for terms that no PSU could agree to, or that are of another kind."""
    kind = BY_NAME[lodgement.kind]
    if not isinstance(lodgement.terms, kind.terms):
        raise FieldInvalid(f"{type(lodgement.terms).__name__} in a consent of kind {kind.name}")
    kind.check(lodgement.terms)
