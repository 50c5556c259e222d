"""The rules of a consent: those of the dialect that it was lodged in, or our own where no dialect lodged it (authorization_details, a
client's default, Grant Management)."""

from collections.abc import Mapping
from datetime import timedelta

from kernel.banking.consents import ConsentKind
from openapi import DIALECTS
from openapi.dialect import Rules

OURS = Rules(
    owner="client",
    withdrawn="unknown",
    stopped_may_return=frozenset(),
    suspended="paused",
    unanswered_wait=timedelta(hours=24),
    authorised_by={  # either holder shares data; what is paid is everyone's
        ConsentKind.ACCOUNTS: "one",
        ConsentKind.PAYMENT: "last",
        ConsentKind.SCHEDULED: "last",
        ConsentKind.STANDING_ORDER: "last",
        ConsentKind.FILE: "last",
        ConsentKind.INTERNATIONAL: "last",
        ConsentKind.INTERNATIONAL_SCHEDULED: "last",
        ConsentKind.INTERNATIONAL_STANDING_ORDER: "last",
        ConsentKind.VRP: "last",
        ConsentKind.FUNDS: "one",
    },
    one_recurring=frozenset(),
    half_signed_wait=timedelta(days=7),
)
RULES: Mapping[str, Rules] = {dialect.name: dialect.rules for dialect in DIALECTS}


def rules_of(lodged_as: str) -> Rules:
    return RULES.get(lodged_as, OURS)
