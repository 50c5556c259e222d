"""The credit that a recall is about: what the question says of it is compared with what the ledger knows."""

from kernel.errors import FieldInvalid
from orders.recalls.recall import RecallRequest
from orders.settlement.ports import Credit

NUMBER_CHARACTERS_MIN = 8  # of an account number that names an account within its bank: the end of a longer form


def check_credit(request: RecallRequest, credit: Credit) -> None:
    """Raises FieldInvalid for a credit in another currency, of less, of another payee, or of another payment."""
    asked = request.amount
    if asked.currency != credit.amount.currency or asked.minor > credit.amount.minor:
        raise FieldInvalid("entry", public="More would go back than the payee received by this entry.", path="entry")
    if request.payee is not None and not any(_is_one_account(request.payee, number) for number in credit.numbers):
        raise FieldInvalid("entry", public="This entry gave the money to another payee than the recall names.", path="entry")
    if credit.uetr is not None and credit.uetr != request.uetr.lower():
        raise FieldInvalid("entry", public="This entry is of another payment than the recall names.", path="entry")


def _is_one_account(one: str, other: str) -> bool:
    """True also of a number with and without the sort code, or within its IBAN."""
    short, long = sorted((_plain(one), _plain(other)), key=len)
    return len(short) >= NUMBER_CHARACTERS_MIN and long.endswith(short)


def _plain(number: str) -> str:
    return "".join(each for each in number if each.isalnum()).upper()
