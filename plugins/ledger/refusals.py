"""The refusals of the ledger: what it does not book, hold, capture or release. After a refusal nothing has moved."""

from sqlalchemy.exc import DBAPIError

from kernel.errors import Problem


class EntryUnbalanced(Problem):
    code, public = "entry_unbalanced", "The entry does not balance."


class EntryMismatched(Problem):
    code, public = "entry_mismatched", "The entry does not fit its account."


class EntryRepeated(Problem):
    code, public = "entry_repeated", "There is another entry with this id."


class EntryReversed(Problem):
    code, public = "entry_reversed", "The entry has been reversed already."


class EntryUnknown(Problem):
    code, public = "entry_unknown", "There is no such entry."


class EntryTooLarge(Problem):
    code, public = (
        "entry_too_large",
        "The amount, or the balance that it leads to, has more than thirteen digits before the point.",
    )


class EntryRefused(Problem):
    code, public = "entry_refused", "The rules of the ledger's database refuse the entry."


class FundsInsufficient(Problem):
    code, public = "funds_insufficient", "The account does not have the funds."


class QuoteUsed(Problem):
    code, public = "quote_used", "The quote has been used already."


class HoldUnknown(Problem):
    code, public = "hold_unknown", "There is no such hold."


class HoldEnded(Problem):
    code, public = "hold_ended", "The hold has been captured, released or has expired already."


class HoldMismatched(Problem):
    code, public = "hold_mismatched", "The hold has another account, another currency or too small an amount."


class PendingUnknown(Problem):
    code, public = "pending_unknown", "There is no such pending transaction."


# of the words of either database about a unique index
_TAKEN: dict[str, type[Problem]] = {
    "entries_by_reversed": EntryReversed,
    "entries.reverses": EntryReversed,
    "entries_by_quote": QuoteUsed,
    "entries.quote_id": QuoteUsed,
    "nothing to reverse": EntryUnknown,
}


def refusal_of(error: DBAPIError, entry_id: str) -> Problem:
    """The refusal that the database's error about a single entry means."""
    said = str(error.orig)
    refusal = next((refusal for words, refusal in _TAKEN.items() if words in said), EntryRefused)
    return refusal(f"the database refuses entry {entry_id}: {type(error.orig).__qualname__}")
