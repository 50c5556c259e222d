"""Read the clauses of standards out of a text, each in the one spelling that marks have: standard, hyphen, number (`RFC9126-2.1`).

A docstring names a standard as its field does ("Delegated Regulation (EU) 2018/389 article 36(5)(b)" is `RTS-36.5.b`), lists clauses
("sections 2.1 and 2.3", "5.3.2.1-6 to -8"), and comes back to the standard that it named last ("... (section 7)"). A standard named
without a number is a clause too: the standard as a whole. Those whose chapters have titles have them in place of numbers.
"""

import re
from collections.abc import Iterator

# looked for in this order: a longer name stands before one that it contains
NAMES: tuple[tuple[str, str], ...] = (
    ("RFC6265bis", r"RFC ?6265bis"),
    (r"RFC{}", r"RFC ?(\d{3,4})(?!\d)"),
    ("FAPI-CIBA-ID1", r"FAPI-CIBA-ID1"),
    ("FAPI2-SP-FINAL", r"FAPI2-SP-FINAL|FAPI 2\.0 Security Profile \(Final\)"),
    ("FAPI2-MS-FINAL", r"FAPI2-MS-FINAL|FAPI 2\.0 Message Signing \(Final\)"),
    ("FAPI1-ADV-FINAL", r"FAPI1-ADV(?:-FINAL)?|FAPI 1\.0 Advanced(?: \(Final\))?"),
    ("FAPI1-BASE", r"FAPI1-BASE|Baseline(?= \d)"),
    ("OIDC-CIBA", r"OIDC-CIBA|(?:OpenID )?CIBA(?: Core 1\.0)?(?=,? sections? \d|-\d)|OpenID CIBA Core 1\.0"),
    ("OIDC-CORE", r"OIDC-CORE|OIDC Core|OpenID Connect Core"),
    ("OIDC-DISCOVERY", r"OIDC-DISCOVERY|OIDC Discovery"),
    ("OIDC-DCR", r"OIDC-DCR|OIDC Dynamic Client Registration"),
    ("OAUTH-MRT", r"OAUTH-MRT|(?:OAuth 2\.0 )?Multiple Response Types?(?: Encoding Practices)?"),
    ("GRANT-MANAGEMENT", r"GRANT-MANAGEMENT|Grant Management(?: for OAuth 2\.0)?(?=,? sections? \d)"),
    ("JARM", r"JARM(?=,? sections? \d|-\d)"),
    ("OBIE-DCR-3.3", r"OBIE-DCR-3\.3|UK (?:Open Banking )?(?:DCR|Dynamic Client Registration) 3\.3"),
    ("OBIE-RW-4.0", r"OBIE-RW-4\.0|OBIE R/W 4\.0"),
    ("OBIE-CEG", r"OBIE-CEG|(?:OBIE|UK) Customer Experience Guidelines"),
    ("OBIE-SP", r"OBIE-SP|OBIE Security Profile"),
    ("BG-XS2A-1.3", r"BG-XS2A-1\.3|NextGenPSD2 XS2A 1\.3"),
    ("UK-RTS", r"UK-RTS|UK SCA-RTS"),
    ("RTS", r"RTS (?:on SCA )?\(EU\) 2018/389|RTS on SCA \(EU 2018/389\)|RTS(?=-\d| articles? \d)"),
    ("RTS", r"(?:Commission )?Delegated Regulation (?:\(EU\) )?2018/389"),
    ("PSD2", r"PSD2(?=-\d)|Directive \(EU\) 2015/2366"),
    ("ETSI-{}-{}", r"ETSI[ -](TS|EN)[ -](\d{3}[ -]\d{3}(?:(?<=412)-\d)?)"),
    ("X690", r"X690|ITU-T X\.690"),
    ("ISO8601", r"ISO ?8601(?::2004)?"),
    ("WCAG2.2", r"WCAG ?2\.2"),
    ("TRACE-CONTEXT", r"TRACE-CONTEXT|W3C Trace Context"),
    ("SP800-57", r"SP800-57|NIST SP 800-57(?: part 1)?"),
    ("SP800-38D", r"SP800-38D|NIST SP 800-38D"),
)
TITLED = {"OBIE-RW-4.0", "OBIE-CEG", "OBIE-SP", "BG-XS2A-1.3"}

_STANDARDS = [(name, re.compile(pattern)) for name, pattern in NAMES]
_WORD = re.compile(r"(?i)\b(?:sections?|articles?|appendix) (?=[\dA-Z])")
_ADJACENT = re.compile(r"-|,? (?=\d)")
_INTRODUCED = re.compile(r",? (?:sections?|articles?|appendix) (?=[\dA-Z])")
_NUMBER = re.compile(r"\d+[A-Z]?(?:\.(?:\d+|[a-z])\b)*(?:\(\w{1,2}\))*(?:-\d+)?|[A-Z]\b")
_REMARK = re.compile(r" \([^)]*\)")
_CONNECTOR = re.compile(r"(, | and | to |, and )(-?)(?=\d)")
_TITLES = re.compile(r",? ([^.;:(]+)")


def clauses_of(text: str) -> Iterator[str]:
    """In their order; one that is named twice comes twice."""
    words = " ".join(text.split())
    standard, place = None, 0
    while place < len(words):
        found = _standard_at(words, place)
        if found is not None:
            standard, place = found
            introduced = _INTRODUCED.match(words, place)
            adjacent = introduced or _ADJACENT.match(words, place)
            numbers, after = _numbers(words, adjacent.end()) if adjacent else ([], place)
            if not numbers and standard in TITLED:
                numbers, after = _titles(words, place), place
            yield from (f"{standard}-{number}" for number in numbers) if numbers else (standard,)
            place = after
        elif standard and (marker := _WORD.match(words, place)):
            numbers, place = _numbers(words, marker.end())
            yield from (f"{standard}-{number}" for number in numbers)
        else:
            place += 1


def standard_of(clause: str) -> str:
    found = _standard_at(clause, 0)
    if found is None:
        raise ValueError(f"no standard that is known: {clause}")
    return found[0]


def is_within(clause: str, other: str) -> bool:
    """Is `clause` the other, or a part of it?"""
    return clause == other or clause.startswith((f"{other}.", f"{other}-"))


def _standard_at(words: str, place: int) -> tuple[str, int] | None:
    if place and words[place - 1].isalnum():
        return None
    for name, pattern in _STANDARDS:
        found = pattern.match(words, place)
        if found:
            return name.format(*(re.sub(" ", "-", group or "") for group in found.groups())), found.end()
    return None


def _numbers(words: str, place: int) -> tuple[list[str], int]:
    """A list of numbers that begins at `place`, and where it ends."""
    numbers: list[str] = []
    joint = None
    while found := _NUMBER.match(words, place):
        number = re.sub(r"\((\w+)\)", r".\1", found[0])
        if joint and joint[2]:
            number = f"{numbers[-1].rpartition('-')[0]}-{number}"
        numbers += [*_between(numbers[-1], number), number] if joint and joint[1] == " to " else [number]
        place = found.end()
        remark = _REMARK.match(words, place)
        joint = _CONNECTOR.match(words, remark.end() if remark else place)
        if joint is None:
            break
        place = joint.end()
    return numbers, place


def _between(first: str, last: str) -> list[str]:
    """`5.3-6` and `5.3-9` have `5.3-7` and `5.3-8` between them."""
    stem, begin = re.fullmatch(r"(.*?)(\d+)", first).groups()
    end = re.fullmatch(r".*?(\d+)", last)[1]
    return [f"{stem}{number}" for number in range(int(begin) + 1, int(end))]


def _titles(words: str, place: int) -> list[str]:
    found = _TITLES.match(words, place) or re.match(r"-([\w-]+)", words[place:])
    if not found:
        return []
    pieces = re.findall(r'"([^"]+)"', found[1]) or [
        piece for piece in re.split(r", | and ", found[1]) if piece[:1].isupper() or words[place] == "-"
    ]
    return [re.sub(r"[^a-z0-9]+", "-", piece.lower()).strip("-") for piece in pieces]
