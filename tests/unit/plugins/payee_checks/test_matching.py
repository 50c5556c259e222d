"""plugins/payee_checks/matching.py: which names are one, which may be, and which are not; and what never changes the answer."""

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kernel.banking.accounts import AccountCategory
from kernel.banking.payee_checks import PayeeCheck, PayeeCode, PayeeMatch
from plugins.payee_checks.matching import Holder, compare
from plugins.payee_checks.names import TITLES, words_of

MATCH, CLOSE, NONE = PayeeMatch.MATCH, PayeeMatch.CLOSE_MATCH, PayeeMatch.NO_MATCH
JOINT = "Erin Fletcher & Frank Fletcher"
SHARED_SURNAME = "Erin & Frank Fletcher"
FIRM = "Fletcher & Sons Joinery Limited"


@pytest.mark.parametrize(
    ("written", "held", "match"),
    [
        ("Ann Landlord", "Ann Landlord", MATCH),
        ("ann LANDLORD", "Ann Landlord", MATCH),
        ("  Ann   Landlord ", "Ann Landlord", MATCH),
        ("Ms Ann Landlord", "Ann Landlord", MATCH),
        ("Prof. Dr. Ann Landlord", "Mrs Ann Landlord", MATCH),
        ("Landlord, Ann", "Ann Landlord", MATCH),
        ("Zoe Unal", "Zoë Ünal", MATCH),
        ("Soren Lukasz", "Søren Łukasz", MATCH),
        ("Sinead OConnor", "Sinéad O'Connor", MATCH),
        ("Sinead O’Connor", "Sinéad O'Connor", MATCH),
        ("Mary Ann Smith Jones", "Mary-Ann Smith-Jones", MATCH),
        ("Ann Landlord", "Ann Marie Landlord", MATCH),
        ("Ann M Landlord", "Ann Marie Landlord", MATCH),
        ("Ann M. Landlord", "Ann Marie Louise Landlord", MATCH),
        ("Ann Lord", "Ann Lord", MATCH),
        ("A Landlord", "Ann Landlord", CLOSE),
        ("A. Landlord", "Ann Marie Landlord", CLOSE),
        ("Anne Landlord", "Ann Landlord", CLOSE),
        ("Ann Landlrod", "Ann Landlord", CLOSE),
        ("Jon Smithson", "John Smithson", CLOSE),
        ("B Landlord", "Ann Landlord", NONE),
        ("Landlord", "Ann Landlord", NONE),
        ("Ann", "Ann Landlord", NONE),
        ("Ann Paul Landlord", "Ann Marie Landlord", NONE),
        ("Ian Other", "Ann Other", NONE),
        ("Zachary Quill", "Ann Landlord", NONE),
        ("", "Ann Landlord", NONE),
        ("???", "Ann Landlord", NONE),
        ("Mr", "Ann Landlord", NONE),
    ],
)
def test_compares_the_names_of_people(written, held, match):
    assert compare(written, Holder(held)).match is match


@pytest.mark.parametrize(
    ("written", "held", "match", "shown"),
    [
        (JOINT, JOINT, MATCH, None),
        ("Frank Fletcher and Erin Fletcher", JOINT, MATCH, None),
        ("Erin and Frank Fletcher", JOINT, MATCH, None),
        ("Mr Frank Fletcher", JOINT, MATCH, None),
        ("Erin Fletcher", SHARED_SURNAME, MATCH, None),
        ("Erin Fletcher & Frank Fletcher", SHARED_SURNAME, MATCH, None),
        ("F Fletcher", JOINT, CLOSE, "Frank Fletcher"),
        ("Eryn Fletcher", SHARED_SURNAME, CLOSE, "Erin Fletcher"),
        ("Erin Fletcher & Zachary Quill", JOINT, NONE, None),
        ("Erin Fletcher & Erin Fletcher", JOINT, CLOSE, JOINT),
        ("Fletcher", JOINT, NONE, None),
    ],
)
def test_a_joint_account_is_held_by_each_and_shows_no_other_than_was_meant(written, held, match, shown):
    check = compare(written, Holder(held))
    assert (check.match, check.name) == (match, shown)


@pytest.mark.parametrize(
    ("written", "match"),
    [
        ("Fletcher & Sons Joinery Limited", MATCH),
        ("FLETCHER AND SONS JOINERY LTD.", MATCH),
        ("Fletcher + Sons Joinery", CLOSE),
        ("Fletcher & Sons Joinery PLC", CLOSE),
        ("Fletcher & Sons Joinry Ltd", CLOSE),
        ("Sons Joinery Ltd", NONE),
        ("F & Sons Joinery", NONE),
        ("Fletcher", NONE),
        ("Ltd", NONE),
    ],
)
def test_compares_the_names_of_firms(written, match):
    assert compare(written, Holder(FIRM, AccountCategory.BUSINESS)).match is match


def test_only_a_close_match_shows_the_holder_as_the_account_has_it():
    assert compare("Ms Zoe Unal", Holder("Zoë Ünal")) == PayeeCheck(match=MATCH)
    assert compare("Z Unal", Holder("Zoë Ünal")) == PayeeCheck(match=CLOSE, name="Zoë Ünal", code=PayeeCode.NAME_CLOSE)
    assert compare("Ann Landlord", Holder("Zoë Ünal")) == PayeeCheck(match=NONE, code=PayeeCode.NAME_DIFFERS)


WORDS = st.text(st.characters(categories=["L"]), min_size=2, max_size=12).filter(lambda text: len(words_of(text)) == 1)
NAMES = st.lists(WORDS, min_size=2, max_size=4).map(" ".join).filter(lambda name: words_of(name)[0] not in TITLES)
ANY_TEXT = st.text(max_size=60)


@given(NAMES)
def test_a_name_is_its_own(name):
    assert compare(name, Holder(name)).match is MATCH


@given(NAMES, st.sampled_from(sorted(TITLES)), st.data())
def test_case_spaces_titles_order_and_forms_of_unicode_change_nothing(name, title, data):
    shuffled = data.draw(st.permutations(name.split()))
    for written in (
        name.upper(),
        f"  {title.title()}. {name} ",
        unicodedata.normalize("NFD", name),
        unicodedata.normalize("NFC", name),
        ", ".join(name.split()),
        " ".join(shuffled),
    ):
        assert compare(written, Holder(name)).match is MATCH


@given(ANY_TEXT)
def test_words_have_one_form(text):
    words = words_of(text)
    assert all(word.isalnum() for word in words)
    assert words_of(" ".join(words)) == words


@given(ANY_TEXT, ANY_TEXT, st.sampled_from(AccountCategory))
def test_any_texts_are_judged_and_only_a_close_match_shows_a_name(written, held, category):
    check = compare(written, Holder(held, category))
    assert (check.name is not None) == (check.match is CLOSE)
    assert check.name is None or held.startswith(check.name) or check.name.split()[0] in held


@given(NAMES, NAMES)
def test_two_names_are_as_close_one_way_as_the_other(one, other):
    assume("and" not in words_of(f"{one} {other}"))
    assert compare(one, Holder(other)).match is compare(other, Holder(one)).match


@given(NAMES)
def test_a_surname_alone_shows_no_name(name):
    """A few common surnames must not be enough to learn who holds an account."""
    surname = name.split()[-1]
    assume(len(" ".join(words_of(name))) > 1.2 * len(" ".join(words_of(surname))))
    assert compare(surname, Holder(name)).name is None
