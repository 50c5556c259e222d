"""Plain text of an answer: what chance, time and place put into it is replaced by the name of its kind, and all else stays as it was sent."""

import re
from collections.abc import Callable, Mapping

RANDOM_CHARACTERS_MIN = 16
WORD_CHARACTERS_MIN = 4  # on average: words of names are longer, those that chance makes are shorter
MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"

DIGITS = re.compile(r"\d")
SUBSTITUTIONS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"[\w./-]*pytest-of-\w+/pytest-\d+(/popen-gw\d+)?(/[\w+-]+)?"), "<folder>"),
    (re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"), "<uuid>"),
    (re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d(?::|%3A)\d\d(?::|%3A)\d\d)(\.\d+)?"), lambda found: _shape_of_time(found[1], found[2])),
    (re.compile(r"\d{4}-\d\d-\d\d"), "9999-99-99"),
    (re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"), "<time>"),
    (re.compile(rf"\b\d{{1,2}} ({MONTHS}) \d{{4}}( at \d\d:\d\d)?"), "<day>"),
    (re.compile(r"[\w-]{20,}\.[0-9a-f]{8}\.[\w-]{20,}"), "<stamped>"),  # random, when it ends, and its code of authentication
)  # fmt: skip
NAMES = (
    (re.compile(r"PSDGB-FCA-\d{6}"), "<organisation>"),
    (re.compile(r"\d{17,}"), "<number>"),
    (re.compile(r"-[0-9a-f]{8}\b"), "-<hex>"),
    (re.compile(r"\bK7-[0-9a-f]{4}\b"), "K7-<hex>"),
    (re.compile(r"\b[0-9A-Fa-f]{8} Ltd\b"), "<hex> Ltd"),
    (re.compile(r"\b[Tt][0-9A-Fa-f]{12}\b"), "<name>"),
)  # what tests call their TPPs and messages; looked for when random runs, which may contain the like, are gone
RUN = re.compile(rf"%[0-9A-Fa-f]{{2}}|[A-Za-z0-9_-]{{{RANDOM_CHARACTERS_MIN},}}")
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
HEXADECIMAL = re.compile(r"(?=.*\d)[0-9a-f]+")
ADDRESS = re.compile(r"(localhost|127\.0\.0\.1)(:|%3A)(\d{4,5})\b")


def plain(text: str, listeners: Mapping[str, str]) -> str:
    """The text with placeholders. `listeners`: the names of servers' ports."""
    text = ADDRESS.sub(lambda found: f"{found[1]}{found[2]}<{listeners.get(found[3], 'port')}>", text)
    for pattern, replacement in SUBSTITUTIONS:
        text = pattern.sub(replacement, text)
    text = RUN.sub(lambda found: "<random>" if is_random(found[0]) else found[0], text)
    for pattern, replacement in NAMES:
        text = pattern.sub(replacement, text)
    return text


def is_random(text: str) -> bool:
    """True if chance made this run of characters, and not a person: its words are short."""
    if len(text) < RANDOM_CHARACTERS_MIN:
        return False
    if text.islower() or text.isupper() or text.isdigit():
        return bool(HEXADECIMAL.fullmatch(text))
    words = WORD.findall(text)
    return len(words) == 0 or sum(map(len, words)) / len(words) < WORD_CHARACTERS_MIN


def _shape_of_time(seconds: str, fraction: str | None) -> str:
    return DIGITS.sub("9", seconds) + (".9" if fraction else "")
