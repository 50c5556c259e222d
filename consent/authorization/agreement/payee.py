"""The check of a payee's name as a payer reads it: asked before they agree, in words that leave the answer to them, and kept as it was shown.

Pay.UK Confirmation of Payee; Regulation (EU) 2024/886 article 5c: the payer may go on after any answer, and is warned where it is no match.
Sweeping (CMA Order, clarification of 2021) moves money between a customer's own accounts: there a definite mismatch ends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import structlog

from consent.authentication.attempts import payee_subject, take_attempt
from consent.authentication.bank_answer import answer_time
from consent.ports import Psu
from consent.services import Services
from consent.store.kinds.words import Facts
from kernel.banking.accounts import AccountIdentifier
from kernel.banking.consents import payment_of
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeCheck, PayeeCode, PayeeMatch
from kernel.banking.terms import VrpTerms, VrpType
from kernel.banking.visible_text import is_name
from kernel.brand import Brand
from kernel.commands.unit_of_work import UnitOfWork
from kernel.errors import UpstreamFailed, UpstreamTimedOut

PAYEE_CHECKS_MAX = 30  # of one PSU within an hour, over all journeys and pages that are shown again
HOLDER_CHARACTERS_MAX = 140  # of the holder's name, as a page shows it; the rest is cut

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PayeeWords:
    """`tone` is good, info or error: how the page draws it."""

    heading: str
    text: str
    tone: str


_MATCH = PayeeWords("The name matches", "The account is in the name that you pay to.", "good")
_CLOSE = PayeeWords(
    "The name is not quite the same",
    "It is close to the name of the account's holder, which their bank does not say. Go on only if you have checked it with the payee.",
    "info",
)
_NAMED = PayeeWords(
    "The name is not quite the same",
    "The account is in the name of {name}. Compare it with the name above, and go on only if that is who you want to pay.",
    "info",
)
_NO_MATCH = PayeeWords(
    "The name does not match the account",
    "The account is in another name. The money may go to someone else, and we may not get it back. Go on only if you have checked the "
    "details with the payee, in a way that you know.",
    "error",
)
_UNKNOWN = PayeeWords(
    "The payee's bank does not know this account",
    "The money may go to someone else, and we may not get it back. Go on only if you have checked the number with the payee, in a way "
    "that you know.",
    "error",
)
_UNCHECKED = PayeeWords(
    "We could not check the name",
    "We do not know whose account this is. The money may go to someone else. Check the details with the payee before you pay.",
    "info",
)
_BY_MATCH: Mapping[PayeeMatch, PayeeWords] = MappingProxyType(
    {
        PayeeMatch.MATCH: _MATCH,
        PayeeMatch.CLOSE_MATCH: _CLOSE,
        PayeeMatch.NO_MATCH: _NO_MATCH,
        PayeeMatch.NOT_AVAILABLE: _UNCHECKED,
    }
)
_BY_CODE: Mapping[PayeeCode, PayeeWords] = MappingProxyType(
    {
        PayeeCode.BUSINESS_NAME_MATCHES: PayeeWords(
            "The name matches, but the account is a business's", "Go on only if you want to pay a business of this name.", "info"
        ),
        PayeeCode.PERSONAL_NAME_MATCHES: PayeeWords(
            "The name matches, but the account is a person's", "Go on only if you want to pay a person of this name.", "info"
        ),
        PayeeCode.ACCOUNT_UNKNOWN: _UNKNOWN,
    }
)


_OWN: Mapping[PayeeMatch, PayeeWords] = MappingProxyType(
    {
        PayeeMatch.MATCH: PayeeWords(
            "This account is in your name", "The payments move your own money between your accounts.", "good"
        ),
        PayeeMatch.CLOSE_MATCH: PayeeWords(
            "The name of this account is not quite yours",
            "These payments are for accounts of your own alone. Go on only if this account is yours.",
            "info",
        ),
        PayeeMatch.NO_MATCH: PayeeWords(
            "This account is not in your name",
            "These payments are for accounts of your own alone, so you cannot allow them to this account.",
            "error",
        ),
        PayeeMatch.NOT_AVAILABLE: PayeeWords(
            "We could not check whose account this is",
            "These payments are for accounts of your own alone. Go on only if this account is yours.",
            "info",
        ),
    }
)
_OWN_UNKNOWN = PayeeWords(_UNKNOWN.heading, _OWN[PayeeMatch.NO_MATCH].text, "error")


@dataclass(frozen=True, slots=True)
class Payee:
    """The account that is paid, and the name that its holder must have."""

    account: AccountIdentifier
    name: str


def goes_to_own(terms: object) -> bool:
    """True of sweeping, and of nothing else: an account that is surely another's is refused. A payer may go on after any other answer."""
    return isinstance(terms, VrpTerms) and set(terms.types) == {VrpType.SWEEPING}


def payee_of(terms: object, psu: Psu) -> Payee | None:
    """None, where such terms are for no payment, or for many. Sweeping moves the payer's own money: the account must be in their name,
    not in the one that the TPP wrote."""
    if isinstance(terms, VrpTerms):
        return Payee(terms.creditor_account, psu.display_name if goes_to_own(terms) else terms.creditor_name)
    payment = payment_of(terms)
    return None if payment is None else Payee(payment.creditor_account, payment.creditor_name)


@dataclass(frozen=True, slots=True)
class TakePayeeCheck:
    """Count a check for a PSU: False if there is none left for now. A payee's bank returns the holder's name where a guess comes close."""

    name = "take_payee_check"
    locks = ()  # its first statement locks the subject
    brand: str
    subject: str
    now: datetime

    async def handle(self, unit: UnitOfWork) -> bool:
        return await take_attempt(unit.connection, self.brand, self.subject, self.now, limit=PAYEE_CHECKS_MAX)


async def check_payee(services: Services, brand: Brand, payee: Payee, psu_id: str) -> PayeeCheck:
    """The answer to show. What is late, broken, no name that a page may show or one check too many is not available: it never reads as a
    match."""
    subject = payee_subject(services.sealer, brand.name, psu_id)
    if not await services.commands.run(TakePayeeCheck(brand.name, subject, services.clock.wall())):
        log.warning("payee_checks_exhausted", brand=brand.name)
        return NOT_AVAILABLE
    try:
        async with answer_time():
            check = await services.payees.payee(brand, payee.account, payee.name)
    except (UpstreamTimedOut, UpstreamFailed) as problem:
        log.warning("payee_not_checked", code=problem.code, detail=problem.detail)
        return NOT_AVAILABLE
    if check.name is None:
        return check
    name = check.name[:HOLDER_CHARACTERS_MAX]
    return PayeeCheck(match=check.match, name=name, code=check.code) if is_name(name) else NOT_AVAILABLE


def words_of(check: PayeeCheck, *, is_own: bool = False) -> PayeeWords:
    if is_own:
        return _OWN_UNKNOWN if check.code is PayeeCode.ACCOUNT_UNKNOWN else _OWN[check.match]
    if check.name is not None:
        return PayeeWords(_NAMED.heading, _NAMED.text.format(name=check.name), _NAMED.tone)
    by_code = _BY_CODE.get(check.code) if check.code is not None else None
    return by_code or _BY_MATCH[check.match]


def facts_of(check: PayeeCheck | None, *, is_own: bool = False) -> Facts:
    """As a line among the facts of the payment; none where nothing was shown."""
    if check is None:
        return ()
    heading = words_of(check, is_own=is_own).heading
    return (("Name check", heading if check.name is None else f"{heading}: {check.name}"),)
