"""Access to account information."""

from consent.store.kinds.kind import JourneyStage, Kind
from kernel.banking.consents import ConsentKind

ACCOUNTS = Kind(
    name=ConsentKind.ACCOUNTS,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    template="consent",
    template_without_account="nothing_to_share",
    is_given_once=False,
    is_asked_elsewhere=True,
)
