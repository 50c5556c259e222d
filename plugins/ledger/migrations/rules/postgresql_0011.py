"""The rules that PostgreSQL keeps since migration 0011: the application exchanges, so it opens the bank's own accounts of exchange."""

from plugins.ledger.migrations.rules.postgresql_0004 import FUNCTION
from plugins.ledger.migrations.rules.postgresql_0009 import OPENED as OPENED_BEFORE

OPENED = OPENED_BEFORE.replace("|fees:income|", "|fees:income|fx:(position|rounding|result)|")
FUNCTIONS = {"ledger_open": OPENED}


def statements(schema: str) -> list[str]:
    """`schema`: the quoted name of the one that holds the tables."""
    return [
        FUNCTION.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").format(name=name, schema=schema, body=body)
        for name, body in FUNCTIONS.items()
    ]
