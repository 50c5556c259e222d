"""The cost of each operation in units of the rate limit: one unit is the cheapest read, about 2.5 ms of one core.

Measured with the built-in bank and an account of 100,000 transactions (statements of 4,000 entries): processor time of the server per
call, over 40 calls one after another, as /proc/PID/stat counts it; docs/configuration.md says how to repeat it. Rounded up. A file of
a statement costs its first rendering, because no caller knows which are kept.
"""

from collections.abc import Mapping
from typing import Final

from kernel.operations import Operation

COST_OF_OTHERS: Final = 1

OPERATION_COSTS: Final[Mapping[Operation, int]] = {
    Operation.READ_STATEMENT_FILE: 40,
    Operation.LIST_TRANSACTIONS: 4,
    Operation.READ_TRANSACTIONS: 4,
    Operation.READ_STATEMENT_TRANSACTIONS: 4,
    Operation.LIST_STATEMENTS: 3,
    Operation.READ_STATEMENTS: 3,
    Operation.LODGE_ACCOUNT_CONSENT: 3,
    Operation.WITHDRAW_ACCOUNT_CONSENT: 3,
}


def cost_of(operation: Operation) -> int:
    """Units, at least one."""
    return OPERATION_COSTS.get(operation, COST_OF_OTHERS)
