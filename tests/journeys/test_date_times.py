"""Date-times in every form that ISO 8601 permits, as a TPP sends them, in bodies and in filters. OBIE R/W 4.0 Profile, "Date Formats"."""

import json

import pytest

from tests.journeys.scene import Scene

FORMS = {
    "20360101T104012.345Z": "2036-01-01T10:40:12.345000+00:00",
    "20360101T114012,345+0100": "2036-01-01T10:40:12.345000+00:00",
    "2036-01-01T10": "2036-01-01T10:00:00+00:00",
    "2036-01-01T10:40:12-00:00": "2036-01-01T10:40:12+00:00",
    "2036-01-01T24:00:00": "2036-01-02T00:00:00+00:00",
    "2036-12-31T23:59:60Z": "2037-01-01T00:00:00+00:00",
    "2036-W01-1T10:40": "2035-12-31T10:40:00+00:00",
    "2036-001T10:40": "2036-01-01T10:40:00+00:00",
}
MEMBERS = ("ExpirationDateTime", "TransactionFromDateTime", "TransactionToDateTime")


@pytest.mark.parametrize("text", FORMS)
async def test_every_form_of_a_date_time_is_taken_and_the_instant_comes_back_in_ours(scene: Scene, text: str) -> None:
    """Also of what was lodged in a form of the caller's own: the consent says the instant, with its offset."""
    document = {"Data": {"Permissions": ["ReadAccountsBasic"], **dict.fromkeys(MEMBERS, text)}, "Risk": {}}
    lodged = await scene.lodge(json.dumps(document).encode())
    assert lodged.status == 201, lodged.body
    read = await scene.acme.get(f"/account-access-consents/{lodged.json()['Data']['ConsentId']}", await scene.own_token())
    for answer in (lodged, read):
        assert [answer.json()["Data"][member] for member in MEMBERS] == [FORMS[text]] * 3


async def test_every_form_of_a_date_time_is_taken_in_a_filter(scene: Scene) -> None:
    account = await scene.account()
    for text in (*FORMS, "2036-01-01", "20360101", "2036-W01-1", "2036-001"):
        queried = text.replace("+", "%2B")
        answer = await scene.get(f"/accounts/{account}/transactions?fromBookingDateTime={queried}")
        assert answer.status == 200, (text, answer.body)
        assert answer.json()["Data"]["Transaction"] == []  # nothing is booked after that
