"""The simulated schemes, each with a process and books of its own."""

from orders.settlement.ports import Calendar, SettlementAccount
from plugins.rails.faster_payments.rules import FASTER_PAYMENTS
from plugins.rails.files import rules as files
from plugins.rails.international.rules import INTERNATIONAL
from plugins.rails.sepa.credit_transfer import SEPA_CREDIT_TRANSFER
from plugins.rails.sepa.instant import SEPA_INSTANT
from plugins.rails.simulated.rules import SchemeRules

SCHEMES: tuple[SchemeRules, ...] = (FASTER_PAYMENTS, SEPA_INSTANT, SEPA_CREDIT_TRANSFER, INTERNATIONAL)
SETTLING: tuple[tuple[Calendar, SettlementAccount], ...] = (  # every rail that settles later, those of files too
    *((rules.calendar, account) for rules in SCHEMES if rules.calendar is not None for account in rules.accounts),
    (files.CYCLES, files.ACCOUNT),
)
