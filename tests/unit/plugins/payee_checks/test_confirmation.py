"""plugins/payee_checks: own accounts by their names, other banks by their answers, and in time or not at all."""

import asyncio
import re
from pathlib import Path

import pytest

from kernel.banking.accounts import AccountCategory, AccountIdentifier, Scheme
from kernel.banking.payee_checks import MATCH_OF, NOT_AVAILABLE, PayeeCheck, PayeeCode, PayeeMatch
from kernel.errors import UpstreamFailed, UpstreamTimedOut
from plugins.payee_checks import outcomes
from plugins.payee_checks.confirmation import PAYEE_SECONDS_MAX, ConfirmationOfPayee
from plugins.payee_checks.matching import Holder
from plugins.payee_checks.simulated_banks import SimulatedBanks
from tests.harness.paper_bank import BRAND

GUIDE = Path(__file__).parents[4] / "docs" / "sandbox-payments.md"
OWN = AccountIdentifier(Scheme.SORT_CODE, "00997187654321")
HELD = Holder("Ann Landlord")


def other(digits: str, scheme: Scheme = Scheme.SORT_CODE) -> AccountIdentifier:
    return AccountIdentifier(scheme, f"0400041234{digits}")


class Own:
    """A bank of one account, or one whose books raise."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem

    async def holder_of(self, brand, account):
        if self.problem is not None:
            raise self.problem
        return HELD if account == OWN else None


class Unasked:
    async def ask(self, brand, account, name):
        raise AssertionError("another bank was asked about an account of ours")


async def check(digits: str, name: str = "Alexandra Whitfield", **options) -> PayeeCheck:
    return await ConfirmationOfPayee(Own(), SimulatedBanks(), **options).check(BRAND, other(digits), name)


async def test_an_account_of_ours_is_compared_here_and_no_other_bank_is_asked():
    payees = ConfirmationOfPayee(Own(), Unasked())
    assert await payees.check(BRAND, OWN, "Mrs A. Landlord") == PayeeCheck(
        match=PayeeMatch.CLOSE_MATCH, name="Ann Landlord", code=PayeeCode.NAME_CLOSE
    )
    assert (await payees.check(BRAND, OWN, "Ann Landlord")).match is PayeeMatch.MATCH


async def test_without_a_service_for_names_other_banks_are_not_available():
    assert await ConfirmationOfPayee(Own()).check(BRAND, other("1234"), "Ann Landlord") == NOT_AVAILABLE


async def test_any_other_number_is_held_by_the_one_who_is_written():
    assert await check("1234", "Zoë Ünal") == PayeeCheck(match=PayeeMatch.MATCH)


@pytest.mark.parametrize("digits", outcomes.HOLDERS)
async def test_a_number_of_a_named_holder_is_compared(digits):
    holder = outcomes.HOLDERS[digits]
    assert (await check(digits, holder.name)).match is PayeeMatch.MATCH
    assert await check(digits, "Zachary Quill") == PayeeCheck(match=PayeeMatch.NO_MATCH, code=PayeeCode.NAME_DIFFERS)
    close = await check(digits, "Fletcher" if holder.category is AccountCategory.BUSINESS else "A Whitfield")
    assert close.match is (PayeeMatch.NO_MATCH if holder.category is AccountCategory.BUSINESS else PayeeMatch.CLOSE_MATCH)


def test_every_code_can_be_had_on_purpose():
    assert {answer.code for answer in outcomes.ANSWERS.values()} == set(PayeeCode) == set(MATCH_OF)


@pytest.mark.parametrize("digits", outcomes.ANSWERS)
async def test_a_number_of_a_code_is_answered_by_it(digits):
    answer = await check(digits)
    assert answer == outcomes.ANSWERS[digits]
    assert answer.match is MATCH_OF[answer.code]


def test_the_guide_lists_every_number_with_its_code():
    section = GUIDE.read_text().split("## Confirmation of payee")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\d{4})` \|(.*)\|(.*)\|$", section, re.MULTILINE)
    listed = {digits: (text.strip(), code.strip(" `") or None) for digits, text, code in rows}
    assert listed.keys() == outcomes.HOLDERS.keys() | outcomes.ANSWERS.keys() | {outcomes.SILENT, outcomes.BROKEN}
    for digits, answer in outcomes.ANSWERS.items():
        text, code = listed[digits]
        assert code == answer.code
        assert text.startswith(answer.match.value.replace("_", " "))
        assert ("with the name" in text) == (answer.name is not None)
    assert all(outcomes.HOLDERS[digits].name in listed[digits][0] for digits in outcomes.HOLDERS)


async def test_a_card_is_not_paid():
    payees = ConfirmationOfPayee(Own(), SimulatedBanks())
    assert (await payees.check(BRAND, other("1234", Scheme.PAN), "Ann")).code is PayeeCode.ACCOUNT_UNSUPPORTED


async def test_an_answer_that_does_not_come_in_time_is_not_available():
    counted = []
    assert PAYEE_SECONDS_MAX == 5.0
    answer = await check(outcomes.SILENT, seconds_max=0.01, count_defect=lambda *defect: counted.append(defect))
    assert (answer, counted) == (NOT_AVAILABLE, [("payee", "upstream_timed_out")])


async def test_an_answer_that_cannot_be_read_is_not_available():
    counted = []
    answer = await check(outcomes.BROKEN, count_defect=lambda *defect: counted.append(defect))
    assert (answer, counted) == (NOT_AVAILABLE, [("payee", "upstream_failed")])


@pytest.mark.parametrize("problem", [UpstreamFailed("books"), UpstreamTimedOut("books")])
async def test_books_that_do_not_answer_leave_a_payee_unchecked(problem):
    assert await ConfirmationOfPayee(Own(problem), Unasked()).check(BRAND, OWN, "Ann") == NOT_AVAILABLE


async def test_a_payer_who_goes_away_ends_the_check():
    payees = ConfirmationOfPayee(Own(), SimulatedBanks())
    asking = asyncio.create_task(payees.check(BRAND, other(outcomes.SILENT), "Ann"))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


@pytest.mark.parametrize(
    "facts",
    [
        {"match": PayeeMatch.MATCH, "name": "Ann"},
        {"match": PayeeMatch.NO_MATCH, "name": "Ann"},
        {"match": PayeeMatch.NOT_AVAILABLE, "name": "Ann"},
        {"match": PayeeMatch.MATCH, "code": PayeeCode.NAME_CLOSE},
        {"match": PayeeMatch.NO_MATCH, "code": PayeeCode.OPTED_OUT},
    ],
)
def test_no_check_shows_a_name_or_a_code_that_is_not_of_its_class(facts):
    with pytest.raises(ValueError, match=r"name|class"):
        PayeeCheck(**facts)
