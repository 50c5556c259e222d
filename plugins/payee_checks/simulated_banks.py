"""All other banks, simulated: each answers about a payee as the account's number says."""

import asyncio
from dataclasses import dataclass

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.payee_checks import MATCH_OF, PayeeCheck, PayeeCode
from kernel.brand import Brand
from kernel.errors import UpstreamFailed
from plugins.payee_checks import outcomes
from plugins.payee_checks.matching import compare


@dataclass(frozen=True, slots=True)
class SimulatedBanks:
    async def ask(self, brand: Brand, account: AccountIdentifier, name: str) -> PayeeCheck:
        """Raises UpstreamFailed."""
        digits = account.identification[-4:]
        if account.scheme is Scheme.PAN:
            return PayeeCheck(match=MATCH_OF[PayeeCode.ACCOUNT_UNSUPPORTED], code=PayeeCode.ACCOUNT_UNSUPPORTED)
        if digits == outcomes.SILENT:
            await asyncio.Event().wait()
        if digits == outcomes.BROKEN:
            raise UpstreamFailed("the simulated bank answers what cannot be read")
        if digits in outcomes.HOLDERS:
            return compare(name, outcomes.HOLDERS[digits])
        return outcomes.ANSWERS.get(digits, outcomes.MATCHES)
