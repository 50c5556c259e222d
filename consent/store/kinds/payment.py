"""One payment. Its authentication follows the page that shows it and is linked to it (RTS (EU) 2018/389 article 5)."""

from consent.store.kinds.kind import JourneyStage, Kind, open_nothing
from kernel.banking.consents import ConsentKind
from kernel.banking.payments import PaymentTerms
from kernel.errors import FieldInvalid


def check(terms: PaymentTerms) -> None:
    """One amount, more than nothing."""
    if terms.amount.minor <= 0:
        raise FieldInvalid("an amount of nothing, or less")


PAYMENT = Kind(
    name=ConsentKind.PAYMENT,
    terms=PaymentTerms,
    stages=(JourneyStage.LOGIN, JourneyStage.CHECK, JourneyStage.CONFIRM),
    is_given_once=True,
    is_asked_elsewhere=False,
    check=check,
    settle=open_nothing,
)
