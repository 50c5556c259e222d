"""Verification of payee: the words of the scheme, believed as far as they are its own, and asked for IBANs of its countries alone."""

import re
from pathlib import Path

import pytest

from kernel.banking.accounts import AccountIdentifier, Scheme
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeCheck, PayeeCode, PayeeMatch
from plugins.payee_checks import outcomes
from plugins.payee_checks.confirmation import ConfirmationOfPayee
from plugins.payee_checks.simulated_banks import SimulatedBanks
from plugins.payee_checks.simulated_responders import ANSWERS, SimulatedResponders
from plugins.payee_checks.verification import Answer, ByCountry, VerificationOfPayee
from plugins.rails.sepa.reach import EURO_AREA
from tests.harness.paper_bank import BRAND

GUIDE = Path(__file__).parents[4] / "docs" / "sandbox-payments.md"
OTHERS = ByCountry(VerificationOfPayee(SimulatedResponders()), EURO_AREA, SimulatedBanks())


class NoAccounts:
    async def holder_of(self, brand, account):
        return None


class Scripted:
    def __init__(self, answer):
        self.answer = answer

    async def respond(self, iban, name):
        return self.answer


async def check(digits: str, name: str = "Alexandra Whitfield", country: str = "DE", **options) -> PayeeCheck:
    account = AccountIdentifier(Scheme.IBAN, f"{country}8937040044053201{digits}")
    return await ConfirmationOfPayee(NoAccounts(), OTHERS, **options).check(BRAND, account, name)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(verdict="MTCH"), PayeeCheck(match=PayeeMatch.MATCH)),
        (Answer(verdict="CMTC", name="Ann"), PayeeCheck(match=PayeeMatch.CLOSE_MATCH, name="Ann")),
        (Answer(verdict="CMTC"), PayeeCheck(match=PayeeMatch.CLOSE_MATCH)),
        (Answer(verdict="NMTC"), PayeeCheck(match=PayeeMatch.NO_MATCH)),
        (Answer(verdict="NOAP"), NOT_AVAILABLE),
        (Answer(verdict="NMTC", name="Ann"), PayeeCheck(match=PayeeMatch.NO_MATCH)),  # a name that no one may see
        (Answer(verdict="MTCH", name="Ann"), PayeeCheck(match=PayeeMatch.MATCH)),
        (Answer(verdict="mtch"), NOT_AVAILABLE),
        (Answer(verdict=""), NOT_AVAILABLE),
    ],
)
async def test_an_answer_says_what_the_scheme_lets_it_say(answer, expected):
    iban = AccountIdentifier(Scheme.IBAN, "DE89370400440532013000")
    assert await VerificationOfPayee(Scripted(answer)).ask(BRAND, iban, "Ann") == expected


async def test_another_country_or_number_is_asked_by_the_service_that_knows_it():
    assert (await check("9721", country="DE")).code is None
    assert (await check("9721", country="GB")).code is PayeeCode.ACCOUNT_UNKNOWN
    sort_code = AccountIdentifier(Scheme.SORT_CODE, "04000412349721")
    assert (await OTHERS.ask(BRAND, sort_code, "Ann")).code is PayeeCode.ACCOUNT_UNKNOWN


async def test_an_answer_that_does_not_come_in_time_or_cannot_be_read_is_no_match_of_any_kind():
    for digits in (outcomes.SILENT, outcomes.BROKEN, "9742"):
        assert await check(digits, seconds_max=0.01) == NOT_AVAILABLE


async def test_every_number_of_the_guide_is_answered_as_it_says():
    section = GUIDE.read_text().split("## Verification of payee")[1].split("\n## ")[0]
    listed = dict(re.findall(r"^\| `(\d{4})` \|(.*)\|$", section, re.MULTILINE))
    assert listed.keys() == outcomes.HOLDERS.keys() | ANSWERS.keys() | {outcomes.SILENT, outcomes.BROKEN}
    for digits in ANSWERS:
        found = await check(digits)
        assert listed[digits].strip().startswith(found.match.value.replace("_", " "))
        assert ("with the name" in listed[digits]) == (found.name is not None)
    for digits, holder in outcomes.HOLDERS.items():
        assert (await check(digits, holder.name)).match is PayeeMatch.MATCH
        assert (await check(digits, "Someone Else")).match is PayeeMatch.NO_MATCH
        assert holder.name in listed[digits]
