"""The reasons of refused payments, against the official list of codes. OBIE OB_Internal_CodeSet, OBExternalStatusReason1Code."""

import csv

import pytest

from kernel.banking.orders import Reason
from openapi.uk_obie.v4_0.pisp.codes.statuses import REASON_CODES, REASON_TEXTS
from tests.official import COUNTS, specs_folder

LIST = "codesets/OB_Internal_Codeset.csv"
NAMES = {  # of the codes that are easily taken for one another
    Reason.ZERO_AMOUNT: "ZeroAmount",
    Reason.AMOUNT_NOT_ALLOWED: "NotAllowedAmount",
    Reason.AMOUNT_ABOVE_CLEARING_LIMIT: "AmountExceedsClearingSystemLimit",
    Reason.AMOUNT_ABOVE_AGREED_LIMIT: "AmountExceedsAgreedLimit",
    Reason.AMOUNT_ABOVE_SETTLEMENT_LIMIT: "AmountExceedsSettlementLimit",
    Reason.INSTRUCTED_AGENT_TIMED_OUT: "TimeoutInstructedAgent",
    Reason.CREDITOR_AGENT_TIMED_OUT: "TimeoutCreditorAgent",
    Reason.CREDITOR_ADDRESS_MISSING: "MissingCreditorAddress",
    Reason.DATE_INVALID: "InvalidDate",
    Reason.SIGNER_REFUSED: "OrderCancelled",
    Reason.SIGNATURES_LATE: "WaitingTimeExpired",
    Reason.AFTER_CUT_OFF: "InvalidCutOffTime",
}


def test_every_reason_is_on_the_official_list_and_means_the_same() -> None:
    found = specs_folder() / LIST
    if not found.is_file():
        COUNTS.skip("the official lists of codes are absent (set PORTCULLIS_SPECS)")
        return
    with found.open(newline="") as lines:
        official = {
            row[1]: row[2].strip() for row in csv.reader(lines) if row and row[0].strip() == "OBExternalStatusReason1Code"
        }
    assert official.keys() >= {*REASON_CODES.values(), *(reason.value for reason in Reason)}
    assert {reason: official[reason.value] for reason in NAMES} == NAMES


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_text(reason: Reason) -> None:
    assert REASON_TEXTS[REASON_CODES[reason]]
