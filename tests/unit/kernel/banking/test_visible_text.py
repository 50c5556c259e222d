"""Texts that a customer reads show every character that they have. UAX 31 section 2.3, UAX 44 (Default_Ignorable_Code_Point)."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.banking.visible_text import MARKS_MAX, is_name, is_visible

HONEST = {
    "English": "Merchant A",
    "with punctuation": "O'Neill & Sons (2019) Ltd. – Bäcker/Café №7",
    "digits": "3",
    "German": "Müller GmbH",
    "Polish": "Zażółć gęślą jaźń",
    "Turkish": "İstanbul Çiğdem",
    "Vietnamese": "Nguyễn Thị Hồng Ngọc",
    "Vietnamese, decomposed": unicodedata.normalize("NFD", "Nguyễn Thị Hồng Ngọc Ặ Ự"),
    "Lithuanian": "Jūratė Žemaitė",
    "Navajo": "Diné Bizaad Ąą́",
    "Greek": "Παπαδόπουλος Αἰσχύλος",
    "Greek, decomposed": unicodedata.normalize("NFD", "Ἀθῆναι ᾧ"),
    "Cyrillic": "Київ Йосип Её",
    "Georgian": "საქართველოს ბანკი",
    "Armenian": "Հայաստան",
    "Hebrew": "בנק לאומי",
    "Hebrew with vowels": "שָׁלוֹם עֲלֵיכֶם",
    "Arabic": "محمد عبد الله",
    "Arabic with vowels": "مُحَمَّدٌ عَبْدُ اللّٰهِ",
    "Persian": "نام\u200cخانوادگی",
    "Urdu": "پاکستان بینک",
    "Devanagari": "श्री राम मन्दिर ट्रस्ट",
    "Devanagari with a joiner": "क्\u200dष",
    "Bengali": "বাংলাদেশ ব্যাংক",
    "Tamil": "தமிழ்நாடு வங்கி",
    "Malayalam": "കേരളം ബാങ്ക്",
    "Sinhala": "ශ්\u200dරී ලංකා",
    "Thai": "ธนาคารกรุงเทพ น้ำผึ้ง กี่",
    "Lao": "ທະນາຄານ ແຫ່ງ",
    "Khmer": "ធនាគារជាតិ នៃកម្ពុជា",
    "Burmese": "မြန်မာ့စီးပွားရေးဘဏ် ကျွန်ုပ်",
    "Tibetan": "བོད་ལྗོངས་དངུལ་ཁང་ རྒྱལ",
    "Amharic": "የኢትዮጵያ ንግድ ባንክ",
    "Hangul": "주식회사 한국은행",
    "Hangul, decomposed": unicodedata.normalize("NFD", "한국은행"),
    "Japanese": "株式会社　山田ガス店ー（東京）",
    "Japanese, decomposed": unicodedata.normalize("NFD", "ガス・パン"),
    "Chinese": "中国工商银行",
    "Cherokee": "ᏣᎳᎩ",
    "N'Ko": "ߒߞߏ",
}
HIDING = {
    "nothing": "",
    "a blank": " ",
    "a wide blank": "\u3000",
    "no letter": "–––",
    "a zero width space": "Acme\u200b",
    "a zero width space alone": "\u200b",
    "a word joiner": "Ac\u2060me",
    "a byte order mark": "\ufeffAcme",
    "a soft hyphen": "Ac\u00adme",
    "a grapheme joiner": "Ac\u034fme",
    "Hangul fillers": "\u115f\u1160",
    "a Hangul filler": "\u3164",
    "a Hangul filler among letters": "Acme\u3164Ltd",
    "a half-width Hangul filler": "\uffa0",
    "a braille blank": "\u2800\u2800",
    "a musical blank": "\U0001d159",
    "Khmer inherent vowels": "\u17b4\u17b5",
    "a blank hieroglyph": "\U00013441",
    "a place for an object": "\ufffc",
    "a variation selector": "A\ufe0fcme",
    "a variation selector of the supplement": "A\U000e0100cme",
    "a Mongolian variation selector": "A\u180bcme",
    "tag characters": "Acme\U000e0041\U000e0042",
    "an override of direction": "Merchant \u202eA",
    "an isolate": "\u2066Acme\u2069",
    "a mark of direction": "Acme\u200f",
    "an Arabic mark of direction": "Acme\u061c",
    "a joiner that joins nothing": "Ac\u200dme",
    "a non-joiner that parts nothing": "Ac\u200cme",
    "a joiner at the end": "क्\u200d",
    "two joiners": "क्\u200d\u200dष",
    "a no-break space": "Acme\u00a0Ltd",
    "a thin space": "Acme\u2009Ltd",
    "an Ogham space": "Acme\u1680Ltd",
    "a line separator": "Acme\u2028Ltd",
    "a tab": "Acme\tLtd",
    "a NUL": "Acme\0Ltd",
    "a private character": "\ue000",
    "an unassigned character": "Acme\u0378",
    "half a surrogate": "Acme\ud800",
    "a mark over nothing": "\u0301Acme",
    "a mark over a blank": "Acme \u0301Ltd",
    "a tower of marks": "A" + "\u030d\u030e\u0304\u0305" + "cme",
    "a mark time and again": "ก" + "\u0e47" * 20,
    "an enclosing mark": "A\u20dd",
    "marks of many kinds": "A" + "\u0316\u0317\u0300\u0301\u0327\u0328\u0338\u0315",
}


@pytest.mark.parametrize("name", HONEST.values(), ids=HONEST)
def test_an_honest_name_of_any_script_passes(name):
    assert is_name(name)


@pytest.mark.parametrize("name", HIDING.values(), ids=HIDING)
@pytest.mark.spec("RFC5892-A")
def test_a_name_that_hides_something_is_refused(name):
    assert not is_name(name)


@given(st.text())
def test_what_is_visible_has_only_characters_that_show(text):
    if is_visible(text):
        assert not any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} for character in text)
        assert text.replace("\u200c", "").replace("\u200d", "").replace("\u3000", "").isprintable()
        assert "\u200b" not in text


HIDDEN = (
    "\u200b\u200e\u202e\u2066\u2060\ufeff\u034f\u115f\u1160\u17b4\u3164\uffa0\u2800\ufe0f\u180b\U000e0100\U000e0041\u0378\ue000\0"
)


@given(st.sampled_from(list(HONEST.values())), st.sampled_from(HIDDEN), st.integers(0, 40))
def test_no_name_stays_one_when_something_hidden_is_put_into_it(name, hidden, position):
    assert not is_name(name[:position] + hidden + name[position:])


@given(
    st.characters(categories=["L", "N"], max_codepoint=0x2FA1F),
    st.text(st.characters(categories=["M"]), min_size=MARKS_MAX + 1, max_size=30),
)
def test_no_letter_carries_a_tower(letter, marks):
    """Composed, a letter may take one or two of them in."""
    composed = unicodedata.normalize("NFC", letter + marks)
    if len(composed) > MARKS_MAX + 1:
        assert not is_visible(letter + marks)


@pytest.mark.parametrize("name", ["ACME  Inc", "ACME\u3000\u3000Inc", "\u0410CME", "Alph\u03b1", "ACME" + "\u3000" * 40 + "Bank"])
def test_a_name_pads_nothing_and_mixes_no_scripts_that_look_alike(name: str) -> None:
    assert not is_name(name)


@pytest.mark.parametrize("name", ["ACME Inc", "Ирина Petrova", "東京 株式会社", "Ελένη", "R2D2 Ltd", "Ünal Ğüneş"])
def test_a_name_of_any_script_passes(name: str) -> None:
    assert is_name(name)
