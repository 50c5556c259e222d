"""Variable recurring payments to one payee, within limits."""

from consent.store.kinds.kind import JourneyStage, Kind, open_nothing
from kernel.banking.consents import ConsentKind

VRP = Kind(
    name=ConsentKind.VRP,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    template="vrp",
    template_without_account="nothing_to_pay_from",
    is_given_once=False,
    is_asked_elsewhere=False,
    settle=open_nothing,
)
