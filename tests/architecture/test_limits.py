"""A limit cannot be added without standing in the list of `portcullis config limits` (portcullis/cli/configuration/limits.py)."""

import re
from pathlib import Path

import pytest

from portcullis.cli.configuration.limits import ROOT, WORDS, Constant, collect_constants

OTHER_NUMBERS = {  # which bound nothing: a new one is a limit, and then its name says so, or stands here
    *("VERSION", "FIRST_VERSION", "FIRST_FENCE", "NO_KEYS"),  # of what is stored, and so is a FORMAT
    *("TOKEN_CURRENT", "TOKEN_REVOKED", "UPGRADE_LOCK", "SERVER_LOCK", "HANDSHAKE"),  # agreed words
    *("MISDIRECTED", "FORBIDDEN", "HTTP_PORT", "HTTPS_PORT", "DEFAULT_CORE_BANK_PORT"),  # of HTTP
    *("BRAND", "ID", "WORD", "MICROS", "SLOTS", "GROUP", "IBAN_GROUP", "FIRST_YEAR", "LAST_YEAR"),  # forms
    *("WEEK_DAYS", "YEAR_MONTHS"),  # of the calendar
    *("STEPS", "RESPONSE_TYPES_LOGGED", "VALUE_WIDTH"),  # what is shown
    *("OTHERS", "MMAP_THRESHOLD", "NEVER", "OPEN_CALM", "ROOM_BELOW"),  # of a process
    *("PASSES", "LANES", "COST_OF_OTHERS", "CARD_MINIMUM_PERCENT", "CARD_MINIMUM_MINOR"),  # prices
    *("FAR_TOO_MUCH", "REPEATS"),  # questions of a check
}


WORDS_MIN = 3


@pytest.fixture(scope="module")
def constants() -> tuple[Constant, ...]:
    return tuple(collect_constants())


def test_every_number_of_the_code_is_listed_or_known_to_bound_nothing(constants):
    """A number that is not: put the word of its bound in its name (portcullis/cli/configuration/limits.py: WORDS), or write it down above."""
    others = {each.name for each in constants if not each.is_limit and "FORMAT" not in each.name.split("_")}
    assert others == OTHER_NUMBERS


def test_every_limit_says_what_it_protects(constants):
    """In a comment on its line, in words and not only by a clause of a standard."""
    silent = [
        f"{each.file}: {each.name}"
        for each in constants
        if each.is_limit and len(re.findall(r"\b[a-z]+\b", each.protects)) < WORDS_MIN
    ]
    assert silent == []


def test_no_private_name_hides_a_limit(constants):
    packages = {ROOT / Path(each.file).parts[0] for each in constants}
    hidden = [
        f"{path}: {name}"
        for package in packages
        for path in package.rglob("*.py")
        for name in re.findall(r"^_([A-Z][A-Z0-9_]*)\b.* = [0-9]", path.read_text(), re.MULTILINE)
        if not WORDS.isdisjoint(name.split("_")) and name != "SORT_CODE_ACCOUNT_DIGITS"
    ]
    assert hidden == []
