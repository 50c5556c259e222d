"""Account numbers and bank codes are judged by their form, in ASCII alone."""

import pytest

from kernel.banking.account_numbers import is_bic, is_sort_code_number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("08080021325698", True),
        ("0808002132569", False),
        ("080800213256980", False),
        ("08-08-00213256", False),
        ("0808002132569８", False),
        ("08080021325698\n", False),
        ("", False),
    ],
)
def test_a_sort_code_and_account_number_are_fourteen_digits(text: str, expected: bool) -> None:
    assert is_sort_code_number(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PTCLGB2L", True),
        ("PTCLGB2LXXX", True),
        ("PTCLGB2", False),
        ("PTCLGB2LXX", False),
        ("ptclgb2l", False),
        ("PTCLGB2L\n", False),
    ],
)
def test_a_bic_has_eight_or_eleven_characters(text: str, expected: bool) -> None:
    assert is_bic(text) is expected
