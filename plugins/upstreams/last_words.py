"""The last words of a bank on payments, as far as this process heard them: a later answer that takes one back is a defect.

A hint, bounded in number: the machine of orders keeps the last word itself. Answers may overtake each other, so that one which is merely
older is none.
"""

from collections import OrderedDict

from kernel.banking.money import Money
from kernel.banking.orders import PAID_STATUSES, REFUSED_STATUSES, RailStatus, contradicts
from openapi.core_bank.v1.payment_answers import Report
from plugins.upstreams.core_bank_http import Defect

ORDERS_MAX = 10_000  # whose last word or amount is remembered, in each process


class LastWords:
    def __init__(self, orders_max: int = ORDERS_MAX) -> None:
        self._orders_max = orders_max
        self._statuses: OrderedDict[tuple[str, str], RailStatus] = OrderedDict()
        self._amounts: OrderedDict[tuple[str, str], Money] = OrderedDict()

    def check(self, brand: str, report: Report) -> None:
        """Raises Defect for a report of another amount than before, or one that contradicts the last word."""
        order = (brand, report.order_id)
        if report.amount is not None and self._amounts.setdefault(order, report.amount) != report.amount:
            raise Defect("contradiction", "another amount than before")
        heard = self._statuses.get(order)
        if heard is not None and contradicts(heard, report.status):
            raise Defect("contradiction", f"{heard} became {report.status}")
        if report.status in PAID_STATUSES | REFUSED_STATUSES:
            self._statuses.setdefault(order, report.status)
        for words in (self._statuses, self._amounts):
            while len(words) > self._orders_max:
                words.popitem(last=False)
