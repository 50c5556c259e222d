"""What a developer needs to know of the people in the synthetic bank: the content of personas.json."""

from typing import Any

from sandbox.bank import heavy
from sandbox.bank.authenticators import FIXED_CODE
from sandbox.bank.households import HOUSEHOLDS, Household
from sandbox.bank.story import Person

_NOTES = {
    "alice": "Several accounts with two years of transactions, some pending.",
    "bob": "Confirms with a one-time code.",
    "carol": "Prefers a passkey, may use a one-time code.",
    "dave": "Has no account that may be shared.",
    "erin": "Joint and business accounts with frank: both must sign.",
    "frank": "Joint and business accounts with erin: both must sign.",
    "heavy": "One account with 100,000 transactions.",
}


def personas_document() -> list[dict[str, Any]]:
    """Each persona: how to log in, and which accounts there are to choose from, in the order of the pages."""
    return [_persona(person, household) for household in (*HOUSEHOLDS, heavy.HOUSEHOLD) for person in household.people]


def _persona(person: Person, household: Household) -> dict[str, Any]:
    return {
        "name": person.name,
        "display_name": person.display_name,
        "username": person.name,
        "password": person.password,
        "sca_methods": list(person.sca_methods),
        "otp": FIXED_CODE if "one_time_code" in person.sca_methods else None,
        "accounts": [
            {
                "name": plan.product,
                "nickname": plan.nickname,
                "type": plan.type.value,
                "category": plan.category.value,
                "currency": plan.currency,
            }
            for plan in household.plans
            if plan.eligible
        ],
        "note": _NOTES[person.name],
    }
