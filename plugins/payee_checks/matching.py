"""Judge whether a written name is that of an account's holder. Pay.UK Confirmation of Payee leaves the rules to each bank; these are ours.

| written and held | are |
|---|---|
| the same words, in any order | a match |
| first name and surname the same, middle names left out or as initials | a match |
| one holder of a joint account, or several in any order | a match |
| an initial and the surname | close |
| a firm without its legal form, or with another | close |
| a few letters apart | close |
| anything else | no match |
"""

from dataclasses import dataclass

from rapidfuzz.distance import OSA

from kernel.banking.accounts import AccountCategory
from kernel.banking.payee_checks import NOT_AVAILABLE, PayeeCheck, PayeeCode, PayeeMatch
from plugins.payee_checks.names import partners_of, without_legal_form, words_of

CLOSE_SIMILARITY_MIN = 0.85  # of the letters of two names that may be a match: one letter in seven may differ

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of an account, as the account's name has it. Without a name there is nothing to compare with."""

    name: str
    category: AccountCategory = AccountCategory.PERSONAL


def compare(written: str, holder: Holder) -> PayeeCheck:
    """A close match has the holder's name; of a joint account, the name of the one who was meant."""
    if not words_of(holder.name):
        return NOT_AVAILABLE
    personal = holder.category is AccountCategory.PERSONAL
    partners = partners_of(holder.name) if personal else ()
    names = (holder.name, *partners)
    grades = [_grade(words_of(written), words_of(name), personal=personal) for name in names]
    if PayeeMatch.MATCH in grades or (partners and _are_partners(partners_of(written), partners)):
        return PayeeCheck(match=PayeeMatch.MATCH)
    if PayeeMatch.CLOSE_MATCH in grades:
        meant = names[len(grades) - 1 - grades[::-1].index(PayeeMatch.CLOSE_MATCH)]  # a single name before the joint one
        return PayeeCheck(match=PayeeMatch.CLOSE_MATCH, name=meant, code=PayeeCode.NAME_CLOSE)
    return PayeeCheck(match=PayeeMatch.NO_MATCH, code=PayeeCode.NAME_DIFFERS)


def _grade(written: Words, held: Words, *, personal: bool) -> PayeeMatch:
    if not written:
        return PayeeMatch.NO_MATCH
    if sorted(written) == sorted(held) or (personal and _is_same_person(written, held)):
        return PayeeMatch.MATCH
    if personal and _is_initialled(written, held):
        return PayeeMatch.CLOSE_MATCH
    if not personal and without_legal_form(written) == without_legal_form(held):
        return PayeeMatch.CLOSE_MATCH
    similarity = max(
        OSA.normalized_similarity(" ".join(written), " ".join(held)),
        OSA.normalized_similarity(" ".join(sorted(written)), " ".join(sorted(held))),
    )
    return PayeeMatch.CLOSE_MATCH if similarity >= CLOSE_SIMILARITY_MIN else PayeeMatch.NO_MATCH


def _are_partners(written: Words, held: Words) -> bool:
    """Several people are written, and each is another one of those who hold the account."""
    left = [words_of(name) for name in held]
    for name in written:
        words = words_of(name)
        found = next((each for each in left if _grade(words, each, personal=True) is PayeeMatch.MATCH), None)
        if found is None:
            return False
        left.remove(found)
    return bool(written)


def _is_same_person(one: Words, other: Words) -> bool:
    """First name and surname are the same, and the middle names of the one are those of the other, some left out or as initials."""
    if not _are_people(one, other) or (one[0], one[-1]) != (other[0], other[-1]):
        return False
    fewer, more = sorted((one[1:-1], other[1:-1]), key=len)
    rest = iter(more)
    return all(any(_agrees(name, each) for each in rest) for name in fewer)


def _is_initialled(one: Words, other: Words) -> bool:
    """The surname is the same, and one of the first names is the initial of the other."""
    if not _are_people(one, other) or one[-1] != other[-1]:
        return False
    return min(len(one[0]), len(other[0])) == 1 and _agrees(one[0], other[0])


def _are_people(*names: Words) -> bool:
    """Each is one person, with first name and surname."""
    return all(len(words) > 1 and "and" not in words for words in names)


def _agrees(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return shorter == longer or (len(shorter) == 1 and longer.startswith(shorter))
