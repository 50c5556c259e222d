"""One payment. Its authentication follows the page that shows it and is linked to it (RTS (EU) 2018/389 article 5)."""

from consent.store.kinds.kind import JourneyStage, Kind, open_nothing
from kernel.banking.consents import ConsentKind

PAYMENT = Kind(
    name=ConsentKind.PAYMENT,
    stages=(JourneyStage.LOGIN, JourneyStage.CHOOSE, JourneyStage.CONFIRM),
    template="payment",
    template_without_account="nothing_to_pay_from",
    is_given_once=True,
    is_asked_elsewhere=False,
    settle=open_nothing,
)
