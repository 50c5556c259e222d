"""ISO 13616 and ISO 7064: what is an IBAN, and what only looks like one."""

import pytest

from kernel.banking.iban import LENGTHS, is_iban

EXAMPLES = (
    "GB29NWBK60161331926819",
    "DE89370400440532013000",
    "FR1420041010050500013M02606",
    "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S",
)


@pytest.mark.parametrize("iban", EXAMPLES)
def test_knows_the_registrys_own_examples(iban: str):
    assert is_iban(iban)


@pytest.mark.parametrize("iban", EXAMPLES)
def test_finds_one_wrong_digit_and_two_that_changed_places(iban: str):
    for index in range(2, len(iban)):
        if iban[index].isdigit():
            other = str((int(iban[index]) + 1) % 10)
            assert not is_iban(iban[:index] + other + iban[index + 1 :])
    for index in range(4, len(iban) - 1):
        if iban[index] != iban[index + 1]:
            assert not is_iban(iban[:index] + iban[index + 1] + iban[index] + iban[index + 2 :])


@pytest.mark.parametrize("text", ["", "GB", "gb29NWBK60161331926819", "GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819\n", "ZZ29NWBK60161331926819", "GB2٩NWBK60161331926819"])  # fmt: skip
def test_refuses_what_machines_do_not_write(text: str):
    assert not is_iban(text)


def test_no_country_is_longer_than_the_standard_allows():
    assert all(15 <= length <= 34 and len(country) == 2 and country.isupper() for country, length in LENGTHS.items())
