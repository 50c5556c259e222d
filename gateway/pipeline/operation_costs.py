"""The cost of each operation in units of the rate limit: one unit is the cheapest read, about 2.5 ms of one core.

Measured with the built-in bank: processor time of the server per call, over 40 calls one after another, as /proc/PID/stat counts it;
docs/configuration.md says how to repeat it. Reads of small things took 2 to 5 ms. A file of a statement took 7 ms of the server and 1 ms of
the printer for 70 entries, 36 ms and 80 ms for 4,200, and once it is kept as much as a read; no caller knows which it will be. The
printer's time counts a third, as its priority does.
"""

from collections.abc import Mapping
from typing import Final

from kernel.operations import Operation

COST_OF_OTHERS: Final = 1

OPERATION_COSTS: Final[Mapping[Operation, int]] = {
    Operation.READ_STATEMENT_FILE: 24,  # 8 to 63 ms
    Operation.LIST_TRANSACTIONS: 4,  # 10 to 15 ms
    Operation.READ_TRANSACTIONS: 4,  # 10 ms
    Operation.READ_STATEMENT_TRANSACTIONS: 4,  # 12 to 14 ms
    Operation.LIST_STATEMENTS: 3,  # 9 to 13 ms
    Operation.READ_STATEMENTS: 3,  # 6 to 7 ms
    Operation.UPLOAD_PAYMENT_FILE: 24,  # up to 10,000 payments read, sealed and written down
    Operation.READ_PAYMENT_REPORT: 24,  # as many orders opened
    Operation.READ_PAYMENT_FILE: 4,  # up to 4 MiB opened and signed
    Operation.POLL_NOTICES: 8,  # up to 25 signatures by RSA, and a commit where something is acknowledged
    Operation.LODGE_ACCOUNT_CONSENT: 4,  # 11 ms, and a commit
    Operation.WITHDRAW_ACCOUNT_CONSENT: 4,  # 10 to 14 ms, and a commit
}


def cost_of(operation: Operation) -> int:
    """Units, at least one."""
    return OPERATION_COSTS.get(operation, COST_OF_OTHERS)
