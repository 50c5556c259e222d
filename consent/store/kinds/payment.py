"""One payment. Its authentication follows the page that shows it and is linked to it (RTS (EU) 2018/389 article 5)."""

from consent.store.kinds.kind import JourneyStage, Kind, open_nothing
from kernel.banking.consents import ConsentKind, ConsentLodgement
from kernel.errors import FieldInvalid


def check(lodgement: ConsentLodgement) -> None:
    """One amount, more than nothing; no account is opened."""
    if lodgement.payment is None or lodgement.terms is not None:
        raise FieldInvalid("a payment without its terms, or with others")
    if lodgement.permissions:
        raise FieldInvalid("permissions beside a payment")
    if lodgement.payment.amount.minor <= 0:
        raise FieldInvalid("an amount of nothing, or less")


PAYMENT = Kind(
    name=ConsentKind.PAYMENT,
    stages=(JourneyStage.LOGIN, JourneyStage.CHOOSE, JourneyStage.CONFIRM),
    is_given_once=True,
    is_asked_elsewhere=False,
    check=check,
    settle=open_nothing,
)
