"""The synthetic bank's customers as a developer needs them: the content of personas.json."""

from typing import Any

import sqlalchemy as sa

from kernel.banking.accounts import Account
from kernel.brand import Brand
from kernel.storage.database import Database
from kernel.storage.sealed import Sealer
from plugins.ledger.accounts.customer_accounts import load_accounts_of
from plugins.ledger.documents import open_document
from sandbox.bank import tables
from sandbox.bank.authenticators import FIXED_CODE
from sandbox.bank.catalogue.people import password_of
from sandbox.bank.stories.tale import Login
from sandbox.bank.tale_writer import LOGIN_PLACE

_NOTES = {
    "alice": "Several accounts with two years of transactions, some pending, some in other currencies.",
    "bob": "Confirms with a one-time code; one of the accounts is closed.",
    "carol": "Prefers a passkey, may use a one-time code; one of the accounts moved to another bank.",
    "dave": "Has no account that may be shared.",
    "erin": "Joint and business accounts with frank: either shares data alone in UK Open Banking; both must sign payments, and consents in Berlin Group, the second on the dashboard.",
    "frank": "Joint and business accounts with erin: either shares data alone in UK Open Banking; both must sign payments, and consents in Berlin Group, the second on the dashboard.",
    "heavy": "One account with 100,000 transactions.",
}


async def load_personas(database: Database, sealer: Sealer, brand: Brand) -> list[dict[str, Any]]:
    """Each persona: how to log in, and which accounts there are to choose from, in the order of the pages."""
    logins = await load_logins(database, sealer, brand.name)
    async with database.read() as connection:
        return [_persona(login, await load_accounts_of(connection, sealer, brand.name, login.customer_id)) for login in logins]


async def load_logins(database: Database, sealer: Sealer, brand: str) -> list[Login]:
    """In the order in which a developer reads of them."""
    people = tables.people.c
    statement = sa.select(people.psu_id, people.document).where(people.brand == brand).order_by(people.position, people.psu_id)
    async with database.read() as connection:
        rows = (await connection.execute(statement)).all()
    return [open_document(sealer, row.document, Login, *LOGIN_PLACE, brand, row.psu_id) for row in rows]


def _persona(login: Login, accounts: tuple[Account, ...]) -> dict[str, Any]:
    return {
        "name": login.username,
        "display_name": login.display_name,
        "username": login.username,
        "password": password_of(login.username),
        "sca_methods": list(login.sca_methods),
        "otp": FIXED_CODE if "one_time_code" in login.sca_methods else None,
        "accounts": [
            {
                "name": account.name,
                "nickname": account.nickname,
                "number": account.identifiers[0].identification if account.identifiers else None,
                "type": account.type.value,
                "category": account.category.value,
                "currency": account.currency,
            }
            for account in accounts
        ],
        "note": _NOTES.get(login.username, ""),
    }
