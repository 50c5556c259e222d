"""Verification of payee: the name of a payee with an IBAN, as the scheme of the euro area answers it. In words of the scheme, which stay here.

European Payments Council EPC218-23; Regulation (EU) 2024/886 article 5c. There is an answer within five seconds or none, and the holder's name comes with a
close match alone. Why a name could not be checked, the scheme does not say.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

import msgspec

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeCheck, PayeeMatch
from kernel.brand import Brand
from plugins.payee_checks.confirmation import OtherBanks


class Verdict(StrEnum):
    """The party name matching codes of the scheme."""

    MATCH = "MTCH"
    CLOSE_MATCH = "CMTC"
    NO_MATCH = "NMTC"
    NOT_POSSIBLE = "NOAP"


_MATCHES: Mapping[Verdict, PayeeMatch] = MappingProxyType(
    {
        Verdict.MATCH: PayeeMatch.MATCH,
        Verdict.CLOSE_MATCH: PayeeMatch.CLOSE_MATCH,
        Verdict.NO_MATCH: PayeeMatch.NO_MATCH,
        Verdict.NOT_POSSIBLE: PayeeMatch.NOT_AVAILABLE,
    }
)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """As it came: a verdict may be a word that the scheme does not have, and a name may come where none belongs."""

    verdict: str
    name: str | None = None


class Responders(Protocol):
    async def respond(self, iban: str, name: str) -> Answer:
        """The answer of the bank that has the account. May take as long as it likes. Raises UpstreamFailed or UpstreamTimedOut."""
        ...


@dataclass(frozen=True, slots=True)
class VerificationOfPayee:
    """Implements plugins/payee_checks/confirmation.py OtherBanks. What cannot be understood is not available: it never reads as a match."""

    responders: Responders

    async def ask(self, brand: Brand, account: AccountIdentifier, name: str) -> PayeeCheck:
        answer = await self.responders.respond(account.identification, name)
        if answer.verdict not in list(Verdict):
            return NOT_AVAILABLE
        match = _MATCHES[Verdict(answer.verdict)]
        return PayeeCheck(match=match, name=answer.name if match is PayeeMatch.CLOSE_MATCH else None)


@dataclass(frozen=True, slots=True)
class ByCountry:
    """Implements OtherBanks: IBANs of `countries` are verified by one service, and every other number by another."""

    verification: OtherBanks
    countries: frozenset[str]
    otherwise: OtherBanks

    async def ask(self, brand: Brand, account: AccountIdentifier, name: str) -> PayeeCheck:
        is_verified = account.scheme is Scheme.IBAN and account.identification[:2] in self.countries
        service = self.verification if is_verified else self.otherwise
        return await service.ask(brand, account, name)
