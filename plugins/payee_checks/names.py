"""A name as it is compared: in words, without case, accents, punctuation and titles, and with one spelling of each legal form."""

import re
import unicodedata

TITLES = frozenset(
    {
        "mr",
        "mrs",
        "miss",
        "ms",
        "mx",
        "master",
        "dr",
        "doctor",
        "prof",
        "professor",
        "sir",
        "dame",
        "lord",
        "lady",
        "rev",
        "reverend",
    }
)
LEGAL_FORMS = {
    "limited": "ltd",
    "ltd": "ltd",
    "plc": "plc",
    "llp": "llp",
    "lp": "lp",
    "cic": "cic",
    "inc": "inc",
    "incorporated": "inc",
    "gmbh": "gmbh",
}
ABBREVIATIONS = LEGAL_FORMS | {"company": "co", "brothers": "bros", "saint": "st"}
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)  # that no accent makes
_APOSTROPHES = re.compile(r"['’‘`´ʼ]")
_AND = re.compile(r"[&+]")
_WORD = re.compile(r"[^\W_]+")
_PARTNERS = re.compile(r"\s*(?:&|\+|/|\band\b)\s*", re.IGNORECASE)


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, in their order. Of nothing but titles, the titles."""
    plain = _WORD.findall(_AND.sub(" and ", _APOSTROPHES.sub("", _without_accents(name))))
    words = tuple(ABBREVIATIONS.get(word, word) for word in plain)
    first = next((place for place, word in enumerate(words) if word not in TITLES), 0)
    return words[first:]


def without_legal_form(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words but for the legal forms at their end."""
    last = len(words)
    while last > 1 and words[last - 1] in LEGAL_FORMS:
        last -= 1
    return words[:last]


def partners_of(name: str) -> tuple[str, ...]:
    """The people of a joint account's name, each with a surname: `Erin & Frank Fletcher` are Erin Fletcher and Frank Fletcher."""
    parts = [part for part in _PARTNERS.split(name.strip()) if part]
    if len(parts) < 2:
        return ()
    surname = parts[-1].split()[-1]
    return tuple(part if len(words_of(part)) > 1 else f"{part} {surname}" for part in parts)


def _without_accents(name: str) -> str:
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold()).translate(_LETTERS)
    return "".join(character for character in folded if not unicodedata.combining(character))
