"""The banks of the euro area, simulated: each answers a verification of payee by the last four digits of the IBAN, so that a developer can
have each answer on purpose. Every other number is held by the person who is written. docs/sandbox-payments.md lists them.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kernel.banking.payee_checks import PayeeMatch
from kernel.errors import UpstreamFailed
from plugins.payee_checks import outcomes
from plugins.payee_checks.matching import compare
from plugins.payee_checks.verification import Answer, Verdict

ANSWERS: Mapping[str, Answer] = MappingProxyType(
    {
        "9710": Answer(verdict=Verdict.CLOSE_MATCH, name=outcomes.PERSON),
        "9720": Answer(verdict=Verdict.NO_MATCH),
        "9721": Answer(verdict=Verdict.NO_MATCH),  # no such account: the scheme says no more
        "9730": Answer(verdict=Verdict.NOT_POSSIBLE),
        "9735": Answer(verdict=Verdict.NOT_POSSIBLE),  # a closed account
        "9742": Answer(verdict="MAYB", name=outcomes.PERSON),  # no word of the scheme
    }
)
VERDICTS: Mapping[PayeeMatch, Verdict] = MappingProxyType(
    {
        PayeeMatch.MATCH: Verdict.MATCH,
        PayeeMatch.CLOSE_MATCH: Verdict.CLOSE_MATCH,
        PayeeMatch.NO_MATCH: Verdict.NO_MATCH,
        PayeeMatch.NOT_AVAILABLE: Verdict.NOT_POSSIBLE,
    }
)


@dataclass(frozen=True, slots=True)
class SimulatedResponders:
    """Implements plugins/payee_checks/verification.py Responders."""

    async def respond(self, iban: str, name: str) -> Answer:
        """Raises UpstreamFailed."""
        digits = iban[-4:]
        if digits == outcomes.SILENT:
            await asyncio.Event().wait()
        if digits == outcomes.BROKEN:
            raise UpstreamFailed("the simulated bank answers what cannot be read")
        if digits in outcomes.HOLDERS:
            check = compare(name, outcomes.HOLDERS[digits])
            return Answer(verdict=VERDICTS[check.match], name=check.name)
        return ANSWERS.get(digits, Answer(verdict=Verdict.MATCH))
