"""Judge the texts that a caller writes and a customer reads: names, references, messages. Every character must show.

Two texts that look alike must not differ, and none may read otherwise than it is written: so there is no control, no format character
(bidirectional controls among them), nothing private or unassigned, no letter that is blank, and no tower of marks. Unicode Standard
Annex 31 section 2.3 and Annex 44 (Default_Ignorable_Code_Point); RFC 5892 appendix A for the two joiners that scripts need.
"""

import unicodedata
from itertools import pairwise

from idna.core import valid_contextj

MARKS_MAX = 6  # combining marks on one letter; a Burmese or Tibetan syllable has as many
MARKS_OF_CLASS_MAX = 2  # combining marks at one place of a letter: a third would climb over the line above
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs", "Me"})
_BLANKS = " \u3000"  # what separates words: the second is as wide as the letters around it
_ALIKE_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})
_JOINERS = "\u200c\u200d"
# Characters of visible categories that draw nothing: Unicode's default-ignorable letters and marks, letters and symbols drawn as a blank.
_HIDDEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc\U0001d159\U00013441\U00013442\U00016fe4") | frozenset(
    chr(code)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))  # variation selectors
    for code in range(first, last + 1)
)


def is_visible(text: str) -> bool:
    """True if every character of the text shows; also for the empty text."""
    composed = unicodedata.normalize("NFC", text)
    return all(_shows(composed, position) for position in range(len(composed))) and _marks_fit(composed)


def is_name(text: str) -> bool:
    """True if the text is visible and has a letter or a digit: what a person or an organisation can be called. Blanks stand alone, and
    the letters of a word are of one of the scripts that look alike (Unicode Technical Standard 39 section 5)."""
    if not is_visible(text) or any(one in _BLANKS and other in _BLANKS for one, other in pairwise(text)):
        return False
    if any(len({script for character in word for script in _script_of(character)}) > 1 for word in text.split()):
        return False
    return any(unicodedata.category(character)[0] in "LN" for character in text)


def _script_of(character: str) -> tuple[str, ...]:
    """The script of a letter, if it is one of those whose letters are taken for one another's."""
    script = unicodedata.name(character, "").partition(" ")[0]
    return (script,) if script in _ALIKE_SCRIPTS else ()


def _shows(text: str, position: int) -> bool:
    character = text[position]
    if character in _BLANKS:
        return True
    if character in _JOINERS:
        return _joins(text, position)
    return character not in _HIDDEN and unicodedata.category(character) not in _HIDDEN_CATEGORIES


def _joins(text: str, position: int) -> bool:
    """True if the joiner changes how the letter before it and the one after it are drawn."""
    following = text[position + 1 : position + 2]
    try:
        return following.isalpha() and valid_contextj(text, position)
    except ValueError:  # a character that the rule does not know, or a text longer than it reads
        return False


def _marks_fit(composed: str) -> bool:
    """Each mark stands on something, and on no letter stand too many, the same one twice in a row, or too many at one place."""
    marks: list[str] = []
    for before, character in pairwise(f" {composed}"):
        if not unicodedata.category(character).startswith("M"):
            marks = []
            continue
        if character == before or (not marks and before in _BLANKS):
            return False
        marks.append(character)
        place = unicodedata.combining(character)
        if len(marks) > MARKS_MAX or (
            place and [unicodedata.combining(mark) for mark in marks].count(place) > MARKS_OF_CLASS_MAX
        ):
            return False
    return True
