"""Confirmation of funds on one account, to who issues a card for it. Directive (EU) 2015/2366 article 65."""

from consent.store.kinds.kind import JourneyStage, Kind, open_nothing
from kernel.banking.consents import ConsentKind

FUNDS = Kind(
    name=ConsentKind.FUNDS,
    stages=(JourneyStage.LOGIN, JourneyStage.AUTHENTICATE, JourneyStage.CHOOSE),
    template="funds",
    template_without_account="nothing_to_share",
    is_given_once=False,
    is_asked_elsewhere=False,
    settle=open_nothing,
)
